"""The shipped evidence files, read once."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from afterglow.core.cited import Section
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.addresses import OfficialHosts
from afterglow.core.evidence.library import Entry, entries
from afterglow.core.evidence.translating import TranslationOrigin, judge_translation
from afterglow.core.evidence.vocabulary import RecordKind

FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "evidence"
NAMES: Final = ("evidence", "curation", "classifications")


@dataclass(frozen=True, slots=True)
class Translations:
    """The records' words in one language, as pairs, and who put them into it."""

    language: str
    origin: TranslationOrigin
    translated_by: str
    translated_on: dt.date
    note: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the files: its records, its head, and the hash over everything it holds."""

    name: str
    compiled_on: dt.date
    sha256: str
    attribution: str
    evidence: dict[str, Any]
    records: tuple[Entry, ...]
    translations: tuple[Translations, ...] = ()


def edition(folder: Path = FOLDER) -> Edition:
    """Read an edition. Raises InvalidValue for a file that breaks a rule, with the record's key."""
    texts = tuple((folder / f"{name}.json").read_text(encoding="utf-8") for name in NAMES)
    translated = tuple(
        path.read_text(encoding="utf-8")
        for path in sorted((folder / "translations").glob("*.json"))
    )
    return _edition(texts, translated)


@lru_cache(maxsize=2)
def _edition(texts: tuple[str, ...], translated: tuple[str, ...]) -> Edition:
    try:
        bodies = {name: json.loads(text) for name, text in zip(NAMES, texts, strict=True)}
        languages = tuple(_translations(json.loads(text)) for text in translated)
    except json.JSONDecodeError as problem:
        raise InvalidValue(f"An evidence file is no JSON: {problem}.") from None
    meta = bodies["evidence"]["meta"]
    return Edition(
        name="evidence",
        compiled_on=dt.date.fromisoformat(meta["compiled"]),
        sha256=hashlib.sha256("".join((*texts, *translated)).encode()).hexdigest(),
        attribution=meta["method"],
        evidence=bodies["evidence"],
        records=entries(*(bodies[name] for name in NAMES)),
        translations=languages,
    )


def _translations(body: Mapping[str, Any]) -> Translations:
    """Read a language. Raises InvalidValue that names what is missing or states other numbers."""
    language = str(body.get("language", "?"))
    try:
        found = Translations(
            language=language,
            origin=TranslationOrigin(body["origin"]),
            translated_by=str(body["translated_by"]),
            translated_on=dt.date.fromisoformat(body["translated_on"]),
            note=str(body.get("note", "")),
            texts=dict(body["texts"]),
        )
    except KeyError as missing:
        raise InvalidValue(f"The translation {language} has no {missing.args[0]}.") from None
    except ValueError as wrong:
        raise InvalidValue(f"The translation {language}: {wrong}") from None
    judged = judge_translation(found.texts, found.texts)
    if judged.refused:
        said = " ".join(reason.sentence for reason in judged.reasons[:3])
        raise InvalidValue(f"The translation {language} cannot be used. {said}")
    return found


@lru_cache(maxsize=1)
def review_intervals() -> dict[RecordKind, dt.timedelta]:
    """Return after how long a record of each kind is read again."""
    return {kind: _interval(kind) for kind in RecordKind}


@lru_cache(maxsize=1)
def text_review_interval() -> dt.timedelta:
    """Return after how long a published text is reviewed again."""
    return _interval("publication")


def _interval(name: str) -> dt.timedelta:
    text = (FOLDER / "review_intervals.json").read_text(encoding="utf-8")
    rules = Section("review_intervals", json.loads(text))
    return dt.timedelta(days=float(rules.number(name, unit="d")))


@lru_cache(maxsize=1)
def syntheses() -> dict[str, dict[str, Any]]:
    """Return the questions that the records can answer, by their id."""
    return {each["id"]: each for each in _questions()["syntheses"]}


@lru_cache(maxsize=1)
def networks() -> dict[str, dict[str, Any]]:
    """Return the questions that compare several treatments at once, by their id."""
    return {each["id"]: each for each in _questions()["networks"]}


def _questions() -> dict[str, Any]:
    text = (FOLDER / "syntheses.json").read_text(encoding="utf-8")
    body: dict[str, Any] = json.loads(text)
    return body


@lru_cache(maxsize=1)
def official_hosts() -> OfficialHosts:
    """Return which hosts are sources themselves and no copies."""
    text = (FOLDER / "official_hosts.json").read_text(encoding="utf-8")
    return OfficialHosts.read(json.loads(text))
