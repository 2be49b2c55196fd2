"""Who is with a patient: one row a stretch, never two at once, never rewritten."""

from __future__ import annotations

import pghistory
import pgtrigger
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.treatment.coverage import CoverageBegan, CoveragePhase
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import LockingManager, PublicModel
from afterglow.db.ranges import only_one_at_a_time
from afterglow.db.triggers import FirmTrigger, refuse_once_signed

_INFUSING = models.Q(phase=CoveragePhase.INFUSING)


def closed_once() -> FirmTrigger:
    """Return the trigger that lets a stretch be closed once, and refuses every other change."""
    return FirmTrigger(
        name="a_stretch_is_only_closed",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=(
            "IF TG_OP = 'UPDATE' AND upper_inf(OLD.during) "
            "AND lower(NEW.during) = lower(OLD.during) AND NOT upper_inf(NEW.during) "
            "AND to_jsonb(NEW) - 'during' - 'closed_by_id' - 'left_reason' "
            "= to_jsonb(OLD) - 'during' - 'closed_by_id' - 'left_reason' THEN RETURN NEW; END IF; "
            "RAISE EXCEPTION 'a stretch of coverage is closed once and never changed' "
            "USING ERRCODE = 'restrict_violation';"
        ),
    )


@pghistory.track()
class Coverage(PublicModel):
    """One clinician with one patient, from an instant to another or until now.

    While drug runs the clinician is with nobody else whose drug runs; in recovery the protocol
    says how many share one clinician.
    """

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="coverage")
    clinician = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    phase = CodeField(CoveragePhase)
    during = DateTimeRangeField(help_text="Without an end: still there.")
    began = CodeField(CoverageBegan)
    covers_for = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Whose break it is.",
    )
    back_by = models.DateTimeField(null=True, help_text="When the break is to be over.")
    opened_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    closed_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    left_reason = models.CharField(
        max_length=200, blank=True, help_text="Why somebody left without another taking over."
    )
    countersignature = models.ForeignKey(
        Countersignature,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="How the clinician signed in, where somebody else was signed in there.",
    )
    key = models.UUIDField(unique=True)

    objects = LockingManager()

    class Meta:
        verbose_name = "coverage"
        constraints = [
            one_of("phase", CoveragePhase, name="coverage_phase_is_known"),
            one_of("began", CoverageBegan, name="coverage_beginning_is_known"),
            only_one_at_a_time("session", name="one_clinician_is_with_a_patient_at_a_time"),
            only_one_at_a_time(
                "clinician", name="nobody_is_with_two_running_infusions", when=_INFUSING
            ),
            models.CheckConstraint(
                condition=models.Q(during__isempty=False)
                & models.Q(during__startswith__isnull=False),
                name="a_stretch_of_coverage_begins_and_lasts",
            ),
            models.CheckConstraint(
                condition=models.Q(covers_for__isnull=True, back_by__isnull=True)
                | models.Q(
                    began=CoverageBegan.BREAK_COVER,
                    covers_for__isnull=False,
                    back_by__isnull=False,
                ),
                name="a_cover_says_whose_break_and_until_when",
            ),
            models.CheckConstraint(
                condition=models.Q(covers_for__isnull=True)
                | ~models.Q(covers_for=models.F("clinician")),
                name="nobody_covers_their_own_break",
            ),
        ]
        indexes = [models.Index(fields=["session", "phase"], name="coverage_by_session")]
        triggers = [closed_once(), refuse_once_signed()]

    def __str__(self) -> str:
        return f"coverage {self.public_id}"
