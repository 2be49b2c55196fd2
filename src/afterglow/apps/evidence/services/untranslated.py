"""Records whose words no translation says any more: each is a task until somebody translates it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.db import transaction

from afterglow.apps.evidence import queries
from afterglow.apps.evidence.models import Record
from afterglow.apps.evidence.services.tasks import first_site
from afterglow.apps.evidence.spoken import RECORDS_SPEAK
from afterglow.apps.work.models import Task, TaskState
from afterglow.apps.work.services import open_task

TRANSLATE_TASK: Final = "translate_evidence"


def other_languages() -> list[str]:
    """Return the languages that pages are shown in, besides that of the records."""
    return [code for code, _name in settings.LANGUAGES if code != RECORDS_SPEAK]


def open_translation_tasks() -> int:
    """Return how many records wait for a translation."""
    return Task.objects.filter(kind=TRANSLATE_TASK, state=TaskState.OPEN).count()


@transaction.atomic
def open_translations(*, at: dt.datetime, records: Iterable[Record] | None = None) -> int:
    """Open a task for every approved record that has no translation; say how many are new.

    Safe to repeat: one task a record, language and version. ``records`` asks of these only.
    Without a site there is nobody to do them and none is opened.
    """
    site = first_site()
    if site is None:
        return 0
    before = Task.objects.filter(kind=TRANSLATE_TASK).count()
    rows = queries.in_force() if records is None else [row for row in records if row.current]
    for language in other_languages():
        said = queries.spoken([row.current for row in rows if row.current], language)
        for row in rows:
            if row.current is not None and said[row.current.pk].missing:
                open_task(
                    kind=TRANSLATE_TASK,
                    subject=row,
                    site=site,
                    at=at,
                    by=None,
                    key=f"{TRANSLATE_TASK}:{row.public_id}:{language}:{row.current.number}",
                    title=f"Translate again ({language}): {row.key} {row.title}"[:200],
                )
    return Task.objects.filter(kind=TRANSLATE_TASK).count() - before
