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


@lru_cache(maxsize=16)
def favourites_of(protocol: str, version: int = 1) -> Favourites:
    """Return the favourites of a protocol by its key; none where nothing is shipped for it."""
    folder = resources.files("afterglow") / "data" / "infusion_room"
    file = folder.joinpath(protocol, f"{version}.json")
    if not file.is_file():
        return Favourites()
    root = Section("infusion_room", json.loads(file.read_text(encoding="utf-8")))
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
    key = TreatmentSession.objects.values_list("protocol__key", flat=True).get(public_id=session)
    return {one.code: one.label for one in favourites_of(key).marks}.get(code)


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
    for macro in favourites_of(session.protocol.key).macros:
        steps = tuple(step for step in macro.steps if step.field in fields)
        if not steps:
            continue
        keys = tuple(step.field for step in steps)
        asked = [one.row.at for one in assessments.answered(session, until=at, keys=keys)]
        found.append(ShownMacro(macro, steps, max(asked) + macro.every if asked else None))
    return tuple(found)
