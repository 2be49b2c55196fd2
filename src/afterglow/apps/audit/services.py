"""Write the audit: one row per service call and per chart opened, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db import models, transaction

from afterglow.apps.audit.models import AuditEntry, BreakGlass
from afterglow.core.errors import InvalidValue
from afterglow.core.permission import Actor, check
from afterglow.core.roles import Action

SHORTEST_REASON = 8


class HasPublicId(Protocol):
    """Anything that other rows refer to: a model with a ``public_id``."""

    @property
    def public_id(self) -> Any:
        """What other rows call it."""


def subject_type(subject: models.Model) -> str:
    """Return what the audit calls a model: ``treatment.infusion``."""
    return subject._meta.label_lower


def record(
    action: str,
    *,
    subject: models.Model,
    by: HasPublicId | None,
    at: datetime,
    site: HasPublicId | None = None,
    patient: HasPublicId | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Add one audit row. ``by`` is None when the system acts by itself.

    ``detail`` holds codes, numbers and ids: old and new values where something changed, never the
    free text of a chart.
    """
    return record_ids(
        action,
        subject=subject,
        by=by,
        at=at,
        site=_id(site),
        patient=_id(patient),
        detail=detail,
    )


def record_ids(
    action: str,
    *,
    subject: models.Model,
    by: HasPublicId | None,
    at: datetime,
    site: UUID | None = None,
    patient: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Add one audit row, for callers that hold public ids instead of rows."""
    return AuditEntry.objects.create(
        at=at,
        action=action,
        by=_id(by),
        site=site,
        patient=patient,
        subject_type=subject_type(subject),
        subject=subject.public_id,  # type: ignore[attr-defined]
        detail=dict(detail or {}),
    )


def _id(row: HasPublicId | None) -> UUID | None:
    return None if row is None else row.public_id


CHART_OPENED = "chart-opened"
ONE_OPENING = timedelta(hours=1)
"""Opening the same chart again within this time is the same opening."""


@transaction.atomic
def record_chart_opened(
    *, patient: models.Model, by: HasPublicId, at: datetime, site: HasPublicId | None = None
) -> bool:
    """Note that a person read a chart: one row per person, chart and hour. Say if one was added."""
    chart: UUID = patient.public_id  # type: ignore[attr-defined]
    if AuditEntry.objects.filter(
        action=CHART_OPENED, patient=chart, by=by.public_id, at__gt=at - ONE_OPENING, at__lte=at
    ).exists():
        return False
    AuditEntry.objects.create(
        at=at,
        action=CHART_OPENED,
        by=by.public_id,
        site=_id(site),
        patient=chart,
        subject_type=subject_type(patient),
        subject=chart,
    )
    return True


GLASS_STAYS_OPEN = timedelta(hours=12)


@transaction.atomic
def break_glass(
    *,
    patient: UUID,
    reason: str,
    by: Actor,
    at: datetime,
    on: date,
    lasting: timedelta = GLASS_STAYS_OPEN,
) -> BreakGlass:
    """Let a clinician read a chart outside their sites for a while, with a reason, on the record.

    Asked again while the glass is open, it returns the same opening. Raises Forbidden for who is
    no clinician, and InvalidValue without a reason.
    """
    check(Action.BREAK_GLASS, by=by, site=None, on=on)
    words = reason.strip()
    if len(words) < SHORTEST_REASON:
        raise InvalidValue(
            "The reason has %(count)s letters; write at least %(shortest_reason)s, so that "
            "who reviews this access can understand it.",
            count=len(words),
            shortest_reason=SHORTEST_REASON,
        )
    still_open = BreakGlass.objects.filter(
        by=by.public_id, patient=patient, at__lte=at, expires_at__gt=at
    ).first()
    if still_open is not None:
        return still_open
    opened = BreakGlass.objects.create(
        by=by.public_id, patient=patient, reason=words, at=at, expires_at=at + lasting
    )
    AuditEntry.objects.create(
        at=at,
        action="glass-broken",
        by=by.public_id,
        patient=patient,
        subject_type=subject_type(opened),
        subject=opened.public_id,
        detail={"until": opened.expires_at.isoformat()},
    )
    return opened


def record_document_read(
    *, document: models.Model, patient: UUID | None, by: HasPublicId, at: datetime
) -> None:
    """Note that a person opened a stored document; each opening is a row."""
    AuditEntry.objects.create(
        at=at,
        action="document-read",
        by=by.public_id,
        patient=patient,
        subject_type=subject_type(document),
        subject=document.public_id,  # type: ignore[attr-defined]
    )
