"""Records that a language lacks or that a machine put into it: tasks for people.

Each record without a translation is a task. Those that came translated by machine with an edition
are shown at once; all of a language are one task, until a clinician has checked the last.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.db import transaction

from afterglow.apps.evidence import queries
from afterglow.apps.evidence.models import Record, Release
from afterglow.apps.evidence.services.tasks import first_site, settle_tasks
from afterglow.apps.evidence.spoken import RECORDS_SPEAK
from afterglow.apps.work.models import Task, TaskState
from afterglow.apps.work.services import open_task
from afterglow.db.models import PublicModel

TRANSLATE_TASK: Final = "translate_evidence"
CHECK_TASK: Final = "check_translations"


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


def unchecked_in(language: str) -> list[Release]:
    """Return the editions whose translations visitors read and no clinician has checked."""
    said = queries.spoken([row.current for row in queries.in_force() if row.current], language)
    drafts = [each.translation for each in said.values() if each.translation and each.unchecked]
    kept = {each.release_id for each in drafts if each.release_id is not None}
    return list(Release.objects.filter(pk__in=kept).order_by("pk"))


@transaction.atomic
def open_translation_checks(*, at: dt.datetime) -> int:
    """Ask a clinician to check what came translated by machine; say how many tasks are new.

    Safe to repeat: one task an edition and language.
    """
    site = first_site()
    if site is None:
        return 0
    before = Task.objects.filter(kind=CHECK_TASK).count()
    for language in other_languages():
        for release in unchecked_in(language):
            key = _check_key(release, language)
            open_task(kind=CHECK_TASK, subject=release, site=site, at=at, by=None, key=key)
    return Task.objects.filter(kind=CHECK_TASK).count() - before


def settle_translation_checks(language: str, *, by: PublicModel, at: dt.datetime) -> None:
    """Finish the task of every edition whose last translation was just checked."""
    waiting = Task.objects.filter(kind=CHECK_TASK, state=TaskState.OPEN).values("subject")
    asked = list(Release.objects.filter(public_id__in=waiting))
    if not asked:
        return
    unchecked = unchecked_in(language)
    for release in asked:
        if release not in unchecked:
            settle_tasks(
                kind=CHECK_TASK,
                subject=release,
                by=by,
                at=at,
                outcome="Every translation was checked.",
                key=_check_key(release, language),
            )


def _check_key(release: Release, language: str) -> str:
    return f"{CHECK_TASK}:{release.public_id}:{language}"
