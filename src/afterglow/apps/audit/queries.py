"""Read the audit: who opened a chart, who broke the glass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model

from afterglow.apps.audit.models import AuditEntry, BreakGlass


@dataclass(frozen=True, slots=True)
class Access:
    """One line of a patient's access log."""

    at: datetime
    who: str
    action: str
    subject_type: str
    detail: dict[str, Any]
    refused: bool


def names_of(people: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Return the name of each account by its public id."""
    wanted = {person for person in people if person is not None}
    known: dict[UUID | None, str] = {
        account.public_id: account.full_name
        for account in get_user_model().objects.filter(public_id__in=wanted)
    }
    return known


def access_log(patient: UUID, *, limit: int = 500) -> list[Access]:
    """Return what was done with and read of a patient's chart, newest first."""
    entries = list(AuditEntry.objects.filter(patient=patient).order_by("-at", "-pk")[:limit])
    names = names_of(entry.by for entry in entries)
    return [
        Access(
            at=entry.at,
            who=names.get(entry.by, "") if entry.by else "Afterglow",
            action=entry.action,
            subject_type=entry.subject_type,
            detail=entry.detail,
            refused=entry.action.endswith("refused"),
        )
        for entry in entries
    ]


def open_glass(*, by: UUID, patient: UUID, at: datetime) -> BreakGlass | None:
    """Return the break-glass access that lets ``by`` read the chart at ``at``, or None."""
    return (
        BreakGlass.objects.filter(by=by, patient=patient, at__lte=at, expires_at__gt=at)
        .order_by("-expires_at")
        .first()
    )
