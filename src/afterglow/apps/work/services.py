"""Open, take, finish, cancel and escalate tasks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Q

from afterglow.apps.audit import services as audit
from afterglow.apps.audit.services import HasPublicId
from afterglow.apps.events.services import publish
from afterglow.apps.notices import services as notices
from afterglow.apps.work.kinds import kind_of
from afterglow.apps.work.models import Task, TaskState
from afterglow.core.decisions import Decision, blocker
from afterglow.core.errors import Closed, InvalidValue
from afterglow.core.permission import Actor, Forbidden, check
from afterglow.core.roles import Action, Role, may_close_task, said_roles


class TaskIsClosed(Closed):
    """Somebody closed the task first."""


@transaction.atomic
def open_task(
    *,
    kind: str,
    subject: models.Model,
    site: HasPublicId,
    at: datetime,
    by: HasPublicId | None,
    key: str | None = None,
    patient: HasPublicId | None = None,
    owner: HasPublicId | None = None,
    title: str | None = None,
    owner_role: Role | None = None,
    due_at: datetime | None = None,
) -> Task:
    """Open a task whose clock and owner come from its kind; the same key again opens nothing.

    ``title`` may replace the kind's title and must not name the patient. Raises InvalidValue for
    an unknown kind.
    """
    rules = kind_of(kind)
    task, is_new = Task.objects.get_or_create(
        key=key or f"{kind}:{subject.public_id}",  # type: ignore[attr-defined]
        defaults={
            "kind": kind,
            "title": title or rules.title,
            "subject_type": audit.subject_type(subject),
            "subject": subject.public_id,  # type: ignore[attr-defined]
            "patient": None if patient is None else patient.public_id,
            "site": site.public_id,
            "owner_role": owner_role or rules.owner_role,
            "owner": None if owner is None else owner.public_id,
            "opened_at": at,
            "due_at": due_at or at + rules.due_after,
            "escalate_at": at + rules.escalate_after,
            "escalate_to_role": rules.escalate_to_role,
        },
    )
    if is_new:
        detail = {"kind": kind, "due": task.due_at.isoformat()}
        audit.record(
            "task-opened", subject=task, by=by, at=at, site=site, patient=patient, detail=detail
        )
        publish("task-opened", topic=task.site, subject=task.public_id, site=task.site, at=at)
    return task


@transaction.atomic
def take_task(*, task: UUID, by: Actor, at: datetime, on: date, seen: int | None = None) -> Task:
    """Make the person the owner. Raises StaleRow when somebody changed it first."""
    row = _locked(task, by=by, on=on)
    if row.owner == by.public_id:
        return row
    _must_be_open(row)
    check_can_close(row, by=by, on=on)
    before = row.owner
    row.owner = by.public_id
    row.save_version(seen=seen, fields=["owner"])
    _tell("task-taken", row, by=by, at=at, detail={"from": str(before) if before else None})
    return row


@transaction.atomic
def complete_task(
    *, task: UUID, by: Actor, at: datetime, on: date, outcome: str = "", seen: int | None = None
) -> Task:
    """Finish a task, and say what was done. Finishing it twice is once.

    Raises TaskIsClosed when it was cancelled, InvalidValue without words, and Forbidden for who is
    neither its owner nor of a role that it belongs to.
    """
    if not outcome.strip():
        raise InvalidValue("A task is finished by saying what was done; nothing was said.")
    return _close(task, TaskState.DONE, by=by, at=at, on=on, outcome=outcome, seen=seen)


@transaction.atomic
def cancel_task(
    *, task: UUID, by: Actor, at: datetime, on: date, reason: str, seen: int | None = None
) -> Task:
    """Cancel a task with a reason. Raises InvalidValue without one."""
    if not reason.strip():
        raise InvalidValue("A task is cancelled with a reason; none was given.")
    return _close(task, TaskState.CANCELLED, by=by, at=at, on=on, outcome=reason, seen=seen)


@transaction.atomic
def settle_task(*, key: str, by: HasPublicId | None, at: datetime, outcome: str) -> Task | None:
    """Finish the open task of a key because what it asked for was done; None where none is open.

    Who did the deed was permitted to do that; no right to the task itself is asked. ``by`` is None
    where nobody did it and the task has become idle.
    """
    row = Task.objects.select_for_update().filter(key=key, state=TaskState.OPEN).first()
    if row is not None:
        _end(row, TaskState.DONE, by=by, at=at, outcome=outcome, seen=None)
    return row


@transaction.atomic
def own_task(*, key: str, owner: HasPublicId, at: datetime) -> Task | None:
    """Make who began the deed the owner of the open task of a key; None where none is open.

    As with ``settle_task`` they were permitted to do the deed, and no right to the task is asked.
    Who owns it already goes on owning it.
    """
    row = Task.objects.select_for_update().filter(key=key, state=TaskState.OPEN).first()
    if row is not None and row.owner is None:
        row.owner = owner.public_id
        row.save_version(fields=["owner"])
        _tell("task-taken", row, by=owner, at=at, detail={"from": None})
    return row


def _close(
    task: UUID,
    state: TaskState,
    *,
    by: Actor,
    at: datetime,
    on: date,
    outcome: str,
    seen: int | None,
) -> Task:
    row = _locked(task, by=by, on=on)
    if row.state == state:
        return row
    _must_be_open(row)
    check_can_close(row, by=by, on=on)
    _end(row, state, by=by, at=at, outcome=outcome, seen=seen)
    return row


def _end(
    row: Task,
    state: TaskState,
    *,
    by: HasPublicId | None,
    at: datetime,
    outcome: str,
    seen: int | None,
) -> None:
    row.state = state
    row.closed_at = at
    row.closed_by = None if by is None else by.public_id
    row.outcome = outcome.strip()
    row.save_version(seen=seen, fields=["state", "closed_at", "closed_by", "outcome"])
    _tell(f"task-{state}", row, by=by, at=at, detail={"kind": row.kind})


@transaction.atomic
def escalate_overdue(*, at: datetime) -> int:
    """Escalate every open task past its clock, once, and tell who holds the next role there.

    Returns how many were escalated.
    """
    late = Task.objects.filter(
        state=TaskState.OPEN, escalate_at__lte=at, escalated_at=None
    ).select_for_update(skip_locked=True)
    count = 0
    for task in late:
        task.escalated_at = at
        task.save_version(fields=["escalated_at"])
        _tell("task-escalated", task, by=None, at=at, detail={"to": task.escalate_to_role})
        for person in holders(task.escalate_to_role, site=task.site, on=_day_at(task.site, at)):
            notices.send_notice(
                to=person,
                template="task-escalated",
                subject=task,
                site=task.site,
                at=at,
                key=f"escalated:{task.public_id}:{person.public_id}",
                by_email=True,
            )
        count += 1
    return count


def _day_at(site: UUID, at: datetime) -> date:
    """Return the day it is at a site; tasks know sites by their public id only."""
    place: Any = apps.get_model("places", "Site").objects.filter(public_id=site).first()
    day: date = place.local_date(at) if place else at.date()
    return day


def holders(role: str, *, site: UUID, on: date) -> list[Any]:
    """Return the active accounts that hold a role at a site on a day."""
    here = Q(grants__site=None) | Q(grants__site__public_id=site)
    now = Q(grants__starts_on__lte=on) & (Q(grants__ends_on=None) | Q(grants__ends_on__gte=on))
    people = get_user_model().objects.filter(here & now & Q(grants__role=role), is_active=True)
    return list(people.distinct())


def may_close(row: Task, *, by: Actor, on: date) -> Decision:
    """Decide whether a person may take or end a task: its owner, or who holds a role it is for."""
    allowed = by.may(Action.DO_TASK, site=row.site, on=on)
    roles = by.roles_at(row.site, on=on)
    if row.owner == by.public_id or may_close_task(
        roles, owner_role=row.owner_role, escalate_to_role=row.escalate_to_role
    ):
        return allowed
    held = said_roles(roles)
    limit = said_roles({row.owner_role, row.escalate_to_role})
    return allowed & Decision.from_reasons(
        blocker(
            "TASK_OF_ANOTHER_ROLE",
            f"This task is for {limit}; your roles here ({held}) cannot take or end it.",
            seen=held,
            limit=limit,
        )
    )


def check_can_close(row: Task, *, by: Actor, on: date) -> None:
    """Guard the end of a task. Raises Forbidden with every reason."""
    decision = may_close(row, by=by, on=on)
    if decision.refused:
        raise Forbidden(decision)


def _locked(task: UUID, *, by: Actor, on: date) -> Task:
    row = Task.objects.select_for_update().get(public_id=task)
    check(Action.DO_TASK, by=by, site=row.site, on=on)
    return row


def _must_be_open(row: Task) -> None:
    if row.state != TaskState.OPEN:
        raise TaskIsClosed(
            "This task was already %(state)s at %(closed_at)s UTC. Nothing was changed.",
            state=row.state,
            closed_at=f"{row.closed_at:%d %b %Y %H:%M}",
        )


def _tell(
    event: str, task: Task, *, by: HasPublicId | None, at: datetime, detail: dict[str, Any]
) -> None:
    audit.record_ids(
        event, subject=task, by=by, at=at, site=task.site, patient=task.patient, detail=detail
    )
    publish(event, topic=task.site, subject=task.public_id, site=task.site, at=at)
