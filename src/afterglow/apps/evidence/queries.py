"""Read records and the texts that cite them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from afterglow.apps.evidence.files import official_hosts
from afterglow.apps.evidence.models import (
    Check,
    Citation,
    Flag,
    Publication,
    Record,
    RecordSignature,
    RecordTranslation,
    RecordVersion,
)
from afterglow.apps.evidence.spoken import RECORDS_SPEAK, Spoken
from afterglow.core.evidence.figures import Figure
from afterglow.core.evidence.publishing import PublicationState
from afterglow.core.evidence.translating import PUBLIC_KINDS, fits
from afterglow.core.evidence.trials import Trial
from afterglow.core.evidence.vocabulary import ClaimVerdict, FactStatus, RecordKind
from afterglow.core.evidence.writing import citations_in


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One line of the library: the record, what it says now, and how it stands."""

    record: Record
    newest: RecordVersion
    due: bool

    @property
    def approved(self) -> bool:
        """Whether a version is in force."""
        return self.record.current_id is not None

    @property
    def waits(self) -> bool:
        """Whether a newer version than the one in force waits for approval."""
        return self.newest.pk != self.record.current_id


def library(
    *,
    on: dt.date,
    kind: str = "",
    verdict: str = "",
    status: str = "",
    standing: str = "",
    words: str = "",
) -> list[RecordLine]:
    """Return the records that match every filter given, in the order of their files.

    ``standing`` is approved, waiting, withdrawn or due.
    """
    rows = Record.objects.all()
    if kind:
        rows = rows.filter(kind=kind)
    if words:
        rows = rows.filter(Q(key__iexact=words) | Q(title__icontains=words))
    match standing:
        case "approved":
            rows = rows.filter(current__isnull=False)
        case "withdrawn":
            rows = rows.filter(is_withdrawn=True)
        case "due":
            rows = rows.filter(next_review_on__lte=on, is_withdrawn=False)
    newest = newest_versions(rows)
    lines = [
        RecordLine(row, newest[row.pk], due=row.next_review_on <= on and not row.is_withdrawn)
        for row in rows
    ]
    return [
        line
        for line in lines
        if (not verdict or line.newest.verdict == verdict)
        and (not status or line.newest.status == status)
        and (standing != "waiting" or (line.waits and not line.record.is_withdrawn))
    ]


def newest_versions(records: Iterable[Record]) -> dict[int, RecordVersion]:
    """Return the newest version of each record, by the record's primary key."""
    keys = [row.pk for row in records]
    found = (
        RecordVersion.objects.filter(record__in=keys)
        .select_related("record")
        .order_by("record_id", "-number")
        .distinct("record_id")
    )
    return {version.record_id: version for version in found}


def counts_by_kind() -> dict[str, int]:
    """Return how many records there are of each kind."""
    found = Record.objects.order_by().values_list("kind").annotate(number=Count("pk"))
    return dict(found)


def due_for_review(*, on: dt.date) -> list[RecordLine]:
    """Return what is due for review by ``on``, longest due first."""
    lines = library(on=on, standing="due")
    return sorted(lines, key=lambda line: (line.record.next_review_on, line.record.key))


def texts_citing(record: Record) -> QuerySet[Publication]:
    """Return every text, in any state but superseded and withdrawn, that cites a record."""
    ended = (PublicationState.SUPERSEDED, PublicationState.WITHDRAWN)
    found = Publication.objects.exclude(state__in=ended).filter(citations__record=record)
    return found.distinct()


def flagged_texts() -> list[Publication]:
    """Return the published texts that wait for a new review because a record changed."""
    found = Publication.objects.filter(
        state=PublicationState.PUBLISHED, flags__cleared_at__isnull=True, flags__isnull=False
    )
    return list(found.distinct())


def open_flags(publication: Publication) -> list[Flag]:
    """Return what changed since a text was reviewed."""
    return list(publication.flags.filter(cleared_at=None).select_related("record", "version"))


def published(key: str) -> Publication | None:
    """Return the published version of a text, or None."""
    return Publication.objects.filter(key=key, state=PublicationState.PUBLISHED).first()


@dataclass(frozen=True, slots=True)
class ShownCitation:
    """What a page shows for one citation: the number and its record, or that it is withheld."""

    citation: Citation
    record: Record
    version: RecordVersion | None
    figure: Figure | None
    withheld: bool

    @property
    def ref(self) -> str:
        """How the text cites it."""
        return str(self.citation)


def public_addresses(version: RecordVersion) -> tuple[str, ...]:
    """Return where a visitor is sent for a record: its DOI or official page, never a mirror."""
    return official_hosts().official(version.body, version.addresses)


def is_record(key: str) -> bool:
    """Whether a record of this key was ever written, withdrawn or not."""
    return Record.objects.filter(key=key).exists()


def shown_citations(publication: Publication) -> dict[str, ShownCitation]:
    """Return what a text may show for each of its citations, by ref.

    A number is shown from the version that was reviewed. It is withheld when its record was
    withdrawn, turned out wrong, or no longer has the figure; it is never replaced silently by
    another number.
    """
    blocked = set(
        publication.flags.filter(cleared_at=None, blocks=True).values_list("record_id", flat=True)
    )
    shown = {}
    for each in publication.citations.select_related("record", "version__record"):
        version = each.version
        figure = version.figure(each.figure_key) if version and each.figure_key else None
        missing = version is None or (bool(each.figure_key) and figure is None)
        shown[str(each)] = ShownCitation(
            each, each.record, version, figure, withheld=missing or each.record_id in blocked
        )
    return shown


def approved_trials() -> list[Trial]:
    """Return every trial as its version in force describes it."""
    rows = Record.objects.filter(kind=RecordKind.TRIAL, current__isnull=False)
    return [row.current.trial for row in rows.select_related("current") if row.current]


def newest_trials() -> dict[str, tuple[Trial, RecordVersion]]:
    """Return every trial as its newest version describes it, approved or not, by key."""
    rows = Record.objects.filter(kind=RecordKind.TRIAL, is_withdrawn=False)
    return {
        version.record.key: (version.trial, version) for version in newest_versions(rows).values()
    }


def what_is_often_said() -> list[RecordVersion]:
    """Return the approved claims that are not supported, to be shown only with the correction."""
    rows = RecordVersion.objects.filter(
        record__current=F("pk"), record__kind=RecordKind.CLAIM
    ).exclude(verdict__in=["", ClaimVerdict.SUPPORTED])
    return list(rows.select_related("record").order_by("record__position"))


def confirmable() -> list[RecordVersion]:
    """Return the newest versions that wait for approval and are not wholly from memory."""
    newest = newest_versions(Record.objects.filter(is_withdrawn=False, current=None))
    return [
        version
        for version in sorted(newest.values(), key=lambda each: each.record.key)
        if version.status != FactStatus.FROM_MEMORY
    ]


def signatures_of(record: Record) -> list[RecordSignature]:
    """Return who approved or withdrew which version of a record, newest first."""
    found = RecordSignature.objects.filter(version__record=record).select_related("version")
    return list(found)


def checks_of(record: Record) -> list[Check]:
    """Return who read a record against its sources, newest first."""
    return list(Check.objects.filter(version__record=record).select_related("version"))


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of the list of texts."""

    text: Publication
    flags: tuple[Flag, ...]
    due: bool


def text_lines(*, on: dt.date) -> list[TextLine]:
    """Return the texts that are not over, flagged ones first, then by key."""
    ended = (PublicationState.SUPERSEDED, PublicationState.WITHDRAWN)
    rows = Publication.objects.exclude(state__in=ended).prefetch_related("flags__record")
    lines = [
        TextLine(
            row,
            tuple(flag for flag in row.flags.all() if flag.cleared_at is None),
            due=row.next_review_on is not None and row.next_review_on <= on,
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: (not line.flags, not line.due, line.text.key))


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text: plain words, or a citation with what it shows."""

    words: str = ""
    ref: str = ""
    shown: ShownCitation | None = None


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """One block of a text in pieces, and what is cited beside it."""

    anchor: str
    pieces: tuple[Piece, ...]
    beside: tuple[Piece, ...]
    corrects: bool
    comparison: bool


def shown_blocks(publication: Publication) -> list[ShownBlock]:
    """Return a text's blocks with every citation turned into what it may show."""
    shown = shown_citations(publication)
    blocks = []
    for block in publication.blocks:
        text, at = block.get("text", ""), 0
        pieces: list[Piece] = []
        for ref in citations_in(text):
            pieces.append(Piece(words=text[at : ref.at]))
            pieces.append(Piece(ref=ref.ref, shown=shown.get(ref.ref)))
            at = ref.at + len(ref.written)
        pieces.append(Piece(words=text[at:]))
        blocks.append(
            ShownBlock(
                block["anchor"],
                tuple(piece for piece in pieces if piece.words or piece.ref),
                tuple(Piece(ref=ref, shown=shown.get(ref)) for ref in block.get("cites", ())),
                bool(block.get("corrects")),
                bool(block.get("comparison")),
            )
        )
    return blocks


def in_force() -> list[Record]:
    """Return every record with an approved version."""
    return list(Record.objects.filter(current__isnull=False).select_related("current__record"))


def words_to_translate(record: Record) -> tuple[str, ...]:
    """Return every public text of what is in force and of what waits for approval, each once."""
    newest = record.versions.select_related("record").order_by("-number").first()
    versions = [each for each in (record.current, newest) if each is not None]
    return tuple(dict.fromkeys(words for each in versions for words in each.public_words))


def spoken(versions: Iterable[RecordVersion], language: str) -> dict[int, Spoken]:
    """Return each version in a language, by its primary key.

    What a person wrote here is shown once another person checked it; what came with an edition
    is shown at once and says that nobody did. The checked one comes first, then the newest.
    """
    rows = list(versions)
    kept: dict[int, list[RecordTranslation]] = {}
    if language != RECORDS_SPEAK:
        found = RecordTranslation.objects.filter(
            language=language, record__in={row.record_id for row in rows}
        ).prefetch_related("checks")
        for each in found.order_by("-number"):
            if each.release_id is not None or each.checks.all():
                kept.setdefault(each.record_id, []).append(each)
    return {row.pk: _spoken(row, language, kept.get(row.record_id, [])) for row in rows}


def _spoken(row: RecordVersion, language: str, known: list[RecordTranslation]) -> Spoken:
    fitting = [each for each in known if fits(each.texts, row.public_words)]
    best = next((each for each in fitting if each.checks.all()), None)
    best = best or (fitting[0] if fitting else None)
    checks = list(best.checks.all()) if best is not None else []
    return Spoken(row, language, best, checks[0] if checks else None)


@dataclass(frozen=True, slots=True)
class TranslationLine:
    """One record in the list of translations: how it is shown, and what waits for a check."""

    record: Record
    spoken: Spoken
    waiting: RecordTranslation | None

    @property
    def standing(self) -> str:
        """missing, waiting, drafted or checked."""
        if self.waiting is not None:
            return "waiting"
        if self.spoken.missing:
            return "missing"
        return "checked" if self.spoken.check is not None else "drafted"


def translation_lines(language: str, *, standing: str = "") -> list[TranslationLine]:
    """Return how every record that visitors may read stands in a language, work to do first.

    A record without an approved version is looked at as its newest version says it.
    """
    rows = Record.objects.filter(kind__in=PUBLIC_KINDS, is_withdrawn=False)
    records = list(rows.select_related("current__record"))
    newest = newest_versions(records)
    versions = {row.pk: row.current or newest[row.pk] for row in records}
    said = spoken(versions.values(), language)
    waiting: dict[int, RecordTranslation] = {}
    unchecked = RecordTranslation.objects.filter(
        language=language, release__isnull=True, checks__isnull=True
    )
    for each in unchecked.order_by("number"):
        waiting[each.record_id] = each
    lines = []
    for row in records:
        version = versions[row.pk]
        mine = waiting.get(row.pk)
        if mine is not None and not fits(mine.texts, version.public_words):
            mine = None
        if version.public_words:
            lines.append(TranslationLine(row, said[version.pk], mine))
    first = {"missing": 0, "waiting": 1}
    lines.sort(key=lambda line: first.get(line.standing, 2))
    return [line for line in lines if not standing or line.standing == standing]
