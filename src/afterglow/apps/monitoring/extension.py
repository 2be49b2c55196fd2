"""What higher apps tell monitoring: the course of the infusion, scores and symptoms.

Monitoring is below ``treatment`` and beside ``assessments``: it never imports them. They register
one function each in their ``AppConfig.ready()``::

    extension.tell_course(courses)   # treatment: start, stop, rates, sedatives, symptoms
    extension.tell_scores(scores)    # assessments: MOAA/S and RASS as readings
    extension.hear_pumps(listener)   # treatment: a pump that was stopped says so itself
    extension.tell_absent(absent)    # treatment: who had to stay on site and has left
    extension.tell_presence(known)   # treatment: what shows that somebody is with the patient

Each function is called once for many sessions, with their primary keys, so that a batch of
messages costs a few queries, however many rooms it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from afterglow.core.dosing.totals import RateFrom
from afterglow.core.monitoring.limits import Symptom
from afterglow.core.monitoring.presence import PresenceFacts
from afterglow.core.monitoring.readings import Reading
from afterglow.core.monitoring.technical import AbsentHelper, CoverageFacts
from afterglow.core.quantities import Rate, Volume
from afterglow.db.looks import read_once


@dataclass(frozen=True, slots=True)
class InfusionCourse:
    """One session's infusion as charted. All empty before an order is made.

    ``rates``: every start, change, pause, resume and stop of the pump, in order of time.
    ``sedatives``: times at which one was given; ``doses``: any other drug into the vein.
    ``symptoms``: those present now. ``closely``: a
    medicine of the patient's may raise the pressure, so it is read more often while drug runs.
    ``drug``: what the checked bag holds, and ``to_be_infused`` how much of it the plan gives.
    ``at_most``: the fastest that this bag is allowed to run.
    ``coverage``: who is with the patient while drug runs, and in recovery.
    """

    started: datetime | None = None
    stopped: datetime | None = None
    released: datetime | None = None
    planned_stop: datetime | None = None
    rates: tuple[RateFrom, ...] = ()
    sedatives: tuple[datetime, ...] = ()
    doses: tuple[datetime, ...] = ()
    symptoms: tuple[Symptom, ...] = ()
    closely: bool = False
    drug: str = ""
    to_be_infused: Volume | None = None
    at_most: Rate | None = None
    coverage: CoverageFacts | None = None


AbsentTeller = Callable[[Sequence[int], datetime], Mapping[int, Sequence[AbsentHelper]]]
CourseTeller = Callable[[Sequence[int], datetime], Mapping[int, InfusionCourse]]
PresenceTeller = Callable[[Sequence[int], datetime], Mapping[int, PresenceFacts]]


class PumpListener(Protocol):
    """Who hears that pumps have reported, or (``anew``) that some reports count no more."""

    def __call__(self, sessions: Sequence[int], at: datetime, *, anew: bool = False) -> None:
        """Look at what the reports of some sessions say now."""


ScoreTeller = Callable[[Sequence[int], datetime], Mapping[int, Sequence[Reading]]]

_course: CourseTeller | None = None
_scores: ScoreTeller | None = None
_pumps: PumpListener | None = None
_absent: AbsentTeller | None = None
_presence: PresenceTeller | None = None


def tell_course(teller: CourseTeller | None) -> CourseTeller | None:
    """Register who knows the course of infusions (session pk → course); return the one before."""
    global _course
    before, _course = _course, teller
    return before


def tell_scores(teller: ScoreTeller | None) -> ScoreTeller | None:
    """Register who knows scored signs (session pk → readings); return the one before."""
    global _scores
    before, _scores = _scores, teller
    return before


@read_once
def courses_of(sessions: Sequence[int], at: datetime) -> Mapping[int, InfusionCourse]:
    """Return each session's infusion as charted at ``at``; one never ordered is all empty."""
    told = _course(sessions, at) if _course is not None and sessions else {}
    return {pk: told.get(pk, InfusionCourse()) for pk in sessions}


@read_once
def scores_of(sessions: Sequence[int], at: datetime) -> Mapping[int, Sequence[Reading]]:
    """Return each session's scored signs up to ``at``, in order of time."""
    told = _scores(sessions, at) if _scores is not None and sessions else {}
    return {pk: told.get(pk, ()) for pk in sessions}


def tell_absent(teller: AbsentTeller | None) -> AbsentTeller | None:
    """Register who knows which helpers have left (session pk → kinds); return the one before."""
    global _absent
    before, _absent = _absent, teller
    return before


def absent_of(sessions: Sequence[int], at: datetime) -> Mapping[int, Sequence[AbsentHelper]]:
    """Return who had to be on site at ``at`` for each session whose drug runs, and is not."""
    told = _absent(sessions, at) if _absent is not None and sessions else {}
    return {pk: told.get(pk, ()) for pk in sessions}


def tell_presence(teller: PresenceTeller | None) -> PresenceTeller | None:
    """Register who knows whether somebody is really with a patient; return the one before."""
    global _presence
    before, _presence = _presence, teller
    return before


@read_once
def presence_of(sessions: Sequence[int], at: datetime) -> Mapping[int, PresenceFacts]:
    """Return what shows at ``at`` that somebody is with each patient; nothing where nobody is."""
    return _presence(sessions, at) if _presence is not None and sessions else {}


def hear_pumps(listener: PumpListener | None) -> PumpListener | None:
    """Register who hears that pumps of some sessions have reported; return the one before."""
    global _pumps
    before, _pumps = _pumps, listener
    return before


def pumps_reported(sessions: Sequence[int], at: datetime) -> None:
    """Tell that pumps have reported, in the transaction that wrote their reports."""
    if _pumps is not None and sessions:
        _pumps(sessions, at)


def pumps_taken_back(sessions: Sequence[int], at: datetime) -> None:
    """Tell that reports of pumps count no more, in the transaction that took them back."""
    if _pumps is not None and sessions:
        _pumps(sessions, at, anew=True)
