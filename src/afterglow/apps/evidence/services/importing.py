"""Bring an edition of the files into the records: complete, versioned, safe to repeat."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

from afterglow.apps.audit import services as audit
from afterglow.apps.evidence.files import FOLDER, Edition, edition, review_intervals
from afterglow.apps.evidence.models import (
    Check,
    Record,
    RecordTranslation,
    RecordVersion,
    Release,
)
from afterglow.core.evidence.library import Entry, content_hash
from afterglow.core.evidence.translating import fits, public_words
from afterglow.core.evidence.vocabulary import RecordKind

_ONE_IMPORT = 7_215_006  # names this kind of advisory lock within the database


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, by record key. ``missing`` are records this edition no longer has.

    ``translated`` counts the translations added; ``untranslated`` names what has words that no
    translation of the edition says, as ``C01 es``.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    unchanged: int
    translated: int = 0
    untranslated: tuple[str, ...] = ()


@transaction.atomic
def import_release(*, at: dt.datetime, folder: Path = FOLDER) -> Imported:
    """Import an edition: new records, and a new version of each record that differs. Repeatable.

    Nothing is approved by an import and nothing is deleted: what is published stays on the version
    that a person approved. What staff wrote stays; the edition's version is added after it only
    when the edition itself changed. Raises InvalidValue for a file that breaks a rule.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_IMPORT])
    source = edition(folder)
    release, is_new = Release.objects.get_or_create(
        sha256=source.sha256,
        defaults={
            "name": source.name,
            "compiled_on": source.compiled_on,
            "attribution": source.attribution,
            "meta": source.evidence["meta"],
            "imported_at": at,
        },
    )
    changed, unchanged = [], 0
    known = {row.key: row for row in Record.objects.select_for_update()}
    new = [entry for entry in source.records if entry.key not in known]
    _add_records(new, source, release, at=at)
    added = [entry.key for entry in new]
    for entry in source.records:
        row = known.get(entry.key)
        if row is None:
            continue
        if _add_version_if_new(row, entry, source, release, at=at):
            changed.append(entry.key)
        else:
            unchanged += 1
    missing = _no_longer_there(source)
    translated, untranslated = _add_translations(source, release, at=at)
    if is_new or added or changed or translated:
        detail = {
            "sha256": release.sha256,
            "added": len(added),
            "changed": changed,
            "missing": list(missing),
            "translated": translated,
            "untranslated": list(untranslated),
        }
        audit.record("evidence-imported", subject=release, by=None, at=at, detail=detail)
    return Imported(tuple(added), tuple(changed), missing, unchanged, translated, untranslated)


def _add_records(new: list[Entry], source: Edition, release: Release, *, at: dt.datetime) -> None:
    rows = Record.objects.bulk_create(
        Record(
            kind=entry.kind,
            key=entry.key,
            position=entry.position,
            title=entry.title,
            next_review_on=source.compiled_on + review_intervals()[entry.kind],
            created_at=at,
        )
        for entry in new
    )
    versions = RecordVersion.objects.bulk_create(
        _version(row, entry, release, number=1, at=at) for row, entry in zip(rows, new, strict=True)
    )
    Check.objects.bulk_create(_check(version, source, at=at) for version in versions)


def _add_version_if_new(
    row: Record, entry: Entry, source: Edition, release: Release, *, at: dt.datetime
) -> bool:
    imported = row.versions.filter(release__isnull=False).order_by("-number").first()
    if imported is not None and imported.sha256 == entry.sha256:
        return False
    newest = row.versions.order_by("-number").first()
    number = 1 if newest is None else newest.number + 1
    version = _version(row, entry, release, number=number, at=at)
    version.save(force_insert=True)
    _check(version, source, at=at).save(force_insert=True)
    row.position, row.title = entry.position, entry.title
    row.save_version(fields=["position", "title"])
    return True


def _version(
    row: Record, entry: Entry, release: Release, *, number: int, at: dt.datetime
) -> RecordVersion:
    return RecordVersion(
        record=row,
        number=number,
        title=entry.title,
        body=dict(entry.body),
        curation=dict(entry.curation),
        sha256=entry.sha256,
        verdict=entry.verdict or "",
        status=entry.status,
        release=release,
        created_at=at,
    )


def _check(version: RecordVersion, source: Edition, *, at: dt.datetime) -> Check:
    interval = review_intervals()[RecordKind(version.record.kind)]
    return Check(
        version=version,
        checked_by=f"{source.evidence['meta']['title']}, {source.compiled_on:%d %b %Y}"[:200],
        checked_on=source.compiled_on,
        next_review_on=source.compiled_on + interval,
        recorded_at=at,
    )


def _add_translations(
    source: Edition, release: Release, *, at: dt.datetime
) -> tuple[int, tuple[str, ...]]:
    """Add what the edition says of each record in each language, where it differs from before."""
    rows = {row.key: row for row in Record.objects.all()}
    made, untranslated = [], []
    for each in source.translations:
        before: dict[int, list[RecordTranslation]] = {}
        for old in RecordTranslation.objects.filter(language=each.language).order_by("number"):
            before.setdefault(old.record_id, []).append(old)
        for entry in source.records:
            words = public_words(entry.kind, entry.key, entry.body, entry.curation)
            if not words:
                continue
            if not fits(each.texts, words):
                untranslated.append(f"{entry.key} {each.language}")
                continue
            row = rows[entry.key]
            texts = {said: each.texts[said] for said in words}
            old_rows = before.get(row.pk, [])
            shipped = [old for old in old_rows if old.release_id is not None]
            if shipped and shipped[-1].sha256 == content_hash(texts, {}):
                continue
            made.append(
                RecordTranslation(
                    record=row,
                    language=each.language,
                    number=old_rows[-1].number + 1 if old_rows else 1,
                    texts=texts,
                    sha256=content_hash(texts, {}),
                    origin=each.origin,
                    translated_by=each.translated_by[:200],
                    translated_on=each.translated_on,
                    release=release,
                    created_at=at,
                    note=each.note[:500],
                )
            )
    RecordTranslation.objects.bulk_create(made)
    return len(made), tuple(untranslated)


def _no_longer_there(source: Edition) -> tuple[str, ...]:
    here = [entry.key for entry in source.records]
    gone = Record.objects.filter(versions__release__isnull=False).exclude(key__in=here)
    return tuple(gone.distinct().order_by("key").values_list("key", flat=True))
