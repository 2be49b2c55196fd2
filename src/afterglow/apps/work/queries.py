"""Read tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from afterglow.apps.audit.queries import names_of
from afterglow.apps.work.kinds import kinds
from afterglow.apps.work.models import Task, TaskState

Namer = Callable[[Sequence[Task]], Mapping[UUID, str]]
"""Says what tasks are about, by their public id; one it does not know it leaves out."""

_namers: list[Namer] = []


def tell_what_tasks_are_about(namer: Namer) -> None:
    """Let an app above, which knows patients and sessions, put words to tasks (at start-up)."""
    if namer not in _namers:
        _namers.append(namer)


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One line of the task list."""

    task: Task
    owner_name: str
    overdue: bool
    may_close: bool
    about: str = ""
    """Whom or what it is about, in words."""

    @property
    def url(self) -> str:
        """Where what it is about is shown, or nothing."""
        kind = kinds().get(self.task.kind)
        return reverse(kind.page, args=[self.task.subject]) if kind and kind.page else ""


def open_tasks(
    *, site: UUID, at: datetime, may_close: Callable[[Task], bool] = lambda task: True
) -> list[TaskLine]:
    """Return a site's open tasks: escalated first, then by the time they are due.

    ``may_close`` says whether the reader may take or end one: what a button asks.
    """
    tasks = list(
        Task.objects.filter(site=site, state=TaskState.OPEN).order_by("escalated_at", "due_at")
    )
    names = names_of(task.owner for task in tasks)
    about: dict[UUID, str] = {}
    for namer in _namers:
        about |= namer(tasks)
    return [
        TaskLine(
            task,
            names.get(task.owner, ""),
            overdue=task.due_at < at,
            may_close=may_close(task),
            about=about.get(task.public_id, ""),
        )
        for task in tasks
    ]


def open_tasks_about(subject: UUID) -> list[Task]:
    """Return the open tasks about one row."""
    return list(Task.objects.filter(subject=subject, state=TaskState.OPEN).order_by("due_at"))


def open_tasks_of_patient(patient: UUID) -> list[Task]:
    """Return the open tasks about a patient, whatever their subject."""
    return list(Task.objects.filter(patient=patient, state=TaskState.OPEN).order_by("due_at"))
