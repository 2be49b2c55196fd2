"""The infusion: the pump's story as charted, medicines given beside it, and what happened."""

from __future__ import annotations

from enum import StrEnum

import pghistory
from django.db import models

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.medicines.models import Product
from afterglow.apps.people.models import Patient
from afterglow.apps.places.models import Room
from afterglow.apps.treatment.models.preparation import Preparation
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.core.treatment.lifecycles import InfusionState
from afterglow.db.fields import CodeField, DoseField, RateField, VolumeField, one_of
from afterglow.db.models import AppendOnly, LockingManager, PublicModel, VersionedModel
from afterglow.db.triggers import refuse_once_signed

_OF_INFUSION = "(SELECT session_id FROM treatment_infusion WHERE id = ROW.infusion_id)"
_RUNS = models.Q(state__in=[InfusionState.RUNNING, InfusionState.PAUSED])


class PumpActionKind(StrEnum):
    """What was done at the pump."""

    START = "start"
    CHANGE_RATE = "change_rate"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


class EventKind(StrEnum):
    """What a clinician can put on the time axis."""

    MARK = "mark"
    NAME_MARK = "name_mark"
    NOTE = "note"
    SYMPTOM = "symptom"
    HAND_OVER = "hand_over"
    LEFT_ALONE = "left_alone"
    """The clinician left and nobody took over; ``text`` says why."""
    PRESENCE_CONFIRMED = "presence_confirmed"
    """Somebody in the room answered that the clinician is with the patient."""
    SOUND_TEST = "sound_test"
    """Somebody listened to the alarm sound of a screen; ``data`` says what they heard."""
    EMERGENCY_CALLED = "emergency_called"
    EMERGENCY_STEP = "emergency_step"
    EMERGENCY_OVER = "emergency_over"
    ADVERSE_EVENT = "adverse_event"
    FALL = "fall"
    EXTRAVASATION = "extravasation"
    SUICIDAL_STATEMENT = "suicidal_statement"
    DOWNTIME_ENTRY = "downtime_entry"
    WITHDRAWN = "withdrawn"
    CALLED_BACK = "called_back"
    """A discharged patient is a patient again; ``text`` says why."""


@pghistory.track()
class Infusion(PublicModel, VersionedModel):
    """One infusion from the first drop to "pump stopped"."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="infusions"
    )
    preparation = models.OneToOneField(
        Preparation, on_delete=models.PROTECT, related_name="infusion"
    )
    clinician = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(
        Patient,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The session's, repeated so that the database sees two at once.",
    )
    room = models.ForeignKey(
        Room,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Where it was started, repeated for the same reason.",
    )
    state = CodeField(InfusionState, default=InfusionState.RUNNING)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = CodeField(InfusionEnding, blank=True)
    ending_reason = models.CharField(max_length=200, blank=True)
    pump_agreed_at = models.DateTimeField(
        null=True, help_text="When the pump itself first said that it had stopped."
    )
    key = models.UUIDField(unique=True)

    objects = LockingManager()

    class Meta:
        verbose_name = "infusion"
        constraints = [
            one_of("state", InfusionState, name="infusion_state_is_known"),
            models.CheckConstraint(
                condition=models.Q(ending__in=["", *InfusionEnding]),
                name="infusion_ending_is_known",
            ),
            models.UniqueConstraint(
                fields=["session"], condition=_RUNS, name="one_running_infusion_per_session"
            ),
            models.UniqueConstraint(
                fields=["clinician"], condition=_RUNS, name="one_running_infusion_per_clinician"
            ),
            models.UniqueConstraint(
                fields=["patient"], condition=_RUNS, name="one_running_infusion_per_patient"
            ),
            models.UniqueConstraint(
                fields=["room"], condition=_RUNS, name="one_running_infusion_per_room"
            ),
            models.CheckConstraint(
                condition=~_RUNS | models.Q(patient__isnull=False, room__isnull=False),
                name="a_running_infusion_says_whose_and_where",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True)
                | models.Q(ended_at__gte=models.F("started_at")),
                name="an_infusion_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=(_RUNS & models.Q(ended_at__isnull=True, ending=""))
                | (~_RUNS & models.Q(ended_at__isnull=False) & ~models.Q(ending="")),
                name="an_ended_infusion_says_when_and_how",
            ),
        ]
        triggers = [refuse_once_signed()]

    def __str__(self) -> str:
        return f"infusion {self.public_id}"


class PumpAction(AppendOnly, PublicModel):
    """One thing done at the pump, as charted: start, rate change, pause, resume or stop."""

    infusion = models.ForeignKey(Infusion, on_delete=models.PROTECT, related_name="actions")
    sequence = models.PositiveSmallIntegerField()
    kind = CodeField(PumpActionKind)
    rate_ml_per_h = RateField(max_digits=8, decimal_places=2)
    at = models.DateTimeField(help_text="Clinical time.")
    recorded_at = models.DateTimeField()
    reason = models.TextField(blank=True)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    key = models.UUIDField(unique=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "pump action"
        constraints = [
            one_of("kind", PumpActionKind, name="pump_action_is_known"),
            models.UniqueConstraint(
                fields=["infusion", "sequence"], name="two_tablets_never_take_the_same_step"
            ),
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed(path=_OF_INFUSION)]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class PumpDifference(AppendOnly, PublicModel):
    """Pump and chart differed by more than the protocol allows; a person said which is right."""

    infusion = models.ForeignKey(Infusion, on_delete=models.PROTECT, related_name="differences")
    charted_ml = VolumeField(max_digits=9, decimal_places=3)
    pump_ml = VolumeField(max_digits=9, decimal_places=3)
    truth = models.CharField(max_length=10, choices=[("pump", "pump"), ("chart", "chart")])
    reason = models.TextField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "pump difference"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(truth__in=["pump", "chart"]), name="a_difference_has_one_truth"
            )
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed(path=_OF_INFUSION)]

    def __str__(self) -> str:
        return f"difference {self.public_id}"


class MedicineGiven(AppendOnly, PublicModel):
    """One medicine given beside the infusion. A sedative restarts the observation clock."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="medicines_given"
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    dose_mg = DoseField(max_digits=10, decimal_places=4)
    route = models.CharField(max_length=20)
    indication = models.CharField(max_length=120)
    is_sedative = models.BooleanField()
    at = models.DateTimeField(help_text="Clinical time.")
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    witness = models.ForeignKey(
        Countersignature, on_delete=models.PROTECT, null=True, related_name="+"
    )
    key = models.UUIDField(unique=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "medicine given"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(dose_mg__gt=0), name="a_given_dose_is_positive"
            )
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"given {self.public_id}"


class SessionEvent(AppendOnly, PublicModel):
    """A mark, a note, a symptom or an emergency step on the time axis. An undo is a row too."""

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="events")
    kind = CodeField(EventKind)
    label = models.CharField(max_length=120, blank=True)
    text = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(help_text="Clinical time.")
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    about = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="later",
        help_text="The mark this names, or the event this withdraws.",
    )
    key = models.UUIDField(unique=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "session event"
        constraints = [one_of("kind", EventKind, name="session_event_is_known")]
        indexes = [models.Index(fields=["session", "at"], name="session_events_by_time")]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
