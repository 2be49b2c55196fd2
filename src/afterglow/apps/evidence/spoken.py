"""A record in the reader's language: its words, whose they are, and how far they were checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from afterglow.apps.evidence.models import RecordTranslation, RecordVersion, TranslationCheck
from afterglow.core.evidence.figures import Figure
from afterglow.core.evidence.translating import PUBLIC_FIELDS, TITLES, figure_in
from afterglow.core.evidence.vocabulary import RecordKind

RECORDS_SPEAK: Final = "en"
"""The language that records are written in."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One version of a record for readers of ``wanted``: translated where a translation fits.

    ``language`` is that of the words it returns; without a translation they are English.
    """

    version: RecordVersion
    wanted: str
    translation: RecordTranslation | None = None
    check: TranslationCheck | None = None

    @property
    def language(self) -> str:
        """The language of its words."""
        return self.wanted if self.translation is not None else RECORDS_SPEAK

    @property
    def missing(self) -> bool:
        """Whether it has words that nobody has put into the language wanted."""
        return (
            self.wanted != RECORDS_SPEAK
            and self.translation is None
            and bool(self.version.public_words)
        )

    @property
    def unchecked(self) -> bool:
        """Whether it is translated and no clinician has checked that."""
        return self.translation is not None and self.check is None

    def say(self, words: str) -> str:
        """Return words of the record in the reader's language."""
        return self._pairs.get(words, words)

    def figure(self, figure: Figure) -> Figure:
        """Return a figure of the record with its words in the reader's language."""
        return figure_in(figure, self._pairs)

    @property
    def title(self) -> str:
        """What the record is called; for a citation, in its own language."""
        return self.say(self._title)

    @property
    def title_language(self) -> str:
        """The language of the title; a paper's title and a rule's citation stay as they are."""
        return self.language if self._is_ours else RECORDS_SPEAK

    @property
    def words(self) -> str:
        """What to show for it: for a claim its right wording, never the claim; else its title."""
        return self.say(self.version.corrected_wording) or self.title

    @property
    def words_language(self) -> str:
        """The language of ``words``."""
        return self.language if self.version.corrected_wording else self.title_language

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Each field that visitors read, by its code, with its words."""
        body: Mapping[str, Any] = self.version.body
        found = []
        for name in PUBLIC_FIELDS:
            value = body.get(name)
            if value:
                parts = value if isinstance(value, list) else [value]
                found.append((name, "; ".join(self.say(str(each)) for each in parts)))
        return found

    @property
    def _pairs(self) -> Mapping[str, str]:
        return self.translation.texts if self.translation is not None else {}

    @property
    def _is_ours(self) -> bool:
        return RecordKind(self.version.record.kind) in TITLES

    @property
    def _title(self) -> str:
        field = TITLES.get(RecordKind(self.version.record.kind))
        return str(self.version.body.get(field) or "") if field else self.version.title
