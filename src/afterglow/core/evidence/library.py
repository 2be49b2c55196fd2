"""The library's files as records: every entry gets a kind, a key that stays, and its words.

Nothing is dropped: :func:`rebuild` gives the file back from its entries.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.figures import Figure
from afterglow.core.evidence.trials import Trial
from afterglow.core.evidence.vocabulary import ClaimVerdict, FactStatus, RecordKind

BILLING_LISTS: Final = (
    "superbill_fields",
    "cms1500_fields",
    "prior_authorisation_fields",
)
POOLED_CHECKS: Final = ("single_infusion", "repeated_infusion", "midazolam_controlled")
_NEW_RECORD_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as its file gives it. ``curation`` is what the maintainers added to it."""

    kind: RecordKind
    key: str
    position: int
    title: str
    body: Mapping[str, Any]
    curation: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """The hash of body and curation, whatever the order of their keys."""
        return content_hash(self.body, self.curation)

    @property
    def status(self) -> FactStatus:
        """How well the record is founded."""
        return status_of(self.kind, self.body)

    @property
    def verdict(self) -> ClaimVerdict | None:
        """The verdict of a claim; None for every other kind."""
        return verdict_of(self.kind, self.body)


def content_hash(body: Mapping[str, Any], curation: Mapping[str, Any]) -> str:
    """Return the sha256 of a version's content in canonical JSON."""
    plain = json.dumps([body, curation], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def entries(
    evidence: Mapping[str, Any],
    curation: Mapping[str, Any],
    classifications: Mapping[str, Any],
) -> tuple[Entry, ...]:
    """Return every record of the files, in the files' order.

    Raises InvalidValue for a key that comes twice, and for what a record's own rules refuse.
    """
    found = list(_entries(evidence, curation, classifications))
    seen: set[str] = set()
    for entry in found:
        if entry.key in seen:
            raise InvalidValue(f"The record {entry.key} stands twice in the file.")
        seen.add(entry.key)
        check_content(entry.kind, entry.key, entry.body, entry.curation)
    unknown = sorted(set(curation["figures"]) - seen)
    if unknown:
        raise InvalidValue(f"The curation has figures for records that do not exist: {unknown}.")
    return tuple(found)


def _entries(
    evidence: Mapping[str, Any], curation: Mapping[str, Any], classifications: Mapping[str, Any]
) -> Iterator[Entry]:
    figures, negative = curation["figures"], set(evidence["negative_or_null_trials"])

    def made(kind: RecordKind, key: str, at: int, title: str, body: Any, **more: Any) -> Entry:
        added = {**more, **({"figures": figures[key]} if key in figures else {})}
        return Entry(kind, key, at, title[:200], body, added)

    for at, body in enumerate(evidence["claims"]):
        yield made(RecordKind.CLAIM, body["id"], at, body["article_claim"], body)
    for at, body in enumerate(evidence["trials"]):
        added = dict(curation["trials"][body["id"]])
        if body["id"] in negative:
            added["negative"] = True
        yield made(RecordKind.TRIAL, body["id"], at, body["study"], body, **added)
    for at, body in enumerate(evidence["pooled_estimates"]):
        yield made(RecordKind.POOLED_ESTIMATE, body["id"], at, body["source"], body)
    for at, body in enumerate(evidence["regulatory"]):
        added = dict(curation["regulatory"].get(body["id"], {}))
        yield made(RecordKind.REGULATION, body["id"], at, body["citation"], body, **added)
    for at, body in enumerate(evidence["guidance"]):
        key = f"N-{slug(body['body'])}"
        yield made(RecordKind.GUIDELINE, key, at, body["body"], body)
    for at, body in enumerate(evidence["billing"]["codes"]):
        key = f"B-{slug(body['code'])}"
        yield made(RecordKind.BILLING_CODE, key, at, body["code"], body)
    for at, name in enumerate(BILLING_LISTS):
        body = {"fields": evidence["billing"][name]}
        yield made(RecordKind.FIELD_LIST, f"L-{name}", at, name.replace("_", " "), body)
    for at, body in enumerate(evidence["requirements"]):
        yield made(RecordKind.REQUIREMENT, body["id"], at, body["capability"], body)
    check = evidence["own_pooled_check"]
    for at, name in enumerate(POOLED_CHECKS):
        body = {"method": check["method"], "caution": check["caution"], **check[name]}
        yield made(RecordKind.POOLED_CHECK, f"S-{name}", at, name.replace("_", " "), body)
    for at, words in enumerate(evidence["most_important_corrections"]):
        key = f"K{at + 1:02}"
        yield made(RecordKind.CORRECTION, key, at, words, {"text": words})
    for at, words in enumerate(evidence["open_checks"]):
        yield made(RecordKind.OPEN_CHECK, f"O{at + 1:02}", at, words, {"text": words})
    for at, body in enumerate(classifications["drugs"]):
        yield made(RecordKind.CLASSIFICATION, body["id"], at, body["name"], body)


def rebuild(records: Iterable[Entry], meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the evidence file that these entries came from; ``meta`` is its head."""
    by: dict[RecordKind, list[Entry]] = {kind: [] for kind in RecordKind}
    for entry in sorted(records, key=lambda each: each.position):
        by[entry.kind].append(entry)

    def bodies(kind: RecordKind) -> list[Any]:
        return [dict(entry.body) for entry in by[kind]]

    checks = by[RecordKind.POOLED_CHECK]
    head = {name: checks[0].body[name] for name in ("method", "caution")} if checks else {}
    return {
        "meta": dict(meta),
        "most_important_corrections": [e.body["text"] for e in by[RecordKind.CORRECTION]],
        "claims": bodies(RecordKind.CLAIM),
        "trials": bodies(RecordKind.TRIAL),
        "pooled_estimates": bodies(RecordKind.POOLED_ESTIMATE),
        "own_pooled_check": head
        | {
            entry.key.removeprefix("S-"): {
                name: value
                for name, value in entry.body.items()
                if name not in ("method", "caution")
            }
            for entry in checks
        },
        "regulatory": bodies(RecordKind.REGULATION),
        "billing": {"codes": bodies(RecordKind.BILLING_CODE)}
        | {e.key.removeprefix("L-"): e.body["fields"] for e in by[RecordKind.FIELD_LIST]},
        "guidance": bodies(RecordKind.GUIDELINE),
        "requirements": bodies(RecordKind.REQUIREMENT),
        "negative_or_null_trials": [
            entry.key for entry in by[RecordKind.TRIAL] if entry.curation.get("negative")
        ],
        "open_checks": [e.body["text"] for e in by[RecordKind.OPEN_CHECK]],
    }


def counts(evidence: Mapping[str, Any]) -> dict[RecordKind, int]:
    """Return how many records of each kind a file must give (classifications aside)."""
    return {
        RecordKind.CLAIM: len(evidence["claims"]),
        RecordKind.TRIAL: len(evidence["trials"]),
        RecordKind.POOLED_ESTIMATE: len(evidence["pooled_estimates"]),
        RecordKind.REGULATION: len(evidence["regulatory"]),
        RecordKind.GUIDELINE: len(evidence["guidance"]),
        RecordKind.BILLING_CODE: len(evidence["billing"]["codes"]),
        RecordKind.FIELD_LIST: len(evidence["billing"]) - 1,
        RecordKind.REQUIREMENT: len(evidence["requirements"]),
        RecordKind.POOLED_CHECK: len(evidence["own_pooled_check"]) - 2,
        RecordKind.CORRECTION: len(evidence["most_important_corrections"]),
        RecordKind.OPEN_CHECK: len(evidence["open_checks"]),
    }


def status_of(kind: RecordKind, body: Mapping[str, Any]) -> FactStatus:
    """Return how well a record is founded: its own word, or for a claim what its facts say."""
    if kind is RecordKind.CLAIM:
        of_facts = {FactStatus.read(fact["status"]) for fact in body["facts"]}
        if of_facts == {FactStatus.CONFIRMED}:
            return FactStatus.CONFIRMED
        mixed = FactStatus.CONFIRMED in of_facts
        return FactStatus.PARTLY_CONFIRMED if mixed else FactStatus.FROM_MEMORY
    if "status" in body:
        return FactStatus.read(body["status"])
    return FactStatus.FROM_MEMORY


def verdict_of(kind: RecordKind, body: Mapping[str, Any]) -> ClaimVerdict | None:
    """Return a claim's verdict class. Raises ValueError for one that does not exist."""
    return ClaimVerdict(body["verdict_class"]) if kind is RecordKind.CLAIM else None


def figures_of(
    kind: RecordKind, key: str, body: Mapping[str, Any], curation: Mapping[str, Any]
) -> tuple[Figure, ...]:
    """Return every figure of a record: those curated, and for a trial those its arms give."""
    read = tuple(Figure.read(key, each) for each in curation.get("figures", ()))
    if kind is not RecordKind.TRIAL:
        return read
    return (*read, *Trial.read(body, curation).figures())


def check_content(
    kind: RecordKind, key: str, body: Mapping[str, Any], curation: Mapping[str, Any]
) -> None:
    """Check that a record can be read: status, verdict, arms and figures.

    Raises InvalidValue that names the record and what was seen.
    """
    if not _NEW_RECORD_KEY.fullmatch(key):
        raise InvalidValue(
            f"{key!r} is no record key: letters, digits, point, dash, at most 60 of them."
        )
    try:
        status_of(kind, body)
        verdict_of(kind, body)
        found = figures_of(kind, key, body, curation)
    except InvalidValue:
        raise
    except (KeyError, TypeError, ValueError) as problem:
        raise InvalidValue(f"The record {key} cannot be read: {problem!r}.") from None
    bare = [figure.ref for figure in found if figure.lacks_interval]
    if bare:
        raise InvalidValue(
            f"Pooled or uncontrolled, with neither low and high nor no_interval: {', '.join(bare)}."
        )
    for figure in found:
        if figure.misfiled:
            raise InvalidValue(f"{figure.ref} cannot be {figure.misfiled}.")
    keys = [figure.key for figure in found]
    twice = sorted({each for each in keys if keys.count(each) > 1})
    if twice:
        raise InvalidValue(f"The record {key} has two figures called {', '.join(twice)}.")


def slug(words: str) -> str:
    """Return words as a key: lower case, dashes, at most 50 characters."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:50].strip("-")
