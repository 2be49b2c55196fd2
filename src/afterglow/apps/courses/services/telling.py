"""The first and last step of every service of courses: lock and permit, audit and publish."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.courses.models import Course
from afterglow.apps.events import services as events
from afterglow.core.roles import Action


def lock_course(course: UUID, *, action: Action, by: Account, at: datetime) -> Course:
    """Lock a course for the rest of the transaction, if ``by`` may do ``action`` at its site.

    Raises DoesNotExist or Forbidden with every reason.
    """
    row = (
        Course.objects.select_for_update(of=("self",))
        .select_related("site", "patient", "protocol")
        .get(public_id=course)
    )
    policies.check(action, by=by, site=row.site, on=row.site.local_date(at))
    return row


def tell(
    what: str,
    *,
    course: Course,
    by: Account,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write the audit row and the event (topic: the patient) of one change."""
    site, patient = course.site, course.patient
    audit.record(what, subject=course, by=by, at=at, site=site, patient=patient, detail=detail)
    events.publish(
        what, topic=patient.public_id, subject=course.public_id, site=site.public_id, at=at
    )
