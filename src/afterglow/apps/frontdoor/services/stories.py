"""Keep the consent of a person who tells their story, and take it back at once when they say so."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.frontdoor.models import Story
from afterglow.core.cited import Section
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.writing import refuse_results
from afterglow.core.frontdoor import StoryOutcome, StoryScope
from afterglow.core.permission import check
from afterglow.core.roles import Action

FILE: Final = Path(__file__).resolve().parents[3] / "data" / "frontdoor" / "story_consent.json"


@dataclass(frozen=True, slots=True)
class ConsentForm:
    """What a person signs: its version and its words by language."""

    version: int
    words: Mapping[str, str]

    def sha256(self, language: str) -> str:
        """Return what names the very words that were signed."""
        return hashlib.sha256(self.words[language].encode()).hexdigest()


@lru_cache(maxsize=1)
def _body() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def consent_forms() -> tuple[ConsentForm, ...]:
    """Return every version of the form, newest first."""
    found = [
        ConsentForm(each["version"], {code: each[code] for code in ("en", "es")})
        for each in _body()["versions"]
    ]
    return tuple(sorted(found, key=lambda each: -each.version))


def longest_consent() -> dt.timedelta:
    """Return for how long a story may be told before the person is asked again."""
    days = Section("story_consent", _body()).number("longest_days", unit="d")
    return dt.timedelta(days=int(days))


@transaction.atomic
def keep_story(
    *,
    slug: str,
    language: str,
    told_by: str,
    outcome: StoryOutcome,
    consent_version: int,
    consent_signed_on: dt.date,
    consent_until: dt.date,
    consent_scope: StoryScope,
    consent_kept_at: str,
    by: Account,
    at: dt.datetime,
    on: dt.date,
) -> Story:
    """Keep a signed consent; only then can words be written under it. Nothing is visible by this.

    Raises InvalidValue for a consent that is not signed yet, ends too late, or has no paper, and
    for a number in what no reviewer reads.
    """
    check(Action.WRITE_PAGE, by=by, site=None, on=on)
    form = next((each for each in consent_forms() if each.version == consent_version), None)
    if form is None:
        raise InvalidValue(
            "There is no version %(seen)s of the consent to a story.", seen=consent_version
        )
    if consent_signed_on > on:
        raise InvalidValue(
            "The consent is said to be signed on %(seen)s; today is %(today)s.",
            seen=consent_signed_on.isoformat(),
            today=on.isoformat(),
        )
    last = consent_signed_on + longest_consent()
    if not consent_signed_on <= consent_until <= last:
        raise InvalidValue(
            "%(seen)s cannot be the last day; a consent signed on %(signed)s lasts until "
            "%(limit)s at most.",
            seen=consent_until.isoformat(),
            signed=consent_signed_on.isoformat(),
            limit=last.isoformat(),
        )
    for words in (slug, told_by):
        refuse_results(words, loose=True)  # no reviewer reads these
    if not consent_kept_at.strip():
        raise InvalidValue("Say where the signed paper lies; without one there is no story.")
    if Story.objects.filter(slug=slug, language=language).exists():
        raise InvalidValue("There is a story '%(slug)s' already; choose another.", slug=slug)
    row = Story.objects.create(
        slug=slug,
        language=language,
        told_by=told_by.strip(),
        outcome=outcome,
        consent_version=form.version,
        consent_sha256=form.sha256(language),
        consent_signed_on=consent_signed_on,
        consent_until=consent_until,
        consent_scope=consent_scope,
        consent_kept_at=consent_kept_at.strip(),
        recorded_by=by,
        recorded_at=at,
    )
    audit.record("story-kept", subject=row, by=by, at=at, detail={"key": row.key})
    return row


@transaction.atomic
def take_back(*, story: UUID, by: Account, at: dt.datetime, on: dt.date) -> Story:
    """Take a story down, because the person said so: at once and for good. Twice is once."""
    check(Action.WRITE_PAGE, by=by, site=None, on=on)
    row = Story.objects.select_for_update().get(public_id=story)
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_by = at, by
        row.save_version(fields=["withdrawn_at", "withdrawn_by"])
        audit.record("story-taken-back", subject=row, by=by, at=at, detail={"key": row.key})
    return row
