"""The repository's files as seeds of definitions: found, read, hashed and checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jsonschema

from afterglow.apps.definitions.models import DefinitionKind
from afterglow.core.cited import leaves
from afterglow.core.errors import InvalidValue
from afterglow.core.pharmacology.definition import parse_model

DATA: Final = Path(__file__).resolve().parents[2] / "data"
SINGLE_FILES: Final[Mapping[str, DefinitionKind]] = {
    "instruments": DefinitionKind.INSTRUMENT,
    "consents": DefinitionKind.CONSENT_TEXT,
    "checklists": DefinitionKind.CHECKLIST,
    "instructions": DefinitionKind.PATIENT_INSTRUCTIONS,
    "medicines": DefinitionKind.MEDICINE_LIST,
    "device_profiles": DefinitionKind.DEVICE_PROFILE,
    "retention": DefinitionKind.READINGS_RETENTION,
}
"""Folder of ``<key>/<version>.json`` files → the kind they hold."""
PHARMACOLOGY: Final[Mapping[str, DefinitionKind]] = {
    "models": DefinitionKind.PK_MODEL,
    "effects": DefinitionKind.PK_EFFECT,
    "constants": DefinitionKind.PK_CONSTANTS,
}
"""The same under ``pharmacology``: the core reads these without Django, so key and version are
their path's and sources are theirs, leaf by leaf."""


@dataclass(frozen=True, slots=True)
class Seed:
    """One version of one definition, as a file of the repository gives it."""

    kind: DefinitionKind
    key: str
    version: int
    title: str
    source: str
    body: dict[str, Any]

    @property
    def sha256(self) -> str:
        """The hash of the body, whatever the order of its keys."""
        return body_hash(self.body)


def body_hash(body: Mapping[str, Any]) -> str:
    """Return the sha256 of a body in its canonical JSON form."""
    plain = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def found(data: Path = DATA) -> Iterator[Seed]:
    """Yield every seed under the data folder. Raises InvalidValue for a file that breaks a rule."""
    for meta_file in sorted((data / "protocols").glob("*/*/meta.json")):
        yield _protocol(meta_file)
    for folder, kind in SINGLE_FILES.items():
        for file in sorted((data / folder).glob("*/*.json")):
            yield _single(file, kind)
    for folder, kind in PHARMACOLOGY.items():
        for file in sorted((data / "pharmacology" / folder).glob("*/*.json")):
            yield _pharmacological(file, kind)


def _pharmacological(file: Path, kind: DefinitionKind) -> Seed:
    body = _read(file)
    key = file.parent.name
    cited = parse_model(key, int(file.stem), body).citations if "states" in body else ()
    source = "; ".join(cited) or _LEAF_BY_LEAF
    return _checked(Seed(kind, key, int(file.stem), body.get("title", key), source, body), file)


_LEAF_BY_LEAF: Final = "each value names its own source"


def _protocol(meta_file: Path) -> Seed:
    meta = _read(meta_file)
    sections = {name: _read(meta_file.with_name(f"{name}.json")) for name in meta["sections"]}
    return _checked(
        Seed(
            DefinitionKind(meta["kind"]),
            meta["key"],
            int(meta["version"]),
            meta["title"],
            meta["source"],
            {"meta": meta, **sections},
        ),
        meta_file,
    )


def _single(file: Path, kind: DefinitionKind) -> Seed:
    body = _read(file)
    return _checked(
        Seed(
            kind,
            body["key"],
            int(body["version"]),
            body.get("title") or body["name"],
            body["source"],
            body,
        ),
        file,
    )


def _read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def _checked(seed: Seed, file: Path) -> Seed:
    version = file.parent.name if file.name == "meta.json" else file.stem
    if str(seed.version) != version:
        raise InvalidValue(f"{file.name} says version {seed.version}; its path says {version}.")
    check_body(seed.kind, seed.body)
    return seed


def check_body(kind: DefinitionKind, body: Mapping[str, Any]) -> None:
    """Check a body against the schema of its kind and that every leaf is cited.

    Raises InvalidValue that names the place, the value seen and what is asked for.
    """
    parts: list[tuple[str, Any]] = [(str(kind), body)]
    parts += [(f"{name}_section", section) for name, section in body.items()]
    for name, part in parts:
        schema_file = DATA / "schemas" / f"{name}.json"
        if not schema_file.exists():
            continue
        problems = jsonschema.Draft202012Validator(_read(schema_file)).iter_errors(part)
        problem = jsonschema.exceptions.best_match(problems)
        if problem is not None:
            raise InvalidValue(f"{name}{problem.json_path.lstrip('$')}: {problem.message}.")
    list(leaves(body))
