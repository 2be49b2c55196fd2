"""The observation schedule: which readings are due, fulfilled, overdue or missed.

A slot opens a little before it is due and closes when the next one opens. A reading counts for
the slot in whose window it was taken and for no other: a missed slot stays missed, with its
reason, and is never filled from a later reading. What was typed long after it was measured counts
for a slot that has closed, where it was taken in time; one that is open asks for a reading of now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.readings import Reading
from afterglow.core.monitoring.rules import ObservationPhase, ScheduleRules


class SlotState(StrEnum):
    """Where a slot stands."""

    UPCOMING = "upcoming"
    DUE = "due"
    OVERDUE = "overdue"
    FULFILLED = "fulfilled"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """What the schedule follows from.

    ``sedatives``: times at which a sedative was given during the infusion or recovery; each
    restarts the clock. ``reasons``: why a slot was missed, by the slot's due time. ``closely``:
    the pressure may rise (an MAO inhibitor), so it is read more often while drug runs.
    ``beyond``: from when to when a pressure was beyond a limit, without an end while it is;
    ``doses``: times at which a drug went into the vein during the infusion or recovery.
    """

    baseline_from: datetime
    started: datetime | None = None
    stopped: datetime | None = None
    released: datetime | None = None
    planned_stop: datetime | None = None
    sedatives: tuple[datetime, ...] = ()
    readings: tuple[Reading, ...] = ()
    reasons: Mapping[datetime, str] = field(default_factory=dict)
    closely: bool = False
    beyond: tuple[tuple[datetime, datetime | None], ...] = ()
    doses: tuple[datetime, ...] = ()

    def __post_init__(self) -> None:
        if self.stopped is not None and self.started is None:
            raise InvalidValue("An infusion that never started cannot have stopped.")
        if self.started and self.stopped and self.stopped < self.started:
            raise InvalidValue(
                f"The infusion stopped at {self.stopped.isoformat()}, "
                f"before it started at {self.started.isoformat()}."
            )


@dataclass(frozen=True, slots=True)
class Slot:
    """One observation that is asked for.

    ``lacking`` names what is still to be measured: a group is written "heart_rate/pulse_rate".
    ``reason`` says why it was missed; an empty one on a missed slot is owed. ``reminders`` are
    scores that its phase asks for and nobody has taken yet: they are said, never demanded.
    ``recheck``: asked for between the sets, after a pressure beyond its limit or an IV drug.
    ``overtaken``: the stop came shortly after it was due, and the stop's own set took its place.
    """

    number: int
    phase: ObservationPhase
    due_at: datetime
    opens_at: datetime
    closes_at: datetime | None
    state: SlotState
    fulfilled_at: datetime | None = None
    lacking: tuple[str, ...] = ()
    reason: str = ""
    reminders: tuple[str, ...] = ()
    recheck: bool = False
    overtaken: bool = False

    @property
    def owes_a_reason(self) -> bool:
        """Whether somebody must still say why it was missed.

        Before the start nobody must: the rules of the start judge the baseline, and who overrides
        them says why. Nor for a recheck: it alarms while it is late, and the next set comes soon.
        Nor for a set that the stop overtook: the set of the stop is asked for.
        """
        before = self.phase is ObservationPhase.BASELINE
        other = self.recheck or self.overtaken
        return self.state is SlotState.MISSED and not self.reason and not (before or other)


def slots(facts: ScheduleFacts, rules: ScheduleRules, at: datetime) -> tuple[Slot, ...]:
    """Return every slot up to ``at``, and those that are planned after it, in order of time."""
    sets = _planned(facts, rules, at)
    overtaken = _overtaken(facts, rules, [due for _, due, _ in sets])
    rechecks = _rechecks(facts, rules, [due for _, due, _ in [*sets, *overtaken]], at)
    # A recheck takes nothing from the set before it, which is charted late as before: one reading
    # may be both. No recheck is due when a set is. A set that the stop overtook takes nothing from
    # either: where it was taken it is not shown, and its readings stand in their columns.
    asked_again, left = ({due for _, due, _ in group} for group in (rechecks, overtaken))
    again = sorted([*sets, *rechecks], key=lambda slot: slot[1])
    every = sorted([*again, *overtaken], key=lambda slot: slot[1])
    spans = [
        *_spans(sets, rules.early, facts.released),
        *(s for s in _spans(again, rules.early, facts.released) if s[0][1] in asked_again),
        *(s for s in _spans(every, rules.early, facts.released) if s[0][1] in left),
    ]
    judged = (
        _judge(
            number=index + 1,
            phase=phase,
            needed=needed,
            due_at=due,
            opens_at=opens,
            closes_at=closes,
            facts=facts,
            rules=rules,
            at=at,
        )
        for index, ((phase, due, needed), opens, closes) in enumerate(
            sorted(spans, key=lambda span: span[0][1])
        )
    )
    return tuple(
        replace(s, recheck=s.due_at in asked_again, overtaken=s.due_at in left)
        for s in judged
        if s.due_at not in left or s.state is SlotState.MISSED
    )


def next_due(schedule: Iterable[Slot]) -> Slot | None:
    """Return the first slot that still waits for its readings, or None when nothing does."""
    waiting = (SlotState.OVERDUE, SlotState.DUE, SlotState.UPCOMING)
    return next((slot for slot in schedule if slot.state in waiting), None)


Groups = tuple[frozenset[str], ...]
Planned = tuple[ObservationPhase, datetime, Groups]


def _planned(facts: ScheduleFacts, rules: ScheduleRules, at: datetime) -> list[Planned]:
    whole = rules.required
    before, during, after = ObservationPhase
    planned = [(before, due, whole[before]) for due in _baseline_times(facts, rules)]
    if facts.started is None:
        return planned
    end = facts.released or _horizon(facts, rules, at)
    infusing_until = facts.stopped or end
    if facts.stopped != facts.started:
        planned.append((during, facts.started, whole[during]))
    planned += _while_running(facts, rules, facts.started, infusing_until)
    if facts.stopped is not None:
        planned.append((during, facts.stopped, whole[during]))
        planned += [
            (after, due, whole[after])
            for due in _grid(facts, rules, facts.stopped, end, rules.recovery_every)
        ]
    return planned


def _overtaken(
    facts: ScheduleFacts, rules: ScheduleRules, sets: Sequence[datetime]
) -> list[Planned]:
    """The set that was due shortly before the stop, whose place the set of the stop takes.

    What was asked for and not taken stays to be seen; it takes no reading from the stop's set.
    """
    if facts.started is None or facts.stopped is None:
        return []
    during = ObservationPhase.INFUSING
    due_by = _grid(facts, rules, facts.started, facts.stopped + rules.early, rules.infusing_every)
    return [
        (during, due, rules.required[during])
        for due in due_by
        if due < facts.stopped and due not in sets
    ]


def _rechecks(
    facts: ScheduleFacts, rules: ScheduleRules, sets: Sequence[datetime], at: datetime
) -> list[Planned]:
    """The pressure again while it is beyond a limit, and a whole set after an IV drug.

    A set that is due about then is the recheck. One is planned ahead and no more.
    """
    if facts.started is None:
        return []
    asked: list[tuple[datetime, bool]] = [
        (dose + rules.recheck_after_drug, True) for dose in facts.doses
    ]
    for begins, ends in facts.beyond:
        due = max(begins, facts.started) + rules.recheck_every
        while due <= (ends or at + rules.recheck_every):
            asked.append((due, False))
            due += rules.recheck_every
    taken, found = list(sets), []
    for due, is_whole in sorted(asked):
        is_over = facts.released is not None and due > facts.released - rules.early
        if is_over or due <= facts.started or any(abs(due - t) <= rules.early for t in taken):
            continue
        taken.append(due)
        recovers = facts.stopped is not None and due > facts.stopped
        phase = ObservationPhase.RECOVERY if recovers else ObservationPhase.INFUSING
        found.append((phase, due, rules.required[phase] if is_whole else rules.recheck_required))
    return found


def _while_running(
    facts: ScheduleFacts, rules: ScheduleRules, start: datetime, end: datetime
) -> list[Planned]:
    """The whole sets while drug runs, and between them the pressure of who is watched closely."""
    during = ObservationPhase.INFUSING
    sets = _grid(facts, rules, start, end, rules.infusing_every)
    between: list[datetime] = []
    if facts.closely:
        every = min(rules.closely_every, rules.infusing_every)
        between = [due for due in _grid(facts, rules, start, end, every) if due not in sets]
    return sorted(
        [
            *((during, due, rules.required[during]) for due in sets),
            *((during, due, rules.closely_required) for due in between),
        ],
        key=lambda slot: slot[1],
    )


def _horizon(facts: ScheduleFacts, rules: ScheduleRules, at: datetime) -> datetime:
    """Show at least one slot ahead, and while the infusion runs all of its plan."""
    if facts.stopped is not None:
        return at + rules.recovery_every + rules.early
    ahead = at + rules.infusing_every + rules.early
    return max(ahead, facts.planned_stop + rules.early) if facts.planned_stop else ahead


def _baseline_times(facts: ScheduleFacts, rules: ScheduleRules) -> list[datetime]:
    """Each baseline reading is due a fixed time after the one before was taken.

    One that the start overtook is due half-way to the start: it shows as missed, not as nothing.
    """
    needed = rules.required[ObservationPhase.BASELINE]
    before = [r for r in facts.readings if facts.started is None or r.at < facts.started]
    due = facts.baseline_from
    times: list[datetime] = []
    for _ in range(rules.baseline_readings):
        if facts.started is not None and due >= facts.started:
            if not times:
                break
            due = times[-1] + (facts.started - times[-1]) / 2
        times.append(due)
        window = [r for r in before if r.at >= due - rules.early]
        taken, _lacking = _complete_at(window, needed)
        due = max(taken or due, due) + rules.baseline_apart
    return times


def _grid(
    facts: ScheduleFacts,
    rules: ScheduleRules,
    start: datetime,
    end: datetime,
    every: timedelta,
) -> list[datetime]:
    """Return the times between ``start`` and ``end``; a sedative restarts the clock."""
    restarts = sorted(s for s in set(facts.sedatives) if start < s < end)
    ongoing = [s for s in facts.sedatives if s <= start]
    close_until = max(ongoing) + rules.after_sedative_for if ongoing else start
    times: list[datetime] = []
    now = start
    while True:
        step = min(every, rules.after_sedative_every) if now < close_until else every
        due = now + step
        if restarts and restarts[0] < due:
            now = restarts.pop(0)
            close_until = now + rules.after_sedative_for
            continue
        if due > end - rules.early:
            return times
        times.append(due)
        now = due


def _spans(
    planned: Sequence[Planned], early: timedelta, released: datetime | None
) -> list[tuple[Planned, datetime, datetime | None]]:
    """Return when each slot opens and closes: it closes when the next one of its list opens.

    It opens ``early`` before it is due, never over half the way back.
    """
    opens: list[datetime] = []
    for index, (_, time, _) in enumerate(planned):
        before = planned[index - 1][1] if index else None
        half = before + (time - before) / 2 if before is not None else time - early
        opens.append(max(time - early, half))
    closes = [*opens[1:], released][: len(planned)]
    return list(zip(planned, opens, closes, strict=True))


def _judge(
    *,
    number: int,
    phase: ObservationPhase,
    needed: Groups,
    due_at: datetime,
    opens_at: datetime,
    closes_at: datetime | None,
    facts: ScheduleFacts,
    rules: ScheduleRules,
    at: datetime,
) -> Slot:
    window = [
        r
        for r in facts.readings
        if opens_at <= r.at <= at and (closes_at is None or r.at < closes_at)
    ]
    if phase is not ObservationPhase.BASELINE and (closes_at is None or at < closes_at):
        window = [r for r in window if not rules.late.is_late(r)]
    fulfilled_at, lacking = _complete_at(window, needed)
    if fulfilled_at is not None:
        state = SlotState.FULFILLED
    elif closes_at is not None and at >= closes_at:
        state = SlotState.MISSED
    elif at > due_at + _patience(phase, due_at, closes_at, rules):
        state = SlotState.OVERDUE
    else:
        state = SlotState.DUE if at >= opens_at else SlotState.UPCOMING
    reason = facts.reasons.get(due_at, "") if state is SlotState.MISSED else ""
    asked = _reminders(phase, due_at, facts, rules, at)
    return Slot(
        number, phase, due_at, opens_at, closes_at, state, fulfilled_at, lacking, reason, asked
    )


def overdue_from(slot: Slot, rules: ScheduleRules) -> datetime:
    """Return the instant after which a slot without its readings is overdue."""
    return slot.due_at + _patience(slot.phase, slot.due_at, slot.closes_at, rules)


def _patience(
    phase: ObservationPhase, due_at: datetime, closes_at: datetime | None, rules: ScheduleRules
) -> timedelta:
    """Return how long a slot may be due before it is overdue.

    Where the next one opens before the grace is over, half of what is left: a reading that is due
    every five minutes is said to be overdue before it is missed.
    """
    if closes_at is None or phase is ObservationPhase.BASELINE:
        return rules.grace
    left = closes_at - due_at
    return rules.grace if rules.grace < left else left / 2


def _reminders(
    phase: ObservationPhase,
    due_at: datetime,
    facts: ScheduleFacts,
    rules: ScheduleRules,
    at: datetime,
) -> tuple[str, ...]:
    """Return the scores that the phase asks for and that were not taken in it."""
    since, until = facts.baseline_from, facts.started or at
    if phase is ObservationPhase.INFUSING and facts.started is not None:
        since, until = facts.started + rules.peak_from, at
        if due_at < since:
            return ()
    elif phase is ObservationPhase.RECOVERY and facts.stopped is not None:
        since, until = facts.stopped, at
    taken = {r.sign for r in facts.readings if since <= r.at <= until and not r.artefact}
    return tuple(score for score in rules.reminders[phase] if score not in taken)


def _complete_at(
    readings: Iterable[Reading], groups: Sequence[frozenset[str]]
) -> tuple[datetime | None, tuple[str, ...]]:
    """Return when the last group got its first reading, or None and the groups without one."""
    first: list[datetime] = []
    lacking: list[str] = []
    usable = [r for r in readings if not r.artefact]
    for group in groups:
        times = [r.at for r in usable if r.sign in group]
        if times:
            first.append(min(times))
        else:
            lacking.append("/".join(sorted(group)))
    return (None if lacking else max(first, default=None), tuple(lacking))
