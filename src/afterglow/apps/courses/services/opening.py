"""Open a course and edit what it is for and which protocol it runs under."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.courses.models import Course
from afterglow.apps.courses.services.telling import lock_course, tell
from afterglow.apps.definitions.models import Definition, DefinitionKind
from afterglow.apps.people.models import Patient
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Action
from afterglow.db.changes import apply_changes

MOST_INFUSIONS = 60


@transaction.atomic
def open_course(
    *,
    key: UUID,
    patient: UUID,
    site: Site,
    indication: str,
    protocol: UUID,
    by: Account,
    at: dt.datetime,
    indication_code: str = "",
    planned_infusions: int = 6,
    prescriber: Account | None = None,
) -> Course:
    """Open a course in its screening phase. The same key again returns the same course.

    Raises InvalidValue for a definition that is no dosing protocol and for a plan outside 1 to 60.
    """
    row = Patient.objects.get(public_id=patient)
    policies.check(Action.EDIT_COURSE, by=by, site=site, on=site.local_date(at))
    if existing := Course.objects.filter(public_id=key).first():
        if existing.patient_id != row.pk:
            raise InvalidValue(
                "The key %(key)s was already used for another patient.",
                key=key,
            )
        return existing
    _check_plan(planned_infusions)
    course = Course.objects.create(
        public_id=key,
        patient=row,
        site=site,
        indication=indication.strip(),
        indication_code=indication_code.strip().upper(),
        protocol=_protocol(protocol),
        prescriber=prescriber,
        planned_infusions=planned_infusions,
        opened_at=at,
    )
    detail = {
        "indication_code": course.indication_code,
        "protocol": str(course.protocol),
        "planned_infusions": planned_infusions,
    }
    tell("course-opened", course=course, by=by, at=at, detail=detail)
    return course


@transaction.atomic
def edit_course(
    *,
    course: UUID,
    seen: int,
    indication: str,
    indication_code: str,
    planned_infusions: int,
    prescriber: Account | None,
    by: Account,
    at: dt.datetime,
) -> Course:
    """Change indication, plan or prescriber. Raises StaleRow when another screen saved first."""
    row = lock_course(course, action=Action.EDIT_COURSE, by=by, at=at)
    _check_plan(planned_infusions)
    values = {
        "indication": indication.strip(),
        "indication_code": indication_code.strip().upper(),
        "planned_infusions": planned_infusions,
        "prescriber": prescriber,
    }
    changed = apply_changes(row, values)
    row.save_version(seen=seen)
    if changed:
        tell("course-edited", course=row, by=by, at=at, detail={"changed": changed})
    return row


@transaction.atomic
def change_protocol(
    *, course: UUID, seen: int, protocol: UUID, by: Account, at: dt.datetime
) -> Course:
    """Put the course under another version; sessions already begun keep theirs for ever."""
    row = lock_course(course, action=Action.ACCEPT_COURSE, by=by, at=at)
    changed = apply_changes(row, {"protocol": _protocol(protocol)})
    row.save_version(seen=seen)
    if changed:
        tell("course-protocol-changed", course=row, by=by, at=at, detail={"changed": changed})
    return row


def _protocol(public_id: UUID) -> Definition:
    row = Definition.objects.get(public_id=public_id)
    if row.kind != DefinitionKind.DOSING_PROTOCOL:
        raise InvalidValue(
            "%(row)s is a %(kind)s; a course runs under a dosing protocol.",
            row=row,
            kind=row.kind,
        )
    return row


def _check_plan(planned_infusions: int) -> None:
    if not 1 <= planned_infusions <= MOST_INFUSIONS:
        raise InvalidValue(
            "%(planned_infusions)s planned infusions is outside the range 1 to %(most_infusions)s.",
            planned_infusions=planned_infusions,
            most_infusions=MOST_INFUSIONS,
        )
