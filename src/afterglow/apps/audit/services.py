"""Write the audit: one row per service call and per chart opened, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import models

from afterglow.apps.audit.models import AuditEntry


class HasPublicId(Protocol):
    """Anything that other rows refer to: a model with a ``public_id``."""

    public_id: Any


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
    return AuditEntry.objects.create(
        at=at,
        action=action,
        by=_id(by),
        site=_id(site),
        patient=_id(patient),
        subject_type=subject_type(subject),
        subject=subject.public_id,  # type: ignore[attr-defined]
        detail=dict(detail or {}),
    )


def _id(row: HasPublicId | None) -> UUID | None:
    return None if row is None else row.public_id
