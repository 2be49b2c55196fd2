"""The grid of readings: a column for every observation the protocol asks for, rows of signs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from afterglow.apps.assessments import queries as assessments
from afterglow.apps.assessments.queries import Answered
from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.monitoring.lines import Sets
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.monitoring.queries import GridRow, LatestReading, Spread
from afterglow.apps.treatment import queries
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.catalogue import VitalSignCode, definition
from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.core.monitoring.readings import Baseline, Source
from afterglow.core.monitoring.rules import AlarmLimit
from afterglow.core.monitoring.schedule import Slot, SlotState
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web.cards import Words
from afterglow.web.formats import number
from afterglow.web.sentences import name_words

LATE = timedelta(minutes=2)
"""An entry charted so long after it was seen looks late."""
TWO_TIMES = timedelta(minutes=1)
"""Above this both times are shown: when it was seen and when it was entered."""

_V = VitalSignCode


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the grid: the field it is entered in, its shape and its word."""

    field: str
    label: Words
    shape: str
    entry: str
    codes: tuple[str, ...]
    most: int | None = None
    """The highest that may be entered; of a pressure, of its second number."""
    least: int | None = None
    """The lowest answer of a scale; a vital sign's first digit says nothing about its lowest."""
    on_demand: bool = False
    """It stands there where something was measured, or where a person opens it ("+ row")."""


VITALS = (
    Line("pressure", _("BP"), "pressure", "pressure", (_V.SYSTOLIC, _V.DIASTOLIC)),
    Line("heart_rate", _("HR"), "heart", "digits", (_V.HEART_RATE, _V.PULSE_RATE)),
    Line("spo2", _("SpO2"), "oxygen", "digits", (_V.SPO2,)),
    Line("respiratory_rate", _("RR"), "breath", "digits", (_V.RESPIRATORY_RATE,)),
    Line("etco2", _("EtCO2"), "co2", "digits", (_V.ETCO2,), on_demand=True),
    Line("temperature", _("Temp °C"), "temperature", "decimal", (_V.TEMPERATURE,), on_demand=True),
)
SCALES: Mapping[str, Words] = {
    "moaas": _("MOAA/S 0–5"),
    "dissociation": _("Dissoc. 0–10"),
    "nausea": _("Nausea 0–3"),
    "anxiety": _("Anxiety 0–10"),
    "pain": _("Pain 0–10"),
}
_ON_DEMAND = frozenset({"pain"})
"""Scales that are asked before the start and in recovery; while drug runs on demand."""


@dataclass(frozen=True, slots=True)
class Named:
    """A reading as an address names it: what it arrived with, its sign and its time."""

    batch: UUID
    sign: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell says.

    ``level``: red or amber of what is drawn, by the protocol's limits, as numbers alone.
    ``other_level``, ``more_level`` and ``spread_level``: of what stands small beside it.
    """

    text: str = ""
    level: str = ""
    by_hand: bool = False
    other: str = ""
    other_level: str = ""
    late: datetime | None = None
    entered: datetime | None = None
    """When it was entered, where that is more than a minute after it was taken."""
    spread: str = ""
    """Lowest and highest that the device said in the column's stretch, where they differ."""
    spread_level: str = ""
    reading: Named | None = None
    more: int = 0
    """Sets of the same kind in this column that are not drawn: one tap shows them."""
    more_level: str = ""
    extreme: str = ""
    """The value out of its limits that is not drawn, where it is worse than what is."""
    assessment: str = ""
    paper: str = ""
    """Who measured it and wrote it on paper, where it was copied from there."""
    struck: str = ""
    """A score of this column that was entered in error."""

    @property
    def worst(self) -> str:
        """The worst of all that its column holds of the sign, drawn or not."""
        return _worst({self.level, self.other_level, self.more_level, self.spread_level})


@dataclass(frozen=True, slots=True)
class Column:
    """One observation slot. ``is_open``: it still waits and takes digits."""

    slot: Slot
    is_open: bool
    is_overdue: bool
    is_missed: bool
    owes_reason: bool
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class GridLine:
    """One row with its cells in the order of the columns. ``is_shown``: not only on demand."""

    line: Line
    cells: tuple[tuple[Column, Cell], ...]
    is_shown: bool = True


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid, its lines, what is due next, and when the next column opens."""

    columns: tuple[Column, ...]
    lines: tuple[GridLine, ...]
    due: Slot | None
    opens_at: datetime | None
    owed: int
    asks: tuple[Line, ...] = ()
    """The rows that the observation which is due still lacks."""


def lines_of(*, at: datetime) -> tuple[Line, ...]:
    """Return the rows: the vital signs, then the scales that are on file."""
    known = assessments.instruments_in_use(tuple(SCALES), at=at)
    return (
        *(replace(line, most=_highest(line)) for line in VITALS),
        *(
            Line(
                key,
                words,
                "",
                "digits",
                (key,),
                most=known[key][1].items[0].highest,
                least=known[key][1].items[0].lowest,
                on_demand=key in _ON_DEMAND,
            )
            for key, words in SCALES.items()
            if key in known
        ),
    )


def _highest(line: Line) -> int | None:
    plausible = definition(
        VitalSignCode(line.codes[-1 if line.field == "pressure" else 0])
    ).plausible
    return int(plausible.highest) if plausible else None


def _lacking(lines: Iterable[Line], slot: Slot | None) -> tuple[Line, ...]:
    """The rows that a slot still wants; a group that it names needs one of its signs."""
    wanted = {code for group in (slot.lacking if slot else ()) for code in group.split("/")}
    return tuple(line for line in lines if wanted.intersection(line.codes))


def reminder_words(slot: Slot | None) -> list[Words]:
    """Return the scores that are asked for with an observation and were not taken yet."""
    return [SCALES.get(code) or name_words(code) for code in slot.reminders] if slot else []


def grid(session: TreatmentSession, *, at: datetime) -> Grid:
    """Return the grid at ``at``: every slot that has opened, and the one that waits."""
    rows = monitoring.grid(session, at=at)
    spreads = monitoring.spreads(session, at=at)
    slots = monitoring.schedule(session, at=at)
    waiting = [s for s in slots if s.state in (SlotState.DUE, SlotState.OVERDUE)]
    coming = next((s for s in slots if s.state is SlotState.UPCOMING), None)
    answered = assessments.answered(session, until=at, keys=tuple(SCALES))
    struck = assessments.taken_back(session, until=at, keys=tuple(SCALES))
    judge = Judge(rules_of(session).limits, monitoring.baseline(session, at=at))
    paper = queries.kept_on_paper(session)
    lines = lines_of(at=at)
    columns = tuple(
        _from_paper(_column(row, lines, answered, struck, judge, spreads, at), paper, answered)
        for row in rows
    )
    lacking = _lacking(lines, waiting[-1] if waiting else None)
    return Grid(
        columns=columns,
        lines=tuple(
            GridLine(
                line,
                tuple((column, column.cells[line.field]) for column in columns),
                is_shown=line in lacking or _is_shown(session, line, columns),
            )
            for line in lines
        ),
        due=waiting[-1] if waiting else coming,
        asks=lacking,
        opens_at=coming.opens_at if coming else None,
        owed=sum(1 for column in columns if column.owes_reason),
    )


def _is_shown(session: TreatmentSession, line: Line, columns: Iterable[Column]) -> bool:
    """Whether a row stands there without being asked for."""
    if not line.on_demand:
        return True
    if line.field in SCALES and session.state != SessionState.INFUSING:
        return True
    cells = (column.cells[line.field] for column in columns)
    return any(cell.text or cell.spread or cell.struck for cell in cells)


@dataclass(frozen=True, slots=True)
class Judge:
    """Says whether a number by itself lies beyond a limit; alarms confirm and sustain besides."""

    limits: tuple[AlarmLimit, ...]
    baseline: Mapping[str, Baseline]

    def level(self, sign: str, value: Decimal) -> str:
        """Return "red", "amber" or nothing."""
        beyond = {limit.priority for limit in self.limits if self._crosses(limit, sign, value)}
        if AlarmPriority.HIGH in beyond:
            return "red"
        return "amber" if beyond else ""

    def _crosses(self, limit: AlarmLimit, sign: str, value: Decimal) -> bool:
        if limit.sign != sign or limit.sustained_for:
            return False
        if limit.bound is not None and limit.number is not None:
            return limit.bound.is_crossed(value, limit.number)
        start = self.baseline.get(sign)
        if start is None or start.value <= 0:
            return False
        rise = value - start.value
        enough = rise * 100 >= (limit.rise_percent or 0) * start.value
        return rise > 0 and enough and rise >= (limit.rise_at_least or 0)


def _column(
    row: GridRow,
    lines: Iterable[Line],
    answered: Iterable[Answered],
    struck: Iterable[Answered],
    judge: Judge,
    spreads: Mapping[tuple[datetime, str], Spread],
    at: datetime,
) -> Column:
    slot = row.slot
    mine, gone = (
        {each.row.instrument_key: each for each in of if _is_in(row, each)}
        for of in (answered, struck)
    )
    cells = {}
    for line in lines:
        if line.field in SCALES:
            cells[line.field] = _scale_cell(mine.get(line.field), gone.get(line.field), judge)
        else:
            spread = _spread(line, slot, spreads)
            cells[line.field] = _with_spread(_vital_cell(line, row, judge), spread, judge)
    return Column(
        slot=slot,
        is_open=slot.closes_at is None or at < slot.closes_at,
        is_overdue=slot.state is SlotState.OVERDUE,
        is_missed=slot.state is SlotState.MISSED,
        owes_reason=slot.owes_a_reason,
        cells=cells,
    )


def _spread(
    line: Line, slot: Slot, spreads: Mapping[tuple[datetime, str], Spread]
) -> tuple[str, Spread] | None:
    """Return between which values a continuous sign moved; a cuff's readings are each a number."""
    if line.entry == "pressure":
        return None
    for code in line.codes:
        found = spreads.get((slot.opens_at, code))
        if found is not None:
            return code, found
    return None


def _with_spread(cell: Cell, moved: tuple[str, Spread] | None, judge: Judge) -> Cell:
    """Return the cell with what its device saw between the drawn readings, judged as they are."""
    if moved is None or moved[1].low == moved[1].high:
        return cell
    code, spread = moved
    return replace(
        cell,
        spread=f"{number(spread.low)}–{number(spread.high)}",
        spread_level=_worst({judge.level(code, spread.low), judge.level(code, spread.high)}),
    )


def _worst(levels: Collection[str]) -> str:
    return "red" if "red" in levels else "amber" if "amber" in levels else ""


def _from_paper(column: Column, paper: Mapping[UUID, str], answered: Iterable[Answered]) -> Column:
    """Return the column with who measured on paper what was copied from there."""
    if not paper:
        return column
    keys = {str(each.row.public_id): each.row.key for each in answered}
    cells = {}
    for name, cell in column.cells.items():
        key = cell.reading.batch if cell.reading else keys.get(cell.assessment)
        cells[name] = replace(cell, paper=paper.get(key, "")) if key else cell
    return replace(column, cells=cells)


def _is_in(row: GridRow, answer: Answered) -> bool:
    return row.slot.opens_at <= answer.row.at < row.until


def _scale_cell(answer: Answered | None, gone: Answered | None, judge: Judge) -> Cell:
    struck = number(gone.total) if gone is not None and gone.total is not None else ""
    if answer is None or answer.total is None:
        return Cell(struck=struck)
    return Cell(
        struck=struck,
        text=number(answer.total),
        level=judge.level(answer.row.instrument_key, answer.total),
        by_hand=False,
        late=_after(answer.row.recorded_at, answer.row.at, LATE),
        entered=_after(answer.row.recorded_at, answer.row.at, TWO_TIMES),
        assessment=str(answer.row.public_id),
    )


def _vital_cell(line: Line, row: GridRow, judge: Judge) -> Cell:
    values = row.values
    device = _side(line, values, Source.DEVICE)
    hand = _side(line, values, Source.HAND)
    shown = device or hand
    if not shown:
        return Cell()
    # What is not drawn counts as much, at its own place: a red set stays in sight as the highest or
    # lowest of its column when a normal one follows, and the normal one is not red.
    of_sets = [
        (code, sets)
        for code in line.codes
        for source in Source
        if (sets := row.sets.get((code, source))) is not None and sets.how_many > 1
    ]
    low = _worst({judge.level(code, sets.low) for code, sets in of_sets})
    high = _worst({judge.level(code, sets.high) for code, sets in of_sets})
    unseen = _worst({low, high})
    level, other_level = _of(shown, judge), _of(hand, judge) if device and hand else ""
    extreme = ""
    if unseen and _worst({level, other_level}) != unseen:
        extreme = _extreme(line, of_sets, is_high=high == unseen)
    first = shown[0]
    hand_entry = first.source is Source.HAND
    return Cell(
        text=_joined(shown),
        level=level,
        by_hand=not device,
        other=_joined(hand) if device and hand else "",
        other_level=other_level,
        late=_after(first.arrived_at, first.taken_at, LATE) if hand_entry else None,
        entered=_after(first.arrived_at, first.taken_at, TWO_TIMES) if hand_entry else None,
        reading=Named(first.batch, first.sign, first.taken_at),
        more=row.sets[(first.sign, first.source)].how_many - 1
        if (first.sign, first.source) in row.sets
        else 0,
        more_level=unseen,
        extreme=extreme,
    )


def _extreme(line: Line, of_sets: Iterable[tuple[str, Sets]], *, is_high: bool) -> str:
    """Return the highest (or lowest) of each part among a column's sets: ``↑192/118``."""
    found: dict[str, Decimal] = {}
    for code, sets in of_sets:
        value = sets.high if is_high else sets.low
        found[code] = value if code not in found else (max if is_high else min)(found[code], value)
    parts = "/".join(number(found[code]) for code in line.codes if code in found)
    return f"{'↑' if is_high else '↓'}{parts}"


def _of(parts: Iterable[LatestReading], judge: Judge) -> str:
    return _worst({judge.level(part.sign, part.value) for part in parts})


def _after(entered: datetime, taken: datetime, span: timedelta) -> datetime | None:
    return entered if entered - taken > span else None


def _side(
    line: Line, values: Mapping[tuple[str, Source], LatestReading], source: Source
) -> tuple[LatestReading, ...]:
    found = [values[(code, source)] for code in line.codes if (code, source) in values]
    if line.entry == "pressure":
        return tuple(found) if len(found) == len(line.codes) else ()
    return tuple(found[:1])


def _joined(parts: Iterable[LatestReading]) -> str:
    return "/".join(number(part.value) for part in parts)
