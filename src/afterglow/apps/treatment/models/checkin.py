"""Check-in: what is asked at the door, and what was refused or overridden because of it."""

from __future__ import annotations

from enum import StrEnum

import pghistory
from django.db import models

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.people.models import CurrentMedicine
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Overrider
from afterglow.core.treatment.facts import (
    Antihypertensive,
    Cpap,
    EscortState,
    PregnancyTest,
)
from afterglow.db.fields import CodeField, blank_or_one_of, one_of
from afterglow.db.models import AppendOnly, PublicModel, VersionedModel
from afterglow.db.triggers import refuse_once_signed


class SuicideScreen(StrEnum):
    """The C-SSRS level since last contact, as the clinician found it."""

    NOT_DONE = "not_done"
    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


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
    last_clear_fluid_at = models.DateTimeField(null=True)
    alcohol_or_drugs_asked = models.BooleanField(default=False)
    alcohol_or_drugs_last_at = models.DateTimeField(null=True)
    cannabis_asked = models.BooleanField(default=False)
    cannabis_last_at = models.DateTimeField(null=True)
    appears_intoxicated = models.BooleanField(null=True)
    medicines_reviewed_at = models.DateTimeField(
        null=True, help_text="Every current medicine was gone through; see MedicineToday."
    )
    decongestant_taken_today = models.BooleanField(null=True)
    antihypertensive = CodeField(Antihypertensive, blank=True)
    glp1_agonist = models.BooleanField(null=True)
    acutely_ill = models.BooleanField(null=True, help_text="Fever, infection, vomiting, chest.")
    cpap = CodeField(Cpap, blank=True)
    pregnancy_test = CodeField(PregnancyTest, blank=True)
    pregnancy_tested_on = models.DateField(null=True)
    escort_state = CodeField(EscortState, blank=True)
    escort_name = models.CharField(max_length=120, blank=True)
    escort_relation = models.CharField(max_length=60, blank=True)
    escort_phone = models.CharField(max_length=40, blank=True)
    suicide_asked_at = models.DateTimeField(null=True)
    suicide_statement_positive = models.BooleanField(null=True)
    phq9_item9 = models.PositiveSmallIntegerField(null=True)
    suicide_level = CodeField(SuicideScreen, default=SuicideScreen.NOT_DONE)
    suicide_assessed_by = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="+"
    )
    suicide_assessed_at = models.DateTimeField(null=True)
    safety_plan_given = models.BooleanField(default=False)
    suicide_note = models.TextField(blank=True, help_text="What was done about a positive answer.")

    class Meta:
        verbose_name = "check-in"
        constraints = [
            blank_or_one_of("pregnancy_test", PregnancyTest, name="pregnancy_test_is_known"),
            blank_or_one_of("escort_state", EscortState, name="escort_state_is_known"),
            blank_or_one_of("cpap", Cpap, name="cpap_is_known"),
            blank_or_one_of("antihypertensive", Antihypertensive, name="antihypertensive_is_known"),
            one_of("suicide_level", SuicideScreen, name="suicide_level_is_known"),
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
    countersignature = models.ForeignKey(
        Countersignature,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="How ``by`` signed in, beside whom, where somebody else was signed in there.",
    )
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

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="refusals")
    attempted = models.CharField(max_length=60)
    reasons = models.JSONField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "refusal"
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"refused {self.attempted}"
