"""Rule lists as extension points: small functions, facts × rules → a reason, several or none.

A later subject adds its rule and edits nothing::

    @READINESS.add
    def rems_enrolled(facts: ReadinessFacts, rules: SessionRules) -> Reason | None: ...

What its rule needs beyond the facts at hand travels in ``facts.more``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from afterglow.core.decisions import Decision, Reason
from afterglow.core.errors import InvalidValue
from afterglow.core.treatment.rules import SessionRules

F = TypeVar("F")
Findings = Reason | Iterable[Reason] | None
Rule = Callable[[F, SessionRules], Findings]


class RuleList(Generic[F]):
    """The rules of one question. Their order does not matter."""

    def __init__(self, name: str, rules: Iterable[Rule[F]] = ()) -> None:
        self.name = name
        self._rules: dict[str, Rule[F]] = {}
        for rule in rules:
            self.add(rule)

    def add(self, rule: Rule[F]) -> Rule[F]:
        """Add a rule and return it. Raises InvalidValue when another has its name."""
        name = f"{rule.__module__}.{rule.__qualname__}"
        if self._rules.setdefault(name, rule) is not rule:
            raise InvalidValue(f"The list {self.name} already has another rule {name}.")
        return rule

    def __iter__(self) -> Iterator[Rule[F]]:
        return iter(self._rules.values())

    def assess(self, facts: F, rules: SessionRules) -> Decision:
        """Decide, with every reason of every rule."""
        found: list[Reason] = []
        for rule in self:
            said = rule(facts, rules)
            if isinstance(said, Reason):
                found.append(said)
            elif said is not None:
                found.extend(said)
        tightened = (rules.tighten(reason) for reason in found)
        # Sorted whole, so that the order of rules can never show.
        ordered: list[Reason] = sorted(tightened, key=lambda r: (r.code, r.seen, r.sentence))
        return Decision.from_reasons(ordered)
