"""What a protocol puts at the fingertips: named marks of one tap, and macros that walk the cursor.

They are shipped data by protocol (``data/infusion_room``), with source and status. A protocol
without such a file has none: the room works the same, with one more tap.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from uuid import UUID

from afterglow.apps.assessments import queries as assessments
from afterglow.apps.definitions.models import Definition
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.cited import Section


@dataclass(frozen=True, slots=True)
class Favourite:
    """A mark that has its name already."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class MacroStep:
    """One field of the grid's open column, and what to ask there."""

    field: str
    say: str


@dataclass(frozen=True, slots=True)
class Macro:
    """Fields that are asked one after the other, every so often."""

    code: str
    label: str
    key: str
    every: timedelta
    steps: tuple[MacroStep, ...]

    @property
    def fields(self) -> str:
        """The names of its fields, as the page's script takes them."""
        return " ".join(step.field for step in self.steps)


@dataclass(frozen=True, slots=True)
class Favourites:
    """Everything that one protocol offers."""

    marks: tuple[Favourite, ...] = ()
    macros: tuple[Macro, ...] = ()


def favourites_for(protocol: Definition) -> Favourites:
    """Return what a session's protocol offers, by the version that the session runs under.

    The protocol's own body comes first (``infusion_room``, the same shape as the shipped file), so
    that a clinic's own protocol has its own. Else the shipped file of its key, of the newest
    version that is not newer than the session's; else that of the protocol it was derived from
    (``meta.parent``). None where nothing is said anywhere.
    """
    own = protocol.body.get("infusion_room")
    if own is not None:
        return _parse(Section("infusion_room", own))
    keys = [protocol.key]
    parent = protocol.body.get("meta", {}).get("parent")
    if isinstance(parent, str) and parent:
        keys.append(parent)
    for key in keys:
        version = protocol.version if key == protocol.key else None
        if (found := favourites_of(key, version)) is not None:
            return found
    return Favourites()


@lru_cache(maxsize=16)
def favourites_of(protocol: str, version: int | None) -> Favourites | None:
    """Return the shipped favourites of a protocol by its key, or None where none are shipped.

    Of several files the newest that is not newer than ``version``; None takes the newest of all.
    """
    folder = resources.files("afterglow") / "data" / "infusion_room" / protocol
    if not folder.is_dir():
        return None
    shipped = [int(file.name.removesuffix(".json")) for file in folder.iterdir()]
    fitting = [each for each in shipped if version is None or each <= version]
    if not fitting:
        return None
    file = folder.joinpath(f"{max(fitting)}.json")
    return _parse(Section("infusion_room", json.loads(file.read_text(encoding="utf-8"))))


def _parse(root: Section) -> Favourites:
    return Favourites(
        tuple(Favourite(s.word("code"), s.word("label")) for s in root.sections("favourites")),
        tuple(
            Macro(
                each.word("code"),
                each.word("label"),
                each.word("key"),
                timedelta(minutes=float(each.number("every_min", unit="min"))),
                tuple(MacroStep(s.word("field"), s.word("say")) for s in each.sections("steps")),
            )
            for each in root.sections("macros")
        ),
    )


def name_of_favourite(session: UUID, code: str) -> str | None:
    """Return what a favourite of the session's protocol is called; nothing for no code, None for
    a code that the protocol does not have. Raises DoesNotExist without such a session."""
    if not code:
        return ""
    row = TreatmentSession.objects.select_related("protocol").get(public_id=session)
    return {one.code: one.label for one in favourites_for(row.protocol).marks}.get(code)


@dataclass(frozen=True, slots=True)
class ShownMacro:
    """A macro with the fields that are on file here, and since when it is due."""

    macro: Macro
    steps: tuple[MacroStep, ...]
    due_at: datetime | None


def macros_for(
    session: TreatmentSession, fields: frozenset[str], *, at: datetime
) -> tuple[ShownMacro, ...]:
    """Return the macros whose fields the grid has; each is due so long after it was last asked."""
    found = []
    for macro in favourites_for(session.protocol).macros:
        steps = tuple(step for step in macro.steps if step.field in fields)
        if not steps:
            continue
        keys = tuple(step.field for step in steps)
        asked = [one.row.at for one in assessments.answered(session, until=at, keys=keys)]
        found.append(ShownMacro(macro, steps, max(asked) + macro.every if asked else None))
    return tuple(found)
