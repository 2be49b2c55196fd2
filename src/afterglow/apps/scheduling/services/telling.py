"""The first and last step of every service of appointments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.events import services as events
from afterglow.apps.scheduling.models import Appointment
from afterglow.core.roles import Action


def lock_appointment(
    appointment: UUID, *, by: Account, at: datetime, action: Action = Action.BOOK_APPOINTMENT
) -> Appointment:
    """Lock an appointment, if ``by`` may do ``action`` at its site. Raises Forbidden."""
    row = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("site", "room", "clinician", "patient", "course__site", "course__patient")
        .get(public_id=appointment)
    )
    policies.check(action, by=by, site=row.site, on=row.site.local_date(at))
    return row


def tell(
    what: str,
    *,
    appointment: Appointment,
    by: Account | None,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write the audit row and the events (topics: the site for boards, the patient for charts)."""
    site, patient = appointment.site, appointment.patient
    audit.record(what, subject=appointment, by=by, at=at, site=site, patient=patient, detail=detail)
    events.publish_all(
        [
            (what, site.public_id, appointment.public_id),
            (what, patient.public_id, appointment.public_id),
        ],
        site=site.public_id,
        at=at,
    )
