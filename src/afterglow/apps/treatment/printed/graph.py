"""The trend on paper: one panel a sign, one time axis, artefacts hollow, gaps left open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from afterglow.apps.treatment.printed.words import Clock, Content

GAP: Final = timedelta(minutes=12)
"""A line is not drawn over a longer time without a reading: a gap stays a gap."""
_STEPS: Final = (5, 10, 15, 30, 60, 120)
_MOST_TICKS: Final = 10


@dataclass(frozen=True, slots=True)
class Panel:
    """One box: its signs with colours, its usual span, and how high it is drawn (mm)."""

    title: str
    signs: Mapping[str, str]
    low: int
    high: int
    step: int
    tall: int
    joined: bool = False


PANELS: Final = (
    Panel(
        "Pressure, mmHg",
        {"systolic": "#9B2C2C", "diastolic": "#C46A6A"},
        low=40,
        high=180,
        step=20,
        tall=34,
        joined=True,
    ),
    Panel(
        "Heart rate (dark) and pulse (light), /min",
        {"heart_rate": "#1B7340", "pulse_rate": "#7AA88B"},
        low=40,
        high=140,
        step=20,
        tall=18,
    ),
    Panel("SpO2, %", {"spo2": "#1A66A8"}, 85, 100, 5, 15),
    Panel("Breaths, /min", {"respiratory_rate": "#6B5B00"}, 0, 30, 10, 13),
)


def graph(content: Content, clock: Clock) -> dict[str, Any]:
    """Return the panels with points in a box of 1 × 1, the clock below and the infusion's marks.

    A point is ``[x, y, is_hollow, is_by_hand]``; an artefact, or a value that was not believed, is
    hollow and joins no line.
    """
    signs = content["vital_signs"]
    shown = {sign for panel in PANELS for sign in panel.signs}
    rows = [
        row
        for row in (*signs["trend"], *signs["by_hand"])
        if row["sign"] in shown and row["value"] is not None
    ]
    if not rows:
        return {"panels": [], "times": [], "marks": [], "has_hollow": False}
    marks = _marks(content)
    instants = [datetime.fromisoformat(row["at"]) for row in rows] + [at for at, _ in marks]
    axis = _Axis(min(instants), max(instants))
    return {
        "panels": [drawn for panel in PANELS if (drawn := _panel(panel, rows, axis))["traces"]],
        "times": axis.ticks(clock),
        "marks": [{"x": axis.x(at), "words": words} for at, words in marks],
        "has_hollow": any(_is_hollow(row) for row in rows),
    }


def _marks(content: Content) -> list[tuple[datetime, str]]:
    infusion = content["infusion"]
    if infusion is None:
        return []
    ends = [(datetime.fromisoformat(infusion["started_at"]), "start")]
    if infusion["ended_at"]:
        ends.append((datetime.fromisoformat(infusion["ended_at"]), "stop"))
    return ends


@dataclass(frozen=True, slots=True)
class _Axis:
    first: datetime
    last: datetime

    def x(self, at: datetime) -> float:
        span = max((self.last - self.first).total_seconds(), 60.0)
        return round((at - self.first).total_seconds() / span, 4)

    def ticks(self, clock: Clock) -> list[dict[str, Any]]:
        minutes = (self.last - self.first).total_seconds() / 60
        step = next((each for each in _STEPS if minutes / each <= _MOST_TICKS), 24 * 60)
        local = self.first.astimezone(clock.zone)
        begun = local.replace(second=0, microsecond=0)
        begun -= timedelta(minutes=(begun.hour * 60 + begun.minute) % step)
        found = []
        at = begun
        while at <= self.last:
            if at >= self.first:
                found.append({"x": self.x(at), "words": f"{at:%H:%M}"})
            at += timedelta(minutes=step)
        return found


def _panel(panel: Panel, rows: Iterable[Content], axis: _Axis) -> dict[str, Any]:
    mine = [row for row in rows if row["sign"] in panel.signs]
    values = [Decimal(row["value"]) for row in mine]
    step = Decimal(panel.step)
    low = min(
        [Decimal(panel.low), *((v / step).to_integral_value(ROUND_FLOOR) * step for v in values)]
    )
    high = max(
        [Decimal(panel.high), *((v / step).to_integral_value(ROUND_CEILING) * step for v in values)]
    )

    def y(value: Decimal) -> float:
        return round(float(1 - (value - low) / (high - low)), 4)

    traces = []
    for sign, colour in panel.signs.items():
        points = sorted(
            (datetime.fromisoformat(row["at"]), Decimal(row["value"]), _is_hollow(row), "by" in row)
            for row in mine
            if row["sign"] == sign
        )
        if points:
            traces.append(
                {
                    "colour": colour,
                    "points": [[axis.x(p[0]), y(p[1]), p[2], p[3]] for p in points],
                    "lines": _lines(
                        [(at, axis.x(at), y(v)) for at, v, hollow, _ in points if not hollow]
                    ),
                }
            )
    return {
        "title": panel.title,
        "tall": panel.tall,
        "ticks": _ticks(low, high, step, panel.tall),
        "traces": traces,
        "bars": _bars(mine, axis, y) if panel.joined else [],
    }


def _ticks(low: Decimal, high: Decimal, step: Decimal, tall: int) -> list[dict[str, Any]]:
    """Return the values beside the panel, so many that they do not touch (5 mm a value)."""
    while (high - low) / step > tall / 5:
        step *= 2
    found, value = [], low
    while value <= high:
        found.append(
            {"y": round(float(1 - (value - low) / (high - low)), 4), "words": str(int(value))}
        )
        value += step
    return found


def _lines(points: list[tuple[datetime, float, float]]) -> list[list[list[float]]]:
    """Return the stretches that are joined by a line."""
    pieces: list[list[list[float]]] = []
    before: datetime | None = None
    for at, x, y in points:
        if before is None or at - before > GAP:
            pieces.append([])
        pieces[-1].append([x, y])
        before = at
    return pieces


def _bars(rows: Iterable[Content], axis: _Axis, y: Any) -> list[list[float]]:
    """Return one upright bar a measured pressure, from systolic to diastolic."""
    pairs: dict[str, dict[str, Decimal]] = {}
    for row in rows:
        if not _is_hollow(row):
            pairs.setdefault(row["at"], {})[row["sign"]] = Decimal(row["value"])
    return [
        [axis.x(datetime.fromisoformat(at)), y(pair["systolic"]), y(pair["diastolic"])]
        for at, pair in sorted(pairs.items())
        if len(pair) == 2  # systolic and diastolic
    ]


def _is_hollow(row: Content) -> bool:
    return bool(row["artefact"] or row["flag"])
