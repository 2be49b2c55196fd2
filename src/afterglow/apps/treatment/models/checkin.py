"""Check-in: what is asked at the door, and what was refused or overridden because of it."""

from __future__ import annotations

from enum import StrEnum

import pghistory
from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.people.models import CurrentMedicine
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Overrider
from afterglow.db.fields import CodeField, one_of
from afterglow.db.locks import refuse_once_signed
from afterglow.db.models import AppendOnly, PublicModel, VersionedModel


class Identifier(StrEnum):
    """What identity can be checked by. Two are needed, said by the patient."""

    NAME = "name"
    DATE_OF_BIRTH = "date_of_birth"
    MRN = "mrn"
    PHOTO_ID = "photo_id"


class EscortState(StrEnum):
    """Where the responsible adult is."""

    NOT_ASKED = "not_asked"
    NONE = "none"
    ON_THE_WAY = "on_the_way"
    CONFIRMED_FOR_PICKUP = "confirmed_for_pickup"
    PRESENT = "present"


class PregnancyTest(StrEnum):
    """The urine test of the day, where one is due."""

    NOT_DUE = "not_due"
    DUE = "due"
    NEGATIVE = "negative"
    POSITIVE = "positive"
    DECLINED = "declined"


class SuicideScreen(StrEnum):
    """The C-SSRS level since last contact, as the clinician found it."""

    NOT_DONE = "not_done"
    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    INCOMPLETE = "incomplete"


class MonitorFitted(StrEnum):
    """How the continuous signs are watched."""

    ASSIGNED = "assigned"
    BY_HAND = "by_hand"


@pghistory.track()
class CheckIn(PublicModel, VersionedModel):
    """What the patient said and showed on arrival. Empty means "not asked yet", never "no"."""

    session = models.OneToOneField(
        TreatmentSession, on_delete=models.PROTECT, related_name="check_in"
    )
    identifiers = models.JSONField(default=list, help_text="Identifier codes the patient stated.")
    identified_by = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="+"
    )
    identified_at = models.DateTimeField(null=True)
    last_solid_at = models.DateTimeField(null=True)
    last_fluid_at = models.DateTimeField(null=True)
    alcohol_at = models.DateTimeField(null=True, help_text="Last drink; see alcohol_asked.")
    drugs_at = models.DateTimeField(null=True, help_text="Last non-prescribed drug.")
    cannabis_at = models.DateTimeField(null=True)
    substances_asked = models.BooleanField(default=False)
    is_ill = models.BooleanField(null=True, help_text="Fever, infection, vomiting, chest illness.")
    illness = models.CharField(max_length=200, blank=True)
    takes_glp1 = models.BooleanField(null=True)
    needs_cpap = models.BooleanField(null=True)
    cpap_brought = models.BooleanField(null=True)
    missed_antihypertensive = models.BooleanField(null=True)
    pregnancy_test = CodeField(PregnancyTest, default=PregnancyTest.NOT_DUE)
    pregnancy_test_at = models.DateTimeField(null=True)
    escort_state = CodeField(EscortState, default=EscortState.NOT_ASKED)
    escort_name = models.CharField(max_length=120, blank=True)
    escort_relation = models.CharField(max_length=60, blank=True)
    escort_phone = models.CharField(max_length=40, blank=True)
    suicide_screen = CodeField(SuicideScreen, default=SuicideScreen.NOT_DONE)
    phq9_item9 = models.PositiveSmallIntegerField(null=True)
    suicide_screen_by = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="+"
    )
    suicide_screen_at = models.DateTimeField(null=True)
    suicide_plan = models.TextField(blank=True, help_text="What was done about a positive answer.")
    medicines_reviewed = models.BooleanField(default=False)
    monitoring = CodeField(MonitorFitted, default=MonitorFitted.ASSIGNED)
    has_cardiac_risk = models.BooleanField(default=False)

    class Meta:
        verbose_name = "check-in"
        constraints = [
            one_of("pregnancy_test", PregnancyTest, name="pregnancy_test_is_known"),
            one_of("escort_state", EscortState, name="escort_state_is_known"),
            one_of("suicide_screen", SuicideScreen, name="suicide_screen_is_known"),
            models.CheckConstraint(
                condition=models.Q(phq9_item9__isnull=True) | models.Q(phq9_item9__lte=3),
                name="item_9_is_0_to_3",
            ),
        ]
        triggers = [refuse_once_signed()]

    def __str__(self) -> str:
        return f"check-in {self.public_id}"


class MedicineToday(AppendOnly, PublicModel):
    """What the patient took, or held, of one medicine before this session."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="medicines_today"
    )
    medicine = models.ForeignKey(
        CurrentMedicine, on_delete=models.PROTECT, null=True, related_name="+"
    )
    name = models.CharField(max_length=120)
    drug_class = models.CharField(max_length=40, blank=True)
    taken_at = models.DateTimeField(null=True, help_text="Empty: held today.")
    dose = models.CharField(max_length=80, blank=True)
    dose_mg = models.DecimalField(max_digits=10, decimal_places=3, null=True)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="replaced_by"
    )

    class Meta(AppendOnly.Meta):
        verbose_name = "medicine today"
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"medicine today {self.public_id}"


class Override(AppendOnly, PublicModel):
    """Somebody with the right overrode one reason, and said why. Rule and override both stay."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="overrides"
    )
    gate = models.CharField(max_length=20, help_text="readiness, draw, discharge or sign.")
    code = models.CharField(max_length=60)
    sentence = models.CharField(max_length=300)
    seen = models.CharField(max_length=80, blank=True)
    limit = models.CharField(max_length=80, blank=True)
    role = CodeField(Overrider)
    reason = models.TextField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "override"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=[Overrider.PRESCRIBER, Overrider.MEDICAL_DIRECTOR]),
                name="nobody_overrides_what_nobody_may",
            ),
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="an_override_carries_a_reason"
            ),
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"override {self.code}"


class Refusal(AppendOnly, PublicModel):
    """Something was tried and refused. The reasons are kept as they were then."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="refusals"
    )
    attempted = models.CharField(max_length=60)
    reasons = models.JSONField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "refusal"
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"refused {self.attempted}"
