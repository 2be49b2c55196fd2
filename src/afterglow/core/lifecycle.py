"""Lifecycles as tables: the steps, the owner of each state, and the diagram drawn from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from afterglow.core.errors import IllegalTransition, InvalidValue

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


class Owner(StrEnum):
    """Who has to move something on that is in a state."""

    FRONT_DESK = "front_desk"
    INFUSION_CLINICIAN = "infusion_clinician"
    PRESCRIBER = "prescriber"
    MEDICAL_DIRECTOR = "medical_director"


@dataclass(frozen=True, slots=True)
class Lifecycle(Generic[S, A]):
    """The states of one thing: where it starts, which action leads where, who owns each state."""

    name: str
    initial: S
    transitions: Mapping[S, Mapping[A, S]]
    owners: Mapping[S, Owner]

    def __post_init__(self) -> None:
        states = set(type(self.initial))
        if set(self.transitions) != states:
            raise InvalidValue(
                "The lifecycle %(name)s needs a row for each of its states.", name=self.name
            )
        if set(self.owners) != states:
            raise InvalidValue("Each state of %(name)s needs an owner.", name=self.name)

    def step(self, state: S, action: A) -> S:
        """Return the state after ``action``. Raises IllegalTransition when the table has none."""
        try:
            return self.transitions[state][action]
        except KeyError:
            allowed = ", ".join(self.transitions[state]) or "nothing"
            raise IllegalTransition(
                "A %(name)s that is %(state)s cannot %(action)s; it can: %(allowed)s.",
                name=self.name,
                state=str(state),
                action=str(action),
                allowed=allowed,
            ) from None

    def can(self, state: S, action: A) -> bool:
        """Whether the table has a step for ``action`` from ``state``."""
        return action in self.transitions[state]

    def actions(self, state: S) -> tuple[A, ...]:
        """Return what may be done from ``state``, in table order."""
        return tuple(self.transitions[state])

    def is_final(self, state: S) -> bool:
        """Whether nothing follows ``state``."""
        return not self.transitions[state]

    def reachable(self, start: S) -> frozenset[S]:
        """Return every state that can follow ``start``, itself included."""
        seen = {start}
        waiting = [start]
        while waiting:
            for following in self.transitions[waiting.pop()].values():
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        return frozenset(seen)

    def mermaid(self) -> str:
        """Return the state diagram in Mermaid's language, drawn from the table."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        for state, row in self.transitions.items():
            lines += [
                f"    {state} --> {after}: {action.replace('_', ' ')}"
                for action, after in row.items()
            ]
            if not row:
                lines.append(f"    {state} --> [*]")
        return "\n".join(lines) + "\n"
