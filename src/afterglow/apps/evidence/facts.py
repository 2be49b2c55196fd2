"""Facts out of the rows, for the rules of the evidence library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterglow.apps.evidence.models import (
    Publication,
    Record,
    RecordTranslation,
    RecordVersion,
)
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.publishing import (
    Block,
    CitedRecord,
    PublicationFacts,
    PublicationState,
    VersionFacts,
)
from afterglow.core.evidence.translating import TranslationFacts, fits, stated_numbers
from afterglow.core.evidence.vocabulary import ClaimVerdict, FactStatus
from afterglow.core.evidence.writing import CITATION, CitationRef, citations_in

TITLE = "title"
"""The anchor of a text's title, which is judged like any block."""


def version_facts(version: RecordVersion, record: Record) -> VersionFacts:
    """Return what decides whether a version may be approved."""
    writer = version.created_by
    shipped = record.versions.filter(release__isnull=False).select_related("record").first()
    before = () if shipped is None else (shipped.title, *shipped.public_words)
    return VersionFacts(
        name=f"{record.key} version {version.number}",
        status=FactStatus(version.status),
        writer="" if writer is None else str(writer.public_id),
        withdrawn=record.is_withdrawn,
        stated=stated_numbers(
            (version.title, *version.public_words), version.figures, before=before
        ),
    )


def translation_facts(translation: RecordTranslation) -> TranslationFacts:
    """Return what decides whether a translation may be signed as checked."""
    writer = translation.created_by
    record = translation.record
    version = record.current or newest_of(record)
    return TranslationFacts(
        name=f"{record.key} {translation.language} {translation.number}",
        translator="" if writer is None else str(writer.public_id),
        fits=fits(translation.texts, version.public_words),
    )


def newest_of(record: Record) -> RecordVersion:
    """Return a record's newest version, approved or not."""
    found = record.versions.select_related("record").order_by("-number").first()
    if found is None:
        raise InvalidValue("The record %(key)s has no version.", key=record.key)
    return found


def publication_facts(publication: Publication, *, reviewing: bool = False) -> PublicationFacts:
    """Return what decides whether a text may be reviewed or published.

    ``reviewing`` asks for the facts that a reviewer judges: against the records as they stand now,
    whatever versions were cited before.
    """
    pinned = {
        each.record.key: None if each.version is None else each.version.number
        for each in publication.citations.select_related("record", "version")
    }
    records = records_cited(publication.blocks)
    title = {"anchor": TITLE, "text": publication.title}
    blocks = tuple(
        _block(each, records, {} if reviewing else pinned) for each in (title, *publication.blocks)
    )
    reviewer = publication.reviewer
    return PublicationFacts(
        state=PublicationState(publication.state),
        blocks=blocks,
        content_sha256=publication.content_sha256,
        reviewed_sha256=publication.reviewed_sha256,
        author=str(publication.author.public_id),
        reviewer="" if reviewer is None else str(reviewer.public_id),
        flags=tuple(flag.why for flag in publication.flags.filter(cleared_at=None)),
        written=any(block.text.strip() or block.cited for block in blocks[1:]),
    )


def refs_of(block: Mapping[str, Any]) -> tuple[CitationRef, ...]:
    """Return everything a block cites: in its words, then beside them; each once."""
    beside = tuple(
        CitationRef(found["record"], found["figure"] or "")
        for ref in block.get("cites", ())
        if (found := CITATION.fullmatch(f"[[{ref}]]"))
    )
    unique = {ref.ref: ref for ref in (*citations_in(block.get("text", "")), *beside)}
    return tuple(unique.values())


def records_cited(blocks: list[dict[str, Any]]) -> dict[str, Record]:
    """Return the records that blocks cite, by key; one that does not exist is not in it."""
    keys = {ref.record for block in blocks for ref in refs_of(block)}
    rows = Record.objects.filter(key__in=keys).select_related("current__record")
    return {row.key: row for row in rows}


def _block(
    block: Mapping[str, Any], records: Mapping[str, Record], pinned: Mapping[str, int | None]
) -> Block:
    corrects = bool(block.get("corrects"))
    return Block(
        text=block.get("text", ""),
        cited=tuple(
            _cited(ref, records.get(ref.record), pinned.get(ref.record), corrects)
            for ref in refs_of(block)
        ),
        is_comparison=bool(block.get("comparison")),
    )


def _cited(
    ref: CitationRef, record: Record | None, cited_version: int | None, corrects: bool
) -> CitedRecord:
    if record is None:
        return CitedRecord(ref.ref, exists=False)
    current = record.current
    # An unapproved record's figure is still judged against what stands beside it.
    version = current or record.versions.select_related("record").order_by("-number").first()
    verdict = version.verdict if version is not None else ""
    return CitedRecord(
        key=record.key,
        approved_version=None if current is None else current.number,
        cited_version=cited_version,
        verdict=ClaimVerdict(verdict) if verdict else None,
        status=FactStatus(version.status) if version is not None else FactStatus.FROM_MEMORY,
        withdrawn=record.is_withdrawn,
        next_review_on=record.next_review_on,
        as_correction=corrects,
        figure_key=ref.figure,
        figure=version.figure(ref.figure) if version is not None and ref.figure else None,
        figure_keys=tuple(each.key for each in version.figures) if version is not None else (),
    )
