"""A rehearsal: the simulated patient, pump and alarms of one room, computed and never written down.

The same scenario, seed and acts always give the same story, so the page asks for the story again
when somebody acts and goes on from where it was. Nothing here touches a database: there is no row
that a report, a count or a ledger could take for a patient's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final

from afterglow.core.cited import Section
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.alarm_state import OpenAlarm, advance
from afterglow.core.monitoring.alarms import AlarmFacts, evaluate
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.readings import Baseline, Reading, Source
from afterglow.core.monitoring.rules import MonitoringRules
from afterglow.core.monitoring.technical import PumpFacts
from afterglow.interop.hl7v2.emit import Sender
from afterglow.simulator.parameters import Signs
from afterglow.simulator.patient import Person, SimulatedPatient
from afterglow.simulator.pump import Pump
from afterglow.simulator.scenarios import Scenario

STEP_S: Final = 5
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""A rehearsal has no date: its times are seconds from its beginning."""
_WINDOW: Final = timedelta(minutes=5)
_BAG_ML, _MG_PER_ML, _RATE = Decimal(50), Decimal("0.7"), Decimal(75)  # 35 mg over 40 minutes
_ACTS_AT_MOST: Final = 60


class Act(StrEnum):
    """What somebody does in a rehearsal."""

    STOP = "stop"
    HALVE = "halve"
    CLAMP = "clamp"
    AIRWAY = "airway"
    REASSURE = "reassure"
    CANNULA = "cannula"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Done:
    """One act, so many seconds after the rehearsal began."""

    at_s: int
    act: Act


@dataclass(frozen=True, slots=True)
class Choice:
    """One act or one scenario as a page offers it."""

    code: str
    label: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Cue:
    """What is seen at the bedside, so many seconds after the scenario began."""

    after_s: int
    say: str


@dataclass(frozen=True, slots=True)
class Help:
    """What eases a scenario without ending it: by how much of what is left, and after how long."""

    act: Act
    by: float
    after_s: int
    say: str


@dataclass(frozen=True, slots=True)
class Script:
    """One scenario: what ends it at once, what eases it, and what is seen."""

    scenario: Scenario
    label: str
    answers: frozenset[Act]
    helps: tuple[Help, ...]
    cues: tuple[Cue, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the data says of rehearsals."""

    lasts: timedelta
    begins: timedelta
    under_way: timedelta
    pressure_every: timedelta
    settled_at: float
    acts: tuple[Choice, ...]
    scripts: tuple[Script, ...]

    def script(self, scenario: str) -> Script:
        """Return one scenario's script. Raises InvalidValue where none is rehearsed."""
        found = next((s for s in self.scripts if s.scenario == scenario), None)
        if found is None:
            known = ", ".join(s.scenario for s in self.scripts)
            raise InvalidValue(f"There is no rehearsal {scenario!r}; there are {known}.")
        return found


@dataclass(frozen=True, slots=True)
class Story:
    """What happened: frames every five seconds, alarms as they changed, and what was seen.

    ``frames`` hold seconds, heart rate, SpO2, breaths, EtCO2, the pump's rate and its volume;
    ``pressures`` seconds, systolic, diastolic; all in the signs' own units.
    """

    frames: tuple[tuple[int, int, int, int, int, str, str], ...]
    pressures: tuple[tuple[int, int, int], ...]
    alarms: tuple[dict[str, Any], ...]
    seen: tuple[dict[str, Any], ...]
    answered_s: int | None


@cache
def plan() -> Plan:
    """Return the packaged rehearsals. Raises InvalidValue when one is mis-stated."""
    text = resources.files("afterglow").joinpath("data", "rehearsals.json").read_text("utf-8")
    body = json.loads(text)
    root = Section("rehearsals", body)
    return Plan(
        lasts=timedelta(minutes=float(root.number("lasts", unit="min"))),
        begins=timedelta(seconds=float(root.number("begins", unit="s"))),
        under_way=timedelta(minutes=float(root.number("under_way", unit="min"))),
        pressure_every=timedelta(seconds=float(root.number("pressure_every", unit="s"))),
        settled_at=float(root.number("settled_at", unit="%")) / 100,
        acts=tuple(
            Choice(str(Act(one["code"])), str(one["label"]), str(one["key"]))
            for one in body["acts"]
        ),
        scripts=tuple(
            Script(
                Scenario(one["code"]),
                str(one["label"]),
                frozenset(Act(word) for word in str(one["answers"]).split()),
                tuple(
                    _help(each, str(said["say"]))
                    for each, said in zip(helps.sections("helps"), one["helps"], strict=True)
                ),
                tuple(Cue(int(cue["after_s"]), str(cue["say"])) for cue in one["cues"]),
            )
            for one, helps in zip(body["scenarios"], root.sections("scenarios"), strict=True)
        ),
    )


def _help(section: Section, say: str) -> Help:
    return Help(
        act=Act(section.word("act")),
        by=float(section.number("by", unit="%")) / 100,
        after_s=int(section.number("after", unit="s")),
        say=say,
    )


@cache
def rules(protocol: str = "iv_ketamine_adult", version: int = 2) -> MonitoringRules:
    """Return the alarm limits of a shipped protocol: a rehearsal alarms as the room does."""
    folder = resources.files("afterglow").joinpath("data", "protocols", protocol, str(version))
    return MonitoringRules.parse(json.loads(folder.joinpath("monitoring.json").read_text("utf-8")))


class _Room:
    """One rehearsal under way."""

    def __init__(self, script: Script, *, seed: int) -> None:
        self.script, self.plan = script, plan()
        self.at = EPOCH - self.plan.under_way
        self.patient = SimulatedPatient(Person(), seed=seed)
        self.rest = self.patient.signs()
        self.pump = Pump(Sender("REHEARSAL", "0" * 16), now=self.at)
        self.pump.load(drug="ketamine", volume_ml=_BAG_ML, mg_per_ml=_MG_PER_ML)
        self.pump.command(_RATE)
        self.charted, self.charted_since = _RATE, self.at
        self.clamped = False
        self.answered_s: int | None = None
        self.readings: list[Reading] = []
        self.waiting: list[tuple[int, Help]] = []
        self.seen: list[dict[str, Any]] = []
        self.helped: set[Act] = set()
        self.open: tuple[OpenAlarm, ...] = ()
        self.alarms: list[dict[str, Any]] = []
        self._next_cuff = EPOCH

    def run_to(self, at: datetime) -> None:
        """Let patient and pump live until ``at``."""
        while self.at < at:
            step = min(timedelta(seconds=STEP_S), at - self.at)
            self.at += step
            flows = 0.0 if self.clamped else self.pump.drug_mg_per_h
            if not self.clamped:
                self.pump.advance(self.at)
            self.patient.advance(step.total_seconds(), drug_mg_per_h=flows)

    def play(self, scenario: Scenario) -> None:
        """Begin or end what goes wrong."""
        self.patient.scenario = self.pump.scenario = scenario

    def do(self, act: Act, at_s: int) -> None:
        """Do what somebody did: what answers the scenario ends it, what helps eases it."""
        if act in (Act.STOP, Act.CANNULA, Act.CLAMP):
            self.pump.command(Decimal(0))
            self.charted, self.charted_since = Decimal(0), self.at
        elif act is Act.HALVE:
            self.pump.command(self.charted / 2)
            self.charted, self.charted_since = self.charted / 2, self.at
        self.clamped |= act is Act.CLAMP or act is Act.CANNULA
        if act in self.script.answers:
            self._settle(at_s)
        if act not in self.helped:
            self.helped.add(act)
            self.waiting += [
                (at_s + each.after_s, each) for each in self.script.helps if each.act is act
            ]

    def take_effect(self, at_s: int) -> None:
        """Let what was done earlier help when its time has come."""
        due = [each for each in self.waiting if each[0] <= at_s]
        self.waiting = [each for each in self.waiting if each[0] > at_s]
        for _when, each in due:
            if each.say:
                self.seen.append({"t": at_s, "say": each.say})
            self.patient.severity *= 1 - each.by
            if self.patient.severity <= self.plan.settled_at:
                self._settle(at_s)

    def _settle(self, at_s: int) -> None:
        if self.answered_s is None:
            self.answered_s = at_s
            self.play(Scenario.CALM)

    @property
    def flow(self) -> Decimal:
        """What runs in now, mL/h."""
        return Decimal(0) if self.clamped else self.pump.rate_ml_per_h

    def judge(self, at_s: int) -> tuple[int, int] | None:
        """Measure, judge the alarms, and return the pressure if the cuff was read."""
        signs, cuff = self.patient.signs(), None
        for code, value in _continuous(signs).items():
            self._take(code, value)
        if self.at >= self._next_cuff:
            self._next_cuff = self.at + self.plan.pressure_every
            cuff = (_whole(signs.systolic), _whole(signs.diastolic))
            self._take(VitalSignCode.SYSTOLIC, cuff[0])
            self._take(VitalSignCode.DIASTOLIC, cuff[1])
        self.readings = [r for r in self.readings if r.at > self.at - _WINDOW]
        facts = AlarmFacts(
            readings=tuple(self.readings),
            baseline=_baselines(self.rest),
            pump=PumpFacts(
                reported_rate=self.flow,
                reported_at=self.at,
                charted_rate=self.charted,
                charted_since=self.charted_since,
            ),
        )
        step = advance(self.open, evaluate(facts, rules(), self.at), rules().alarms, self.at)
        self.open = step.alarms
        self.alarms += [_alarm(at_s, str(c.kind), c.alarm) for c in step.changes]
        return cuff

    def _take(self, code: VitalSignCode, value: int) -> None:
        self.readings.append(Reading(code, Decimal(value), self.at, Source.DEVICE))


def rehearse(scenario: str, acts: Sequence[Done] = (), *, seed: int = 1) -> Story:
    """Return the story of a scenario with what was done in it. Pure: the same asks, the same story.

    Raises InvalidValue for a scenario that is not rehearsed, an act outside of it or too many.
    """
    script, ahead = plan().script(scenario), plan()
    last_s = int(ahead.lasts.total_seconds())
    waiting = list(_checked(acts, last_s))
    room = _Room(script, seed=seed)
    begins_s = int(ahead.begins.total_seconds())
    frames, pressures = [], []
    for at_s in range(0, last_s + 1, STEP_S):
        if at_s == begins_s:
            room.play(script.scenario)
        room.run_to(EPOCH + timedelta(seconds=at_s))
        while waiting and waiting[0].at_s <= at_s:
            room.do(waiting.pop(0).act, at_s)
        room.take_effect(at_s)
        cuff = room.judge(at_s)
        signs = room.patient.signs()
        frames.append(
            (
                at_s,
                _whole(signs.heart_rate),
                min(100, _whole(signs.spo2)),
                _whole(signs.respiratory_rate),
                _whole(signs.etco2),
                f"{room.flow.normalize():f}",
                f"{room.pump.delivered_ml.quantize(Decimal('0.1')):f}",
            )
        )
        if cuff is not None:
            pressures.append((at_s, *cuff))
    until = room.answered_s if room.answered_s is not None else last_s
    seen: list[dict[str, Any]] = [
        {"t": begins_s + cue.after_s, "say": cue.say}
        for cue in script.cues
        if begins_s + cue.after_s <= until
    ]
    seen += room.seen
    seen.sort(key=lambda each: int(each["t"]))
    return Story(tuple(frames), tuple(pressures), tuple(room.alarms), tuple(seen), room.answered_s)


def _checked(acts: Sequence[Done], last_s: int) -> Iterable[Done]:
    if len(acts) > _ACTS_AT_MOST:
        raise InvalidValue(f"A rehearsal holds at most {_ACTS_AT_MOST} acts, not {len(acts)}.")
    for one in acts:
        if not 0 <= one.at_s <= last_s:
            raise InvalidValue(f"An act at {one.at_s} s is outside of the {last_s} s it lasts.")
    return sorted(acts, key=lambda one: one.at_s)


def _alarm(at_s: int, kind: str, alarm: OpenAlarm) -> dict[str, Any]:
    condition = alarm.condition
    return {
        "t": at_s,
        "alarm": f"{condition.code} {condition.about} {alarm.raised_at.isoformat()}",
        "act": kind,
        "code": condition.code,
        "about": condition.about,
        "priority": str(alarm.priority),
        "kind": str(condition.kind),
        "seen": condition.seen,
        "limit": condition.limit,
        "sentence": condition.sentence,
    }


def _continuous(signs: Signs) -> dict[VitalSignCode, int]:
    return {
        VitalSignCode.HEART_RATE: _whole(signs.heart_rate),
        VitalSignCode.SPO2: min(100, _whole(signs.spo2)),
        VitalSignCode.RESPIRATORY_RATE: _whole(signs.respiratory_rate),
        VitalSignCode.ETCO2: _whole(signs.etco2),
    }


def _baselines(rest: Signs) -> dict[str, Baseline]:
    values = {
        **_continuous(rest),
        VitalSignCode.SYSTOLIC: _whole(rest.systolic),
        VitalSignCode.DIASTOLIC: _whole(rest.diastolic),
    }
    begun = EPOCH - plan().under_way
    return {
        str(code): Baseline(code, Decimal(value), Source.DEVICE, (begun, begun))
        for code, value in values.items()
    }


def _whole(value: float) -> int:
    return int(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP))
