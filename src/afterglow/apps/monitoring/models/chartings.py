"""What people charted from the review queue, and what of it belonged to somebody else."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL

from afterglow.apps.accounts.models import Account
from afterglow.apps.devices.models import RawMessage
from afterglow.apps.visits.models import TreatmentSession
from afterglow.db.models import AppendOnly, PublicModel
from afterglow.db.triggers import refuse_once_signed


class QueueCharting(AppendOnly, PublicModel):
    """A person charted a message of the review queue: by whom, to whom, when and why.

    ``is_mismatch``: the message names a patient and does not prove that it is the one it was
    charted to; then ``reason`` says why all the same. What the message added is kept by number.
    """

    message = models.ForeignKey(RawMessage, on_delete=models.PROTECT, related_name="chartings")
    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="queue_chartings"
    )
    is_mismatch = models.BooleanField(default=False)
    differing = ArrayField(
        models.CharField(max_length=20), default=list, help_text="The identifiers that differed."
    )
    reason = models.CharField(max_length=200, blank=True)
    vital_signs = ArrayField(models.BigIntegerField(), default=list)
    pump_readings = ArrayField(models.BigIntegerField(), default=list)
    notifications = ArrayField(models.BigIntegerField(), default=list)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "charting from the queue"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_mismatch=False, differing=[])
                | (models.Q(is_mismatch=True) & ~models.Q(reason="")),
                name="a_mismatch_is_charted_with_a_reason",
            ),
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"charting {self.public_id}"


class ChartingMistake(AppendOnly, PublicModel):
    """What a person charted from the queue was somebody else's. It stays, and counts no more.

    Vital signs get their artefact marks; pump readings and notifications are told by number here.
    """

    charting = models.OneToOneField(QueueCharting, on_delete=models.PROTECT, related_name="mistake")
    message = models.ForeignKey(RawMessage, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="+")
    pump_readings = ArrayField(models.BigIntegerField(), default=list)
    notifications = ArrayField(models.BigIntegerField(), default=list)
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "charting to the wrong patient"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="a_charting_is_taken_back_with_a_reason"
            ),
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"mistake {self.public_id}"


def not_taken_back(alias: str) -> str:
    """Return in SQL that a pump reading was not charted to the wrong patient."""
    return (
        "NOT EXISTS (SELECT 1 FROM monitoring_chartingmistake x "  # noqa: S608 (constants)
        f"WHERE x.session_id = {alias}.session_id AND {alias}.id = ANY(x.pump_readings))"
    )


def pumps_taken_back(sessions: Sequence[int]) -> RawSQL:
    """Return the numbers of pump readings charted to some sessions that are another's."""
    return RawSQL(
        "SELECT unnest(pump_readings) FROM monitoring_chartingmistake "
        "WHERE session_id = ANY(%s::bigint[])",
        [list(sessions)],
    )


def notifications_taken_back(sessions: Sequence[int]) -> RawSQL:
    """Return the numbers of notifications charted to some sessions that are another's."""
    return RawSQL(
        "SELECT unnest(notifications) FROM monitoring_chartingmistake "
        "WHERE session_id = ANY(%s::bigint[])",
        [list(sessions)],
    )
