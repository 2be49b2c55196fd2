"""The work that the library asks for: where its tasks stand, and that they end when it is done."""

from __future__ import annotations

import datetime as dt
from typing import Final

from afterglow.apps.audit import services as audit
from afterglow.apps.evidence.models import Publication
from afterglow.apps.places.models import Site
from afterglow.apps.work.models import Task, TaskState
from afterglow.apps.work.services import open_task
from afterglow.core.evidence.publishing import PublicationState
from afterglow.db.models import PublicModel

TEXT_TASK: Final = "review_text"


def first_site() -> Site | None:
    """Return on whose list the library's tasks stand: they belong to no site of their own."""
    return Site.objects.filter(is_active=True).order_by("pk").first()


def open_text_review(publication: Publication, *, at: dt.datetime) -> None:
    """Ask for a published text to be reviewed again; one task until somebody signs it."""
    site = first_site()
    if site is None or publication.state != PublicationState.PUBLISHED:
        return
    open_task(
        kind=TEXT_TASK,
        subject=publication,
        site=site,
        at=at,
        by=None,
        key=f"{TEXT_TASK}:{publication.public_id}:{publication.reviewed_at:%Y-%m-%dT%H:%M:%S.%f}",
        title=f"Review again: {publication.title}"[:200],
    )


def open_due_texts(*, at: dt.datetime, on: dt.date) -> int:
    """Open a task for every published text whose review is due by ``on``; say how many are new."""
    before = Task.objects.filter(kind=TEXT_TASK).count()
    due = Publication.objects.filter(state=PublicationState.PUBLISHED, next_review_on__lte=on)
    for publication in due:
        open_text_review(publication, at=at)
    return Task.objects.filter(kind=TEXT_TASK).count() - before


def settle_tasks(
    *,
    kind: str,
    subject: PublicModel,
    by: PublicModel,
    at: dt.datetime,
    outcome: str,
    key: str = "",
) -> None:
    """Finish the open tasks of a kind about a row, because what they ask for was done."""
    waiting = Task.objects.select_for_update().filter(
        kind=kind, subject=subject.public_id, state=TaskState.OPEN, key__startswith=key
    )
    for task in waiting:
        task.state, task.closed_at, task.closed_by = TaskState.DONE, at, by.public_id
        task.outcome = outcome
        task.save_version(fields=["state", "closed_at", "closed_by", "outcome"])
        audit.record("task-done", subject=task, by=by, at=at, detail={"kind": task.kind})
