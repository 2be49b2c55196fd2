"""The last step of every service of people: one audit row and one event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.events import services as events
from afterglow.apps.people.models import Patient
from afterglow.core.errors import InvalidValue


def tell(
    what: str,
    *,
    patient: Patient,
    subject: models.Model,
    by: Account,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write the audit row and the event (topic: the patient) of one change."""
    public_id: UUID = subject.public_id  # type: ignore[attr-defined]
    site = patient.home_site
    audit.record(what, subject=subject, by=by, at=at, site=site, patient=patient, detail=detail)
    events.publish(what, topic=patient.public_id, subject=public_id, site=site.public_id, at=at)


def same_subject(expected: int, found: int, key: UUID) -> None:
    """Refuse a key that was used for somebody else. Raises InvalidValue."""
    if expected != found:
        raise InvalidValue(
            "The key %(key)s was already used for another patient.",
            key=key,
        )
