"""What is measured: vital signs, pump readings, alarms, and messages that wait for a person."""

from __future__ import annotations

from enum import StrEnum

import pghistory
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.devices.models import Device, RawMessage
from afterglow.apps.places.models import Site
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.alarm_state import AlarmActKind
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.conditions import AlarmKind, AlarmPriority
from afterglow.db.fields import BodyMassField, CodeField, RateField, VolumeField, one_of
from afterglow.db.models import AppendOnly, PublicModel, VersionedModel
from afterglow.db.ranges import only_one_at_a_time
from afterglow.db.triggers import refuse_once_signed

_OF_ALARM = "(SELECT session_id FROM monitoring_alarm WHERE id = ROW.alarm_id)"


class Source(StrEnum):
    """Where a reading comes from. Device and hand are never merged."""

    DEVICE = "device"
    HAND = "hand"


@pghistory.track()
class DeviceAssignment(PublicModel):
    """A device belongs to one session for a while; released at discharge at the latest."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="assignments")
    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="device_assignments"
    )
    during = DateTimeRangeField()
    assigned_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    released_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    release_reason = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = "device assignment"
        constraints = [
            only_one_at_a_time("device", name="a_device_serves_one_session_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.device} for {self.session}"


class BodyMassMeasurement(AppendOnly, PublicModel):
    """The patient stood on the scale: kilograms, never pounds, on the day."""

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="masses")
    mass_kg = BodyMassField(max_digits=5, decimal_places=1)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    confirmed_unusual = models.BooleanField(
        default=False, help_text="Weighed again because it differed from the history."
    )

    class Meta(AppendOnly.Meta):
        verbose_name = "body mass"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mass_kg__gte=20, mass_kg__lte=400),
                name="body_mass_is_between_20_and_400_kg",
            )
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"mass {self.public_id}"


class BodyMassMistake(AppendOnly, PublicModel):
    """A measured mass that was entered in error: it stays on record and counts for nothing."""

    measurement = models.OneToOneField(
        BodyMassMeasurement, on_delete=models.PROTECT, related_name="mistake"
    )
    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="mass_mistakes"
    )
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "body mass entered in error"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="a_mass_is_taken_back_with_a_reason"
            )
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"mistake {self.public_id}"


SECOND_CHANNEL = "SECOND_SOURCE_OF_SIGN"
"""The flag of a value that is kept beside the charted one: another probe gives the sign."""


class VitalSign(AppendOnly):
    """One measured value with device time, arrival time and source. Never edited, never deleted."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="vital_signs", db_index=False
    )
    batch = models.UUIDField(help_text="One message or one hand entry.")
    code = CodeField(VitalSignCode)
    value = models.DecimalField(max_digits=9, decimal_places=3)
    unit = models.CharField(max_length=20)
    source = CodeField(Source)
    taken_at = models.DateTimeField(help_text="By the device's clock, or as the person said.")
    arrived_at = models.DateTimeField()
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="+")
    message = models.ForeignKey(RawMessage, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    flag = models.CharField(
        max_length=40, blank=True, help_text="Why it is kept but not believed, such as a sentinel."
    )

    class Meta(AppendOnly.Meta):
        verbose_name = "vital sign"
        constraints = [
            one_of("code", VitalSignCode, name="vital_sign_is_in_the_catalogue"),
            one_of("source", Source, name="vital_sign_source_is_known"),
            models.CheckConstraint(
                condition=models.Q(
                    source=Source.DEVICE,
                    device__isnull=False,
                    message__isnull=False,
                    by__isnull=True,
                )
                | models.Q(source=Source.HAND, by__isnull=False, message__isnull=True),
                name="a_reading_says_which_device_or_which_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["session", "source", "code", "taken_at"], name="vital_signs_by_line"
            ),
            models.Index(fields=["batch"], name="vital_signs_by_batch"),
            # What is new in a session; it serves the foreign key as well.
            models.Index(fields=["session", "id"], name="vital_signs_by_arrival"),
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"{self.code} {self.pk}"


class ArtefactMark(AppendOnly, PublicModel):
    """A person says a reading is an artefact, or takes that back. The reading stays."""

    vital_sign = models.ForeignKey(VitalSign, on_delete=models.PROTECT, related_name="marks")
    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="+")
    is_artefact = models.BooleanField(default=True)
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "artefact mark"
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"mark {self.public_id}"


class MissedReading(AppendOnly, PublicModel):
    """A due reading was not taken: a visible gap with a reason, never back-filled."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="missed_readings"
    )
    due_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "missed reading"
        constraints = [
            models.UniqueConstraint(
                fields=["session", "due_at"], name="a_due_reading_is_missed_once"
            )
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"missed {self.public_id}"


class PumpReading(AppendOnly):
    """What a pump said about itself. It outranks what was charted."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="pump_readings"
    )
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(RawMessage, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    arrived_at = models.DateTimeField()
    rate_ml_per_h = RateField(max_digits=8, decimal_places=3, null=True)
    delivered_ml = VolumeField(max_digits=9, decimal_places=3, null=True)
    to_be_infused_ml = VolumeField(
        max_digits=9, decimal_places=3, null=True, help_text="What it is set to infuse in all."
    )
    remaining_ml = VolumeField(max_digits=9, decimal_places=3, null=True)
    drug = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=40, blank=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "pump reading"
        indexes = [models.Index(fields=["session", "taken_at"], name="pump_readings_by_time")]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"pump {self.pk}"


@pghistory.track()
class Alarm(PublicModel, VersionedModel):
    """One alarm condition from its beginning to its end, and what people did about it."""

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="alarms")
    condition = models.CharField(max_length=60, help_text="Stable code of the condition.")
    about = models.CharField(max_length=60, blank=True, help_text="A sign, a source or a device.")
    priority = CodeField(AlarmPriority, help_text="The highest since it was last acknowledged.")
    present_priority = CodeField(AlarmPriority, default=AlarmPriority.LOW)
    highest_priority = CodeField(
        AlarmPriority,
        default=AlarmPriority.LOW,
        help_text="The highest it ever was: an acknowledgement does not lower it.",
    )
    kind = CodeField(AlarmKind)
    sentence = models.CharField(max_length=300)
    seen = models.CharField(max_length=60, blank=True)
    limit = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField(null=True, help_text="When the condition itself began.")
    raised_at = models.DateTimeField()
    condition_gone_at = models.DateTimeField(
        null=True, help_text="The condition has gone; the alarm waits to be acknowledged."
    )
    ended_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="+"
    )
    waits_since = models.DateTimeField(
        null=True, help_text="Since when it waits for an acknowledgement."
    )
    told_site_at = models.DateTimeField(
        null=True, help_text="Nobody answered: the site's other screens show it."
    )
    told_prescriber_at = models.DateTimeField(
        null=True, help_text="Nor then: the prescriber is told."
    )
    silenced_until = models.DateTimeField(null=True)
    silenced_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    silences = models.PositiveSmallIntegerField(
        default=0, help_text="How often in a row it was silenced without an acknowledgement."
    )
    symptomatic = models.BooleanField(
        null=True, help_text="Asked at every red blood pressure; empty until answered."
    )

    class Meta:
        verbose_name = "alarm"
        constraints = [
            one_of("priority", AlarmPriority, name="alarm_priority_is_known"),
            one_of("present_priority", AlarmPriority, name="present_alarm_priority_is_known"),
            one_of("highest_priority", AlarmPriority, name="highest_alarm_priority_is_known"),
            one_of("kind", AlarmKind, name="alarm_kind_is_known"),
            models.UniqueConstraint(
                fields=["session", "condition", "about"],
                condition=models.Q(ended_at__isnull=True),
                name="one_open_alarm_per_condition",
            ),
            models.CheckConstraint(
                condition=models.Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | models.Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="an_acknowledged_alarm_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True)
                | models.Q(ended_at__gte=models.F("raised_at")),
                name="an_alarm_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=models.Q(told_prescriber_at__isnull=True)
                | models.Q(
                    told_site_at__isnull=False, told_site_at__lte=models.F("told_prescriber_at")
                ),
                name="the_site_hears_of_an_alarm_before_the_prescriber",
            ),
        ]
        triggers = [refuse_once_signed()]

    def __str__(self) -> str:
        return f"{self.condition} {self.public_id}"


class AlarmAct(AppendOnly, PublicModel):
    """One step of an alarm's life: raised, escalated, acknowledged, ended; nothing replaces it."""

    alarm = models.ForeignKey(Alarm, on_delete=models.PROTECT, related_name="acts")
    act = CodeField(AlarmActKind)
    priority = CodeField(AlarmPriority, help_text="As it was drawn from then on.")
    seen = models.CharField(max_length=60, blank=True)
    symptomatic = models.BooleanField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty: by itself.",
    )

    class Meta(AppendOnly.Meta):
        verbose_name = "alarm act"
        constraints = [
            one_of("act", AlarmActKind, name="alarm_act_is_known"),
            one_of("priority", AlarmPriority, name="priority_of_an_alarm_act_is_known"),
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed(path=_OF_ALARM)]

    def __str__(self) -> str:
        return f"{self.act} {self.public_id}"


class ArchiveAct(StrEnum):
    """Whether the readings of some months went out of the database or came back."""

    ARCHIVED = "archived"
    RESTORED = "restored"


class ReadingsArchive(AppendOnly, PublicModel):
    """A month of messages and readings went into a file, or came back from it."""

    act = CodeField(ArchiveAct)
    part = models.CharField(max_length=10, help_text="2026_11, or early: from before months.")
    file_name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64, help_text="Of the file.")
    rows = models.JSONField(help_text="How many of each table.")
    sessions = models.JSONField(help_text="Primary keys of those whose readings these are.")
    retention = models.CharField(max_length=80, help_text="The rule that allowed it.")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "archive of readings"
        constraints = [one_of("act", ArchiveAct, name="archive_act_is_known")]

    def __str__(self) -> str:
        return f"{self.part} {self.act}"


class ReviewReason(StrEnum):
    """Why a message waits for a person."""

    UNKNOWN_DEVICE = "unknown_device"
    NO_SESSION = "no_session"
    PATIENT_MISMATCH = "patient_mismatch"
    NOT_UNDERSTOOD = "not_understood"
    FUTURE_TIME = "future_time"
    BAD_OBSERVATION = "bad_observation"
    DEMONSTRATION = "demonstration"
    CODE_DISAGREES = "code_disagrees"
    LONG_PAST = "long_past"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    NOT_AN_OBSERVATION = "not_an_observation"


class ReviewState(StrEnum):
    """What became of it."""

    OPEN = "open"
    ASSIGNED = "assigned"
    REREAD = "reread"
    """Charted after the device's profile had changed."""
    REJECTED = "rejected"


class NotificationKind(StrEnum):
    """What a device told beside its readings."""

    ALARM = "alarm"
    EVENT = "event"


class DeviceNotification(AppendOnly, PublicModel):
    """An alarm (IHE PCD-04) or an event (PCD-10) as a device told it: secondary, never primary."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, null=True, related_name="notifications"
    )
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="notifications")
    message = models.ForeignKey(RawMessage, on_delete=models.PROTECT, related_name="+")
    kind = CodeField(NotificationKind)
    alert = models.CharField(max_length=120, blank=True, help_text="The device's id of one alarm.")
    event = models.CharField(max_length=80, help_text="REFID of what happened.")
    about = models.CharField(max_length=80, blank=True, help_text="REFID of what it is about.")
    seen = models.CharField(max_length=60, blank=True)
    phase = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=20, blank=True)
    priority = models.CharField(max_length=10, blank=True, help_text="PH, PM, PL or PI.")
    is_over = models.BooleanField(default=False)
    at = models.DateTimeField()
    arrived_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "device notification"
        constraints = [one_of("kind", NotificationKind, name="notification_kind_is_known")]
        indexes = [
            models.Index(fields=["session", "device", "-id"], name="notifications_by_session"),
            models.Index(fields=["device", "-id"], name="notifications_by_device"),
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"{self.event} {self.public_id}"


@pghistory.track()
class ReviewItem(PublicModel, VersionedModel):
    """A message that could not be charted: kept and shown until a person decides."""

    message = models.OneToOneField(RawMessage, on_delete=models.PROTECT, related_name="review")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    reason = CodeField(ReviewReason)
    state = CodeField(ReviewState, default=ReviewState.OPEN)
    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "review item"
        constraints = [
            one_of("reason", ReviewReason, name="review_reason_is_known"),
            one_of("state", ReviewState, name="review_state_is_known"),
            models.CheckConstraint(
                condition=models.Q(state=ReviewState.OPEN, settled_at__isnull=True)
                | (
                    ~models.Q(state=ReviewState.OPEN)
                    & models.Q(settled_at__isnull=False, settled_by__isnull=False)
                ),
                name="a_settled_review_says_who_and_when",
            ),
        ]
        indexes = [models.Index(fields=["state", "opened_at"], name="reviews_by_state")]

    def __str__(self) -> str:
        return f"{self.reason} {self.public_id}"
