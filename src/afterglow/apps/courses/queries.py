"""Read courses and the protocols they may run under."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from afterglow.apps.courses.models import Course
from afterglow.apps.definitions.models import (
    ApprovalAct,
    Definition,
    DefinitionApproval,
    DefinitionKind,
)
from afterglow.apps.people.models import Patient
from afterglow.core.courses.phases import TREATING, CoursePhase


def courses_of(patient: Patient) -> list[Course]:
    """Return a patient's courses, newest first."""
    return list(
        Course.objects.filter(patient=patient)
        .select_related("site", "protocol", "prescriber", "accepted_by")
        .order_by("-opened_at", "-pk")
    )


def course_of(public_id: UUID) -> Course:
    """Return one course with what its page shows. Raises DoesNotExist."""
    return Course.objects.select_related(
        "patient__home_site", "site", "protocol", "prescriber", "accepted_by"
    ).get(public_id=public_id)


def bookable(patient: Patient) -> list[Course]:
    """Return the courses an infusion may be booked for, treating ones first."""
    rows = [row for row in courses_of(patient) if row.phase != CoursePhase.CLOSED]
    return sorted(rows, key=lambda row: row.phase not in TREATING)


@dataclass(frozen=True, slots=True)
class DefinitionChoice:
    """One version to choose, and whether a director's approval of it is in effect."""

    definition: Definition
    approved: bool


def choices(kind: DefinitionKind, *, at: dt.datetime) -> list[DefinitionChoice]:
    """Return the versions of a kind not retired at ``at``: approved first, newest first."""
    last: dict[int, DefinitionApproval] = {}
    acts = DefinitionApproval.objects.filter(
        definition__kind=kind, at__lte=at, effective_from__lte=at
    ).order_by("effective_from", "pk")
    for act in acts:
        last[act.definition_id] = act
    found = []
    for row in Definition.objects.filter(kind=kind).order_by("key", "-version"):
        act_now = last.get(row.pk)
        if act_now is None:
            found.append(DefinitionChoice(row, approved=False))
        elif act_now.act == ApprovalAct.APPROVED and (
            act_now.effective_to is None or act_now.effective_to > at
        ):
            found.append(DefinitionChoice(row, approved=True))
    return sorted(found, key=lambda choice: not choice.approved)


def is_approved(definition: Definition, *, at: dt.datetime) -> bool:
    """Whether a director's approval of this version is in effect at ``at``."""
    kind = DefinitionKind(definition.kind)
    return any(c.approved and c.definition.pk == definition.pk for c in choices(kind, at=at))
