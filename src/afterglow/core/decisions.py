"""Decisions: what a clinical rule returns. A *no* is a value that carries all its reasons.

>>> from afterglow.core.decisions import Decision, Overrider, Reason, Severity
>>> decision = Decision.from_reasons(
...     Reason("BP_ABOVE_START_LIMIT", Severity.BLOCKER,
...            "Systolic 172 mmHg is above the start limit of 160 mmHg.",
...            seen="172 mmHg", limit="160 mmHg", overridable_by=Overrider.PRESCRIBER),
...     None,
... )
>>> decision.refused, decision.codes
(True, ('BP_ABOVE_START_LIMIT',))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from afterglow.core.errors import InvalidValue


class Severity(StrEnum):
    """How much a reason weighs."""

    BLOCKER = "blocker"
    CAUTION = "caution"
    INFO = "info"


class Overrider(StrEnum):
    """Who may override a blocker, with a reason. NOBODY means that nobody can."""

    NOBODY = "nobody"
    PRESCRIBER = "prescriber"
    MEDICAL_DIRECTOR = "medical_director"


class Verdict(StrEnum):
    """The answer of a decision."""

    YES = "yes"
    YES_WITH_CAUTIONS = "yes_with_cautions"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, in one sentence with the number seen and the limit.

    ``code`` is stable for ever and is what records, tests and translations hang on;
    ``sentence`` is English and may be improved.
    ``facts`` are what else the sentence names, by name, for whoever says it in another language.
    ``overridden`` is set only by :meth:`Decision.overriding`.
    """

    code: str
    severity: Severity
    sentence: str
    seen: str = ""
    limit: str = ""
    overridable_by: Overrider = Overrider.NOBODY
    overridden: bool = False
    facts: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.code or self.code != self.code.upper() or " " in self.code:
            raise InvalidValue(f"A reason code is UPPER_SNAKE_CASE, not {self.code!r}.")
        if not self.sentence.endswith((".", "?")):
            raise InvalidValue(f"A reason is a sentence; {self.sentence!r} does not end in a stop.")

    @property
    def blocks(self) -> bool:
        """Whether this reason alone makes the answer no."""
        return self.severity is Severity.BLOCKER and not self.overridden


_WEIGHT = {Severity.BLOCKER: 0, Severity.CAUTION: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes, yes with cautions, or no: with every reason, worst first, each code and seen once."""

    reasons: tuple[Reason, ...] = ()

    @classmethod
    def from_reasons(cls, *reasons: Reason | Iterable[Reason | None] | None) -> Self:
        """Build a decision from the results of rules; None means "nothing to say"."""
        flat: list[Reason] = []
        for item in reasons:
            if item is None:
                continue
            if isinstance(item, Reason):
                flat.append(item)
            else:
                flat.extend(reason for reason in item if reason is not None)
        unique = dict.fromkeys(flat)
        return cls(tuple(sorted(unique, key=lambda r: (_WEIGHT[r.severity], r.code, r.seen))))

    @property
    def verdict(self) -> Verdict:
        """The answer."""
        if any(r.blocks for r in self.reasons):
            return Verdict.NO
        if any(r.severity is not Severity.INFO for r in self.reasons):
            return Verdict.YES_WITH_CAUTIONS
        return Verdict.YES

    @property
    def refused(self) -> bool:
        """Whether the answer is no."""
        return self.verdict is Verdict.NO

    @property
    def allowed(self) -> bool:
        """Whether the answer is yes, with or without cautions."""
        return not self.refused

    @property
    def blockers(self) -> tuple[Reason, ...]:
        """Reasons that make the answer no, overridden ones excluded."""
        return tuple(r for r in self.reasons if r.blocks)

    @property
    def cautions(self) -> tuple[Reason, ...]:
        """Reasons to be careful, overridden blockers included."""
        return tuple(r for r in self.reasons if r.severity is Severity.CAUTION or r.overridden)

    @property
    def overridable(self) -> tuple[Reason, ...]:
        """The blockers that somebody may override."""
        return tuple(r for r in self.blockers if r.overridable_by is not Overrider.NOBODY)

    @property
    def codes(self) -> tuple[str, ...]:
        """The code of every reason, in order."""
        return tuple(r.code for r in self.reasons)

    def overriding(self, allowed: Mapping[str, Overrider]) -> Self:
        """Return the decision after overrides: code → role that overrode it.

        A code overridden by a role without that right stays a blocker: NOBODY is nobody, and the
        medical director may also override what the prescriber may.
        """
        return type(self)(
            tuple(
                replace(r, overridden=True)
                if r.severity is Severity.BLOCKER and may_override(allowed.get(r.code), r)
                else r
                for r in self.reasons
            )
        )

    def __and__(self, other: Decision) -> Decision:
        """Both must allow: the reasons of both."""
        return Decision.from_reasons(self.reasons, other.reasons)

    def __iter__(self) -> Iterator[Reason]:
        return iter(self.reasons)


def may_override(role: Overrider | None, reason: Reason) -> bool:
    """Whether ``role`` may override ``reason``."""
    match reason.overridable_by:
        case Overrider.NOBODY:
            return False
        case Overrider.PRESCRIBER:
            return role in (Overrider.PRESCRIBER, Overrider.MEDICAL_DIRECTOR)
        case Overrider.MEDICAL_DIRECTOR:
            return role is Overrider.MEDICAL_DIRECTOR


def blocker(
    code: str,
    sentence: str,
    *,
    seen: object = "",
    limit: object = "",
    overridable_by: Overrider = Overrider.NOBODY,
    **facts: object,
) -> Reason:
    """Return a reason that makes the answer no."""
    return Reason(
        code,
        Severity.BLOCKER,
        sentence,
        str(seen),
        str(limit),
        overridable_by,
        facts=_said(facts),
    )


def caution(
    code: str, sentence: str, *, seen: object = "", limit: object = "", **facts: object
) -> Reason:
    """Return a reason to be careful."""
    return Reason(code, Severity.CAUTION, sentence, str(seen), str(limit), facts=_said(facts))


def info(
    code: str, sentence: str, *, seen: object = "", limit: object = "", **facts: object
) -> Reason:
    """Return a remark that needs no action."""
    return Reason(code, Severity.INFO, sentence, str(seen), str(limit), facts=_said(facts))


def _said(facts: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in facts.items())
