"""Who is with the patient, minute by minute: one clinician, one patient, while drug runs.

A *stretch* is one clinician with one patient, from an instant to another or until now. What no
stretch covers of an infusion is a *gap*: it is shown, alarmed about and proved, never filled in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from afterglow.core.decisions import Decision, Reason
from afterglow.core.errors import InvalidValue
from afterglow.core.reason_codes import Subject
from afterglow.core.treatment.codes.readiness import (
    CLINICIAN_HAS_RUNNING_INFUSION,
    CLINICIAN_ON_BREAK,
    CLINICIAN_WATCHES_RECOVERY,
)
from afterglow.core.treatment.rules import CoverageLimits


class CoveragePhase(StrEnum):
    """What the patient needs: one clinician to oneself, or a share of one."""

    INFUSING = "infusing"
    RECOVERY = "recovery"


class CoverageBegan(StrEnum):
    """How a stretch began."""

    START = "start"
    TAKE_OVER = "take_over"
    BREAK_COVER = "break_cover"
    BACK_FROM_BREAK = "back_from_break"
    CAME_TO_UNCOVERED = "came_to_uncovered"
    PUMP_STOPPED = "pump_stopped"
    CALLED_BACK = "called_back"
    FROM_PAPER = "from_paper"
    """Copied from paper afterwards: nobody signed for it at the screen."""

    @property
    def is_signed(self) -> bool:
        """Whether whoever came signed for it with their own PIN or password, on the spot."""
        return self in _SIGNED

    @property
    def bears_out(self) -> bool:
        """Whether it shows that somebody was there: at the screen, not copied afterwards."""
        return self is not CoverageBegan.FROM_PAPER


_SIGNED: Final = frozenset(
    {
        CoverageBegan.TAKE_OVER,
        CoverageBegan.BREAK_COVER,
        CoverageBegan.BACK_FROM_BREAK,
        CoverageBegan.CAME_TO_UNCOVERED,
    }
)


_SUBJECT: Final = Subject("coverage")
_RATIO: Final = "clinical reference 3.5"

NOT_WATCHED_NOW: Final = _SUBJECT.blocker(
    "NOT_WATCHED_NOW",
    "The session is {seen}; a patient is taken over while {limit}.",
)
COVERAGE_CHANGED: Final = _SUBJECT.blocker(
    "COVERAGE_CHANGED",
    "Meanwhile the patient is with {seen}; the page that you saw said {limit}. Nothing was "
    "changed: look again.",
)
ALREADY_WITH_PATIENT: Final = _SUBJECT.blocker(
    "ALREADY_WITH_PATIENT", "{seen} is with the patient already."
)
BREAK_TOO_LONG: Final = _SUBJECT.blocker(
    "BREAK_TOO_LONG",
    "A break of {seen} is longer than the {limit} that the protocol allows; hand the patient over.",
    source="default proposed",
)
BREAK_TOO_SHORT: Final = _SUBJECT.blocker(
    "BREAK_TOO_SHORT", "A break lasts {limit} or longer; {seen} was given."
)
BREAK_OF_NOBODY: Final = _SUBJECT.blocker(
    "BREAK_OF_NOBODY", "Nobody is with the patient, so there is nobody whose break is covered."
)
LEFT_BY_ANOTHER: Final = _SUBJECT.blocker(
    "LEFT_BY_ANOTHER",
    "{seen} is with the patient; only they, or whoever takes the patient over, can say that they "
    "left.",
)
PRESENCE_OF_ANOTHER: Final = _SUBJECT.blocker(
    "PRESENCE_OF_ANOTHER",
    "The room asks for somebody else than {seen}. They answer by their own sign-in or PIN; whoever "
    "is there instead takes the patient over.",
)
WATCHES_RECOVERY_TOO: Final = _SUBJECT.caution(
    "WATCHES_RECOVERY_TOO",
    "Whoever takes the running infusion watches {seen} patients in recovery too; hand them over.",
    source=_RATIO,
)
PATIENT_LEFT_ALONE: Final = _SUBJECT.caution(
    "PATIENT_LEFT_ALONE",
    "Nobody was with the patient for {seen} while drug ran; the record says so.",
    source=_RATIO,
)
NOT_ON_SHIFT: Final = _SUBJECT.caution(
    "NOT_ON_SHIFT", "Whoever takes the patient is not on shift here now."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingFacts:
    """What decides whether somebody may take a patient over now.

    ``open_now``/``open_seen``: the stretch that is open, and that which was on the page; the names
    beside them are said to the person. ``break_for``: how long a cover is asked for, None when the
    patient is taken for good. ``on_break``: another patient waits for the taker to be back.
    ``may_watch``: role and papers, judged as at a start.
    """

    taker: str
    taker_name: str
    watched: bool
    state: str
    phase: CoveragePhase
    open_now: str
    open_seen: str
    with_now: str
    with_now_name: str
    with_seen_name: str
    other_running: int
    recovering: int
    on_shift: bool
    on_break: bool = False
    may_watch: Decision = field(default_factory=Decision)
    break_for: timedelta | None = None


def assess_taking(facts: TakingFacts, limits: CoverageLimits) -> Decision:
    """Decide whether somebody may take the patient now, with every reason if not."""
    if not facts.watched:
        return Decision((NOT_WATCHED_NOW.reason(seen=facts.state, limit="infusing or recovery"),))
    if facts.open_now != facts.open_seen:
        return Decision(
            (
                COVERAGE_CHANGED.reason(
                    seen=facts.with_now_name or "nobody", limit=facts.with_seen_name or "nobody"
                ),
            )
        )
    return facts.may_watch & Decision.from_reasons(_taking_reasons(facts, limits))


def _taking_reasons(facts: TakingFacts, limits: CoverageLimits) -> Iterable[Reason]:
    if facts.with_now and facts.taker == facts.with_now:
        yield ALREADY_WITH_PATIENT.reason(seen=facts.taker_name)
    if facts.phase is CoveragePhase.INFUSING:
        if facts.other_running:
            yield CLINICIAN_HAS_RUNNING_INFUSION.reason(seen=facts.other_running, limit="0")
        if facts.on_break:
            yield CLINICIAN_ON_BREAK.reason()
        if facts.recovering:
            yield WATCHES_RECOVERY_TOO.reason(seen=facts.recovering)
    if not facts.on_shift:
        yield NOT_ON_SHIFT.reason()
    if facts.break_for is not None:
        yield from _break_reasons(facts, facts.break_for, limits)


def _break_reasons(facts: TakingFacts, span: timedelta, limits: CoverageLimits) -> Iterable[Reason]:
    if not facts.with_now:
        yield BREAK_OF_NOBODY.reason()
    if span < limits.break_at_least:
        yield BREAK_TOO_SHORT.reason(seen=_minutes(span), limit=_minutes(limits.break_at_least))
    if span > limits.break_at_most:
        yield BREAK_TOO_LONG.reason(seen=_minutes(span), limit=_minutes(limits.break_at_most))


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateFacts:
    """Somebody who might take a running infusion. ``on_break``: they left a patient to a cover."""

    who: str
    name: str
    may_watch: Decision
    on_shift: bool
    running: int
    recovering: int
    on_break: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person with every reason against; free when there is none."""

    facts: CandidateFacts
    decision: Decision

    @property
    def is_free(self) -> bool:
        """On site, credentialled, and with nobody else."""
        return not self.decision.reasons and not self.facts.on_break


def who_could_take(people: Iterable[CandidateFacts]) -> tuple[Candidate, ...]:
    """Return everybody with what stands against them: the free first, then those with the least."""
    found = [Candidate(each, _against(each)) for each in people]
    found.sort(
        key=lambda c: (
            not c.is_free,
            c.decision.refused,
            not c.facts.on_shift,
            c.facts.recovering,
            c.facts.name,
        )
    )
    return tuple(found)


def _against(facts: CandidateFacts) -> Decision:
    return facts.may_watch & Decision.from_reasons(
        CLINICIAN_HAS_RUNNING_INFUSION.reason(seen=facts.running, limit="0")
        if facts.running
        else None,
        CLINICIAN_WATCHES_RECOVERY.reason(seen=facts.recovering) if facts.recovering else None,
        None if facts.on_shift else NOT_ON_SHIFT.reason(),
    )


@dataclass(frozen=True, slots=True)
class Stretch:
    """One clinician with one patient. ``ends`` None: still there."""

    who: str
    begins: datetime
    ends: datetime | None = None

    def __post_init__(self) -> None:
        if self.ends is not None and self.ends <= self.begins:
            raise InvalidValue(
                f"Somebody is with a patient from {self.begins.isoformat()} to "
                f"{self.ends.isoformat()}; that is no time."
            )


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody was with the patient from ``begins`` to ``ends``."""

    begins: datetime
    ends: datetime

    @property
    def lasted(self) -> timedelta:
        """How long."""
        return self.ends - self.begins


@dataclass(frozen=True, slots=True)
class Proof:
    """How much of an infusion somebody was with the patient."""

    lasted: timedelta
    covered: timedelta
    gaps: tuple[Gap, ...]
    clinicians: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether somebody was with the patient at every moment."""
        return not self.gaps


def prove(stretches: Iterable[Stretch], *, begins: datetime, ends: datetime) -> Proof:
    """Return what the stretches prove of an infusion from ``begins`` to ``ends``.

    Their order does not matter; a part outside the infusion does not count. Raises InvalidValue
    when two of them overlap: then nobody knows who was there.
    """
    if ends < begins:
        raise InvalidValue(f"The infusion ends at {ends.isoformat()}, before {begins.isoformat()}.")
    order = sorted(stretches, key=lambda each: each.begins)
    gaps: list[Gap] = []
    here = begins
    last_end: datetime | None = None
    clinicians: dict[str, None] = {}
    for each in order:
        if last_end is not None and each.begins < last_end:
            raise InvalidValue(
                f"At {each.begins.isoformat()} two clinicians were with one patient."
            )
        last_end = each.ends or datetime.max.replace(tzinfo=each.begins.tzinfo)
        start, stop = max(each.begins, begins), min(last_end, ends)
        if start >= stop:
            continue
        if start > here:
            gaps.append(Gap(here, start))
        here = stop
        clinicians[each.who] = None
    if here < ends:
        gaps.append(Gap(here, ends))
    missing = sum((gap.lasted for gap in gaps), timedelta())
    lasted = ends - begins
    return Proof(lasted, lasted - missing, tuple(gaps), tuple(clinicians))


def most_at_once(stretches: Iterable[Stretch], *, until: datetime) -> dict[str, int]:
    """Return how many patients each clinician was with at most at one instant.

    A stretch that ends where another begins does not overlap it.
    """
    steps: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for each in stretches:
        steps[each.who] += [(each.begins, 1), (each.ends or max(until, each.begins), -1)]
    return {who: _highest(sorted(of)) for who, of in steps.items()}


def most_beside(mine: Iterable[Stretch], others: Iterable[Stretch], *, until: datetime) -> int:
    """Return how many of ``others`` the same clinicians watched at most while each of ``mine`` ran.

    What one clinician watched beside another one's patient does not count.
    """
    others = list(others)
    most = 0
    for each in mine:
        ends = each.ends or max(until, each.begins)
        if ends <= each.begins:
            continue
        beside = (
            Stretch(other.who, max(other.begins, each.begins), min(other.ends or ends, ends))
            for other in others
            if other.who == each.who and other.begins < ends and (other.ends or ends) > each.begins
        )
        most = max(most, *most_at_once(beside, until=until).values(), 0)
    return most


def _highest(steps: Sequence[tuple[datetime, int]]) -> int:
    now = most = 0
    for _at, step in steps:  # an end sorts before a beginning at the same instant
        now += step
        most = max(most, now)
    return most


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} min"
