"""The kinds of task: who owns each, how long they have, who hears when they are late."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from afterglow.core.cited import Section
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Role

FILE: Final = Path(__file__).resolve().parents[2] / "data" / "work" / "task_kinds.json"
SUICIDE_POSITIVE: Final = "suicide_positive"
SIGN_RECORD: Final = "sign_record"
REVIEW_MESSAGE: Final = "review_message"
FOLLOW_UP: Final = "follow_up"
REVIEW_OVERRIDE: Final = "review_override"
PUMP_RAN_TOO_FAST: Final = "pump_ran_too_fast"


@dataclass(frozen=True, slots=True)
class TaskKind:
    """One kind of task. ``escalate_after`` counts from the opening; both clocks are calendar.

    ``page`` names the page that shows what the task is about, by its subject's public id.
    """

    code: str
    title: str
    owner_role: Role
    escalate_to_role: Role
    due_after: timedelta
    escalate_after: timedelta
    page: str = ""

    def __post_init__(self) -> None:
        if self.escalate_after < self.due_after:
            raise InvalidValue(
                f"The task {self.code} escalates after {self.escalate_after}, before it is due "
                f"after {self.due_after}."
            )


@lru_cache(maxsize=1)
def kinds() -> dict[str, TaskKind]:
    """Return every kind by its code, as the data file gives them."""
    body = Section("task_kinds", json.loads(FILE.read_text(encoding="utf-8")))
    return {code: _kind(code, body.section(code)) for code in body.names()}


def _kind(code: str, section: Section) -> TaskKind:
    return TaskKind(
        code=code,
        title=section.word("title"),
        owner_role=Role(section.word("owner_role")),
        escalate_to_role=Role(section.word("escalate_to_role")),
        due_after=timedelta(minutes=float(section.number("due_after", unit="min"))),
        escalate_after=timedelta(minutes=float(section.number("escalate_after", unit="min"))),
        page=section.word("page") if section.has("page") else "",
    )


def kind_of(code: str) -> TaskKind:
    """Return a kind. Raises InvalidValue that names the known ones."""
    known = kinds()
    if code not in known:
        raise InvalidValue(f"There is no task kind {code!r}; known are {', '.join(known)}.")
    return known[code]
