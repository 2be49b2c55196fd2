"""A publication as a visitor sees it: sections, numbered sources, numbers with what they mean."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from afterglow.apps.evidence import queries as evidence
from afterglow.apps.evidence.models import Publication, RecordVersion
from afterglow.apps.evidence.queries import ShownCitation
from afterglow.apps.evidence.spoken import Spoken
from afterglow.apps.evidence.templatetags.evidence import figure_value
from afterglow.apps.frontdoor import markup, queries
from afterglow.apps.frontdoor.illustrations import ILLUSTRATIONS
from afterglow.apps.frontdoor.models import Picture, Story
from afterglow.apps.frontdoor.ours import PROTOCOL, our_number
from afterglow.core.evidence.figures import Figure
from afterglow.core.evidence.vocabulary import FigureMeasure
from afterglow.core.frontdoor import BlockKind, StoryScope, kind_of_anchor
from afterglow.web import clock

HIDDEN: Final = frozenset({BlockKind.DESCRIPTION})


@dataclass(slots=True)
class Source:
    """One record in the list of sources at the end of a page, under its number there."""

    number: int
    version: RecordVersion
    said: Spoken
    figures: list[Figure] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What the record says: for a claim its right wording, for any other its name."""
        return self.said.words

    @property
    def language(self) -> str:
        """The language that its words are shown in."""
        return self.said.language

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the source itself stands: never the copy at which somebody read it."""
        by_host = {each.split("/")[2]: each for each in reversed(self._all_addresses)}
        return tuple(reversed(by_host.values()))

    @property
    def _all_addresses(self) -> tuple[str, ...]:
        return evidence.public_addresses(self.version)


@dataclass(frozen=True, slots=True)
class Shown:
    """One part of a section, its words already safe HTML."""

    kind: str
    words: SafeString | str = ""
    lines: tuple[SafeString, ...] = ()
    rows: tuple[tuple[SafeString, ...], ...] = ()
    url: str = ""
    name: str = ""

    @property
    def is_strip(self) -> bool:
        """Whether it is a drawing with words in it, told as the list that it is."""
        return self.name.endswith(".html")


@dataclass(frozen=True, slots=True)
class IconArray:
    """A hundred people, ``filled`` of them in colour; always a whole number, rounded half up."""

    ref: str
    figure: Figure
    filled: int
    number: int
    language: str

    @property
    def dots(self) -> list[tuple[int, int, bool]]:
        """The column, the row and the colour of each of the hundred."""
        return [(at % 10 * 12 + 6, at // 10 * 12 + 6, at < self.filled) for at in range(100)]


@dataclass(frozen=True, slots=True)
class Section:
    """One block of a page. ``records`` are those cited beside it; ``notes`` explain its numbers."""

    kind: BlockKind
    anchor: str
    heading: SafeString | str
    parts: tuple[Shown, ...]
    notes: tuple[tuple[Source, Figure], ...]
    arrays: tuple[IconArray, ...]
    records: tuple[tuple[Source, ShownCitation], ...]

    @property
    def pictures(self) -> tuple[Shown, ...]:
        """Its pictures, for a page's head, where they stand beside the words."""
        return tuple(part for part in self.parts if part.kind == "picture")

    @property
    def words(self) -> tuple[Shown, ...]:
        """Everything but its pictures."""
        return tuple(part for part in self.parts if part.kind != "picture")


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A whole page: title, what it is about in a sentence, sections, sources."""

    publication: Publication
    language: str
    description: str
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]

    @property
    def translated(self) -> tuple[Source, ...]:
        """The sources whose words were translated, checked or not."""
        return tuple(each for each in self.sources if each.said.translation is not None)

    @property
    def unchecked(self) -> tuple[Source, ...]:
        """The sources whose translation no clinician has checked."""
        return tuple(each for each in self.sources if each.said.unchecked)

    @property
    def untranslated(self) -> tuple[Source, ...]:
        """The sources that are shown in English because nobody has translated their words."""
        return tuple(each for each in self.sources if each.said.missing)

    @property
    def lead(self) -> Section | None:
        """The opening words, when the page begins with some: they stand in its head."""
        first = self.sections[0] if self.sections else None
        return first if first is not None and first.kind is BlockKind.LEAD else None

    @property
    def rest(self) -> tuple[Section, ...]:
        """Every section that does not stand in the head."""
        return self.sections[1:] if self.lead else self.sections


def show(publication: Publication, *, language: str, within: str = "") -> ShownPage:
    """Return a text as it may be shown. A number whose record fell is withheld, never replaced.

    ``within`` goes before the addresses of its sources when it stands inside another page.
    """
    citations = evidence.shown_citations(publication)
    versions = {each.version.pk: each.version for each in citations.values() if each.version}
    writer = _Writer(citations, language, evidence.spoken(versions.values(), language), within)
    sections = []
    description = ""
    for block in publication.blocks:
        kind = kind_of_anchor(block["anchor"])
        if kind is BlockKind.DESCRIPTION:
            description = markup.plain(block["text"])
        if kind not in HIDDEN:
            sections.append(writer.section(kind, block))
    return ShownPage(
        publication, language, description, tuple(sections), tuple(writer.sources.values())
    )


class _Writer:
    """Turns blocks into sections and numbers the sources as they come up."""

    def __init__(
        self,
        citations: Mapping[str, ShownCitation],
        language: str,
        said: Mapping[int, Spoken],
        within: str = "",
    ) -> None:
        self.within = within
        self.citations = citations
        self.language = language
        self.said = said
        self.sources: dict[str, Source] = {}

    def section(self, kind: BlockKind, block: Mapping[str, Any]) -> Section:
        notes: list[tuple[Source, Figure]] = []
        found = markup.parts(block.get("text", ""))
        heading: SafeString | str = ""
        if found and found[0].kind == "heading":
            heading = self._line(found.pop(0).words, notes)
        shown = tuple(self._part(part, notes) for part in found)
        records = []
        for ref in block.get("cites", ()):
            cited = self.citations.get(ref)
            if cited is not None and cited.version is not None and not cited.withheld:
                records.append((self._source(cited.version), cited))
        arrays = tuple(self._arrays(notes)) if kind is BlockKind.ICONS else ()
        return Section(kind, block["anchor"], heading, shown, tuple(notes), arrays, tuple(records))

    def _arrays(self, notes: Iterable[tuple[Source, Figure]]) -> Iterable[IconArray]:
        for source, figure in notes:
            if figure.measure is FigureMeasure.PERCENT:
                filled = math.floor(float(figure.value) + 0.5)
                yield IconArray(figure.ref, figure, filled, source.number, source.language)

    def _part(self, part: markup.Part, notes: list[tuple[Source, Figure]]) -> Shown:
        if part.kind == "picture":
            drawn = ILLUSTRATIONS.get(part.name, "")
            url = "" if drawn else picture_url(part.name)
            return Shown("picture", words=part.words, url=url, name=drawn)
        return Shown(
            part.kind,
            words=self._line(part.words, notes),
            lines=tuple(self._line(line, notes) for line in part.lines),
            rows=tuple(tuple(self._line(cell, notes) for cell in row) for row in part.rows),
        )

    def _line(self, line: str, notes: list[tuple[Source, Figure]]) -> SafeString:
        pieces: list[str] = []
        for span in markup.spans(line):
            piece = self._span(span, notes)
            if piece.startswith('<span class="cited cited-bare"') and pieces:
                pieces[-1] = pieces[-1].rstrip()  # a source's number hangs on the word before it
            pieces.append(piece)
        return mark_safe("".join(pieces))  # noqa: S308 (each piece was escaped)

    def _span(self, span: markup.Span, notes: list[tuple[Source, Figure]]) -> str:
        if span.kind == "cite":
            return self._citation(span.words, notes)
        if span.kind == "ours":
            return self._ours(span.words)
        if span.kind == "strong":
            return format_html("<strong>{}</strong>", span.words)
        if span.kind == "link":
            return format_html('<a href="{}">{}</a>', self._address(span.target), span.words)
        return conditional_escape(span.words)

    def _address(self, target: str) -> str:
        return address_of(target, self.language)

    def _citation(self, written: str, notes: list[tuple[Source, Figure]]) -> SafeString:
        ref, _mark, asks_time = written.partition("@")
        cited = self.citations.get(ref)
        if cited is None or cited.version is None or cited.withheld:
            return format_html(
                '<span class="cited cited-withheld" data-record="{}">{}</span>',
                ref,
                _withheld_because(cited, ref),
            )
        source = self._source(cited.version)
        value = ""
        if cited.figure is not None:
            figure = source.said.figure(cited.figure)
            if asks_time:  # the number itself, with its source, stands beside it
                words = figure.time.words or _("at a time that the source does not give")
                return format_html(
                    '<span class="cited-time" lang="{}" data-record="{}">{}</span>',
                    source.language,
                    ref,
                    words,
                )
            if figure not in source.figures:
                source.figures.append(figure)
            notes.append((source, figure))
            value = short_value(figure)
        return format_html(
            '<span class="{}" data-record="{}">{}<a class="cited-source" href="#{}source-{}">'
            '<span class="visually-hidden">{} </span>{}</a></span>',
            "cited cited-bare" if cited.figure is None else "cited",
            ref,
            value,
            self.within,
            source.number,
            _("Source"),
            source.number,
        )

    def _ours(self, name: str) -> SafeString:
        found = our_number(name, at=clock.now())
        if found is None:
            return format_html(
                '<span class="cited cited-withheld">{}</span>',
                _("number withheld: no protocol is in force"),
            )
        says = f"{PROTOCOL} {found.version}"
        return format_html('<span data-protocol="{}">{}</span>', says, found.value)

    def _source(self, version: RecordVersion) -> Source:
        key = version.record.key
        if key not in self.sources:
            self.sources[key] = Source(len(self.sources) + 1, version, self.said[version.pk])
        return self.sources[key]


@dataclass(frozen=True, slots=True)
class ShownStory:
    """A story with what is usual beside it: who tells it, how it went, and who answers for it."""

    story: Story
    page: ShownPage

    @property
    def publication(self) -> Publication:
        """The published words."""
        return self.page.publication


def stories_shown(language: str, *, on: dt.date, in_letter: bool = False) -> tuple[ShownStory, ...]:
    """Return every story that may be told. One whose rate of others is withheld is not told.

    ``in_letter``: in a letter or its page in the archive, so those whose consent names letters.
    """
    found = []
    for story, publication in queries.stories_published(language, on=on):
        if in_letter and story.consent_scope != StoryScope.SITE_AND_LETTERS:
            continue
        page = show(publication, language=language, within=f"{story.slug}-")
        usual = [each for each in page.sections if each.kind is BlockKind.TYPICAL]
        if any(section.notes for section in usual):
            found.append(ShownStory(story, page))
    return tuple(found)


def short_value(figure: Figure) -> str:
    """Return a figure without its interval, which stands in the note beside it."""
    if figure.low is None and figure.high is None:
        return figure_value(figure)
    return figure_value(figure).partition(" (")[0]


def _withheld_because(cited: ShownCitation | None, ref: str) -> str:
    """Return why no number stands here; a record or figure that never was is no changed source."""
    record, _mark, figure = ref.partition("#")
    if cited is None and not evidence.is_record(record):
        return _("no record %(key)s exists") % {"key": record}
    if cited is not None and cited.version is not None and figure and cited.figure is None:
        return _("record %(key)s has no figure %(figure)s") % {"key": record, "figure": figure}
    return _("number withheld: its source changed")


def picture_url(name: str) -> str:
    """Return where an uploaded picture is served, or nothing when there is none of that name."""
    row = Picture.objects.filter(name=name).only("public_id").first()
    return "" if row is None else reverse("frontdoor:picture", args=[row.public_id])


def address_of(target: str, language: str) -> str:
    """Return the address a link of a page leads to; ``page:slug`` stays in the page's language."""
    if not target.startswith("page:"):
        return target
    slug = target.removeprefix("page:")
    fixed = {"home", "contact", "refer", "newsletter", "locations", "crisis", "simulation"}
    if slug in fixed:
        return reverse(f"frontdoor:{slug}", kwargs={"language": language})
    return reverse("frontdoor:page", kwargs={"slug": slug, "language": language})
