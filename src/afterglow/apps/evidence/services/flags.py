"""Flag the published texts that cite a record when the record changes."""

from __future__ import annotations

import datetime as dt

from django.db import models

from afterglow.apps.audit import services as audit
from afterglow.apps.evidence.models import Citation, Flag, Publication, Record, RecordVersion
from afterglow.apps.evidence.services.tasks import open_text_review
from afterglow.core.evidence.publishing import PublicationState
from afterglow.core.evidence.vocabulary import ClaimVerdict

LIVE = (PublicationState.IN_REVIEW, PublicationState.REVIEWED, PublicationState.PUBLISHED)


def flag_texts_citing(
    record: Record, *, version: RecordVersion | None, at: dt.datetime
) -> list[Flag]:
    """Flag every text under review or published that cites another version of the record.

    ``version`` is the one now in force, or None when the record was withdrawn. A text already
    flagged for the record keeps one flag, which then names the newest change.
    """
    made = []
    elsewhere = texts_citing(record)
    if version is not None:
        elsewhere = elsewhere.exclude(citations__version=version)
    for publication in elsewhere:
        cited = publication.citations.filter(record=record)
        flag, _new = Flag.objects.update_or_create(
            publication=publication,
            record=record,
            cleared_at=None,
            defaults={
                "version": version,
                "why": _why(record, version),
                "blocks": any(_blocks(each, version) for each in cited),
                "raised_at": at,
            },
        )
        made.append(flag)
        open_text_review(publication, at=at)
        detail = {"record": record.key, "version": None if version is None else version.number}
        audit.record("publication-flagged", subject=publication, by=None, at=at, detail=detail)
    return made


def texts_citing(record: Record) -> models.QuerySet[Publication]:
    """Return the texts under review or published that cite a record."""
    return Publication.objects.filter(state__in=LIVE, citations__record=record).distinct()


def _why(record: Record, version: RecordVersion | None) -> str:
    if version is None:
        return f"{record.key} was withdrawn"
    return f"{record.key} is now version {version.number}"


def _blocks(cited: Citation, version: RecordVersion | None) -> bool:
    if version is None:
        return True
    if cited.figure_key and version.figure(cited.figure_key) is None:
        return True
    wrong = bool(version.verdict) and ClaimVerdict(version.verdict).blocks
    return wrong and not cited.as_correction
