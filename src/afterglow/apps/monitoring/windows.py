"""Readings that a process keeps in mind, so that judging alarms reads each row only once.

A session's alarms are judged from five minutes of readings, which come every second. The judge
looks at every session that got some: it keeps the window here, and at each look reads only what is
new. The answer is that of the full read, because whoever writes a session's readings holds that
session's lock until the commit: numbers rise in the order of commits, and nothing below the highest
number seen can appear later. What cannot be added to the end is read again from the rows: a mark on
a reading, or a clock that was set back. A number carries the month of the server's clock: while the
highest is of a month to come, rows have lower ones, and the session is read again at each look.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, overload

from django.db import connection
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Least

from afterglow.apps.monitoring import lines
from afterglow.apps.monitoring.models import ArtefactMark, VitalSign
from afterglow.core.monitoring.catalogue import BLOOD_PRESSURE, VitalSignCode
from afterglow.core.monitoring.device_clock import PROMPT
from afterglow.core.monitoring.readings import LOOKED_BACK, Baseline, Reading, Source, lines_of
from afterglow.db import months
from afterglow.web import clock

CONTINUOUS_WINDOW = LOOKED_BACK
SPARSE_WINDOW = timedelta(hours=2)
INSTANT = timedelta(microseconds=1)
MOST_SESSIONS = 512
"""The session judged longest ago is forgotten above it: it costs one full read to come back."""
SLACK = 60
"""Readings of a line that may have left its window before they are dropped together."""

SEEN_AT = Least("taken_at", "arrived_at")
"""When a reading counts: one of a device whose clock is ahead counts from when it is here."""

Key = tuple[str, Source]

_NEW = """
SELECT w.session_id, v.id, v.code, v.source, v.value, v.taken_at, v.arrived_at, v.flag
FROM unnest(%s::bigint[], %s::bigint[]) AS w(session_id, tip)
CROSS JOIN LATERAL (
    SELECT * FROM monitoring_vitalsign r
    WHERE r.session_id = w.session_id AND r.id > w.tip AND r.id > %s
) v ORDER BY v.id
"""
_TIPS = f"""
SELECT w.session_id, (
    SELECT max(id) FROM monitoring_vitalsign r
    WHERE r.session_id = w.session_id AND {months.bound("r")}
) FROM unnest(%s::bigint[]) AS w(session_id)
"""  # noqa: S608 (constants)


class BaselineKey(NamedTuple):
    """What a baseline of a started infusion depends on, beside the readings before its start."""

    started: datetime
    apart: timedelta
    tolerance: timedelta


class Signal(NamedTuple):
    """When a device last gave a sign: by its clock, corrected where far off, and when
    that was here by ours."""

    code: str
    taken_at: datetime
    heard_at: datetime


class _Line:
    """Believed readings of one sign from one source, by time and then by number.

    ``times``: when each counts, ``SEEN_AT``; ``taken``: when each was measured, by its device's
    clock, corrected where it is far off, and ``heard`` when that was by ours. What a person typed,
    which is little, is kept as it will be looked at: with when it was entered.
    """

    __slots__ = ("heard", "key", "taken", "times", "typed", "values")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.times: list[datetime] = []
        self.values: list[Decimal] = []
        self.taken: list[datetime] = []
        self.heard: list[datetime] = []
        self.typed: list[Reading] | None = [] if key[1] is Source.HAND else None

    def add(self, taken_at: datetime, arrived_at: datetime, value: Decimal) -> None:
        """Add a reading whose number is above all others."""
        seen_at = min(taken_at, arrived_at)
        place = bisect_right(self.times, seen_at)
        self.times.insert(place, seen_at)
        self.values.insert(place, value)
        if self.typed is not None:
            one = Reading(self.key[0], value, seen_at, Source.HAND, entered_at=arrived_at)
            self.typed.insert(place, one)
        place = bisect_right(self.taken, taken_at)
        self.taken.insert(place, taken_at)
        self.heard.insert(place, heard_at(taken_at, arrived_at))

    def drop_before(self, since: datetime) -> None:
        """Let go of what is older, except for the last of it: it says when the sign was seen."""
        count = bisect_left(self.times, since) - 1
        if count > SLACK:
            del self.times[:count], self.values[:count]
            if self.typed is not None:
                del self.typed[:count]
            count = max(0, bisect_left(self.taken, since) - 1)
            del self.taken[:count], self.heard[:count]

    def last(self, at: datetime) -> Signal | None:
        """Return when the last reading up to ``at`` was taken and heard."""
        place = bisect_right(self.taken, at) - 1
        return Signal(self.key[0], self.taken[place], self.heard[place]) if place >= 0 else None


class _Cut(Sequence[Reading]):
    """A stretch of a line; a reading is made when it is looked at, which few are."""

    __slots__ = ("_line", "_start", "_stop")

    def __init__(self, line: _Line, start: int, stop: int) -> None:
        self._line, self._start, self._stop = line, start, stop

    def __len__(self) -> int:
        return self._stop - self._start

    @overload
    def __getitem__(self, index: int) -> Reading: ...
    @overload
    def __getitem__(self, index: slice) -> list[Reading]: ...
    def __getitem__(self, index: int | slice) -> Reading | list[Reading]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        place = self._start + index if index >= 0 else self._stop + index
        line = self._line
        if line.typed is not None:
            return line.typed[place]
        sign, source = line.key
        return Reading(sign, line.values[place], line.times[place], source)

    def __reversed__(self) -> Iterator[Reading]:
        return (self[i] for i in range(len(self) - 1, -1, -1))


@dataclass
class _Session:
    """What is kept of one session. ``tip``, ``mark``: the highest numbers that were read.

    ``at``: when it was looked at last. What left the windows before is gone.
    """

    tip: int
    mark: int
    at: datetime
    lines: dict[Key, _Line] = field(default_factory=dict)
    baseline: tuple[BaselineKey, Mapping[str, Baseline]] | None = None

    def add(
        self, code: str, source: str, value: Decimal, taken_at: datetime, arrived_at: datetime
    ) -> None:
        key = (str(code), Source(source))
        line = self.lines.get(key)
        if line is None:
            line = self.lines[key] = _Line(key)
        line.add(taken_at, arrived_at, value)
        if self.baseline is not None and taken_at <= self.baseline[0].started:
            self.baseline = None


class Windows:
    """The windows of the sessions that one process judges again and again."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, _Session] = OrderedDict()
        self._decimals: dict[Decimal, Decimal] = {}

    @property
    def kept(self) -> int:
        """How many readings are kept, over all sessions."""
        return sum(len(line.times) for one in self._known.values() for line in one.lines.values())

    def forget(self) -> None:
        """Start again from the rows, as after a lost connection."""
        self._known.clear()

    def refresh(self, sessions: Sequence[int], *, at: datetime) -> None:
        """Read what is new of some sessions, whose locks the caller holds."""
        self._drop_marked(sessions)
        to_come = months.stored_after(clock.now())
        known = [
            pk
            for pk in sessions
            if (kept := self._known.get(pk)) is not None and kept.at <= at and kept.tip < to_come
        ]
        if known:
            with connection.cursor() as cursor:
                tips = [self._known[pk].tip for pk in known]
                # The lowest tip once more as a plain number: months before it are not planned.
                cursor.execute(_NEW, [known, tips, min(tips)])
                for row in cursor.fetchall():
                    session, pk, code, source, value, taken_at, arrived_at, flag = row
                    one = self._known[session]
                    one.tip = pk
                    if not flag:
                        one.add(code, source, self._shared(value), taken_at, arrived_at)
        self._read_again([pk for pk in sessions if pk not in set(known)], at)
        for pk in sessions:
            self._known.move_to_end(pk)
            self._known[pk].at = at
            for key, line in self._known[pk].lines.items():
                line.drop_before(at - _window(key))
        while len(self._known) > max(MOST_SESSIONS, len(sessions)):
            self._known.popitem(last=False)

    def lines(
        self, session: int, *, at: datetime, scores: Sequence[Reading] = ()
    ) -> dict[Key, Sequence[Reading]]:
        """Return the readings that limits are compared with, as lines, with scores behind."""
        found: dict[Key, Sequence[Reading]] = {}
        for key, line in self._known[session].lines.items():
            start = bisect_left(line.times, at - _window(key))
            stop = bisect_right(line.times, at)
            if start < stop:
                found[key] = _Cut(line, start, stop)
        for key, scored in lines_of(scores, at=at).items():
            found[key] = sorted([*found.get(key, ()), *scored], key=lambda reading: reading.at)
        return found

    def signals(self, session: int, *, at: datetime) -> list[Signal]:
        """Return when each sign was last had from a device, in the catalogue's order."""
        kept = self._known[session].lines
        found = []
        for code in VitalSignCode:
            line = kept.get((code.value, Source.DEVICE))
            last = None if line is None else line.last(at)
            if last is not None:
                found.append(last)
        return found

    def baseline(self, session: int, key: BaselineKey) -> Mapping[str, Baseline] | None:
        """Return a started session's baseline, if nothing older than its start came since."""
        kept = self._known[session].baseline
        return kept[1] if kept is not None and kept[0] == key else None

    def keep_baseline(
        self, session: int, key: BaselineKey, baseline: Mapping[str, Baseline]
    ) -> None:
        """Keep a baseline that was just read under the session's lock."""
        self._known[session].baseline = (key, baseline)

    def _drop_marked(self, sessions: Sequence[int]) -> None:
        """Forget a session on whose readings a mark was set or taken back."""
        marks = _last_marks(sessions)
        for pk in sessions:
            if pk in self._known and self._known[pk].mark != marks.get(pk, 0):
                del self._known[pk]

    def _read_again(self, sessions: Sequence[int], at: datetime) -> None:
        if not sessions:
            return
        marks = _last_marks(sessions)
        with connection.cursor() as cursor:
            cursor.execute(_TIPS, [lines.oldest_id(sessions), list(sessions)])
            tips = dict(cursor.fetchall())
        for pk in sessions:
            self._known[pk] = _Session(tips[pk] or 0, marks.get(pk, 0), at)
        seen: set[int] = set()
        every: list[tuple[int, int, str, str, Decimal, datetime, datetime]] = list(
            believed(sessions, since=at).values_list(
                "pk", "session_id", "code", "source", "value", "taken_at", "arrived_at"
            )
        )
        last = lines.every_line(sessions, until=at + INSTANT, sources=(Source.DEVICE,))
        every += [
            (f.pk, f.line.session, f.line.code, f.line.source, f.value, f.taken_at, f.arrived_at)
            for f in lines.last_of(last)
        ]
        for pk, session, code, source, value, taken_at, arrived_at in sorted(every):
            if pk not in seen:
                seen.add(pk)
                kept = self._known[session]
                kept.add(code, source, self._shared(value), taken_at, arrived_at)

    def _shared(self, value: Decimal) -> Decimal:
        """One object for one value: a sign takes few of them."""
        if len(self._decimals) > 20_000:
            self._decimals.clear()
        return self._decimals.setdefault(value, value)


def heard_at(taken_at: datetime, arrived_at: datetime) -> datetime:
    """Return when a sign was there, by our clock: a device may be up to a minute behind.

    What was held back for longer, or comes from a clock that is further behind, was there then.
    """
    return max(taken_at, arrived_at) if arrived_at - taken_at <= PROMPT else taken_at


def believed(sessions: Iterable[int], *, since: datetime) -> QuerySet[VitalSign]:
    """Return the readings of the windows that end at ``since`` or later, without artefacts."""
    marked = (
        ArtefactMark.objects.filter(session_id__in=list(sessions))
        .order_by("vital_sign_id", "-at", "-pk")
        .distinct("vital_sign_id")
        .values_list("vital_sign_id", "is_artefact")
    )
    return (
        in_windows(sessions, since)
        .filter(months.since(months.stored_since(since - SPARSE_WINDOW, now=clock.now())), flag="")
        .exclude(pk__in=[pk for pk, is_artefact in marked if is_artefact])
    )


def in_windows(sessions: Iterable[int], at: datetime) -> QuerySet[VitalSign]:
    """Return the rows that are young enough at ``at`` for a limit to be compared with."""
    continuous = [code for code in VitalSignCode if code not in BLOOD_PRESSURE]
    short, long = (
        Q(taken_at__gte=at - window, arrived_at__gte=at - window)
        for window in (CONTINUOUS_WINDOW, SPARSE_WINDOW)
    )
    return VitalSign.objects.filter(
        Q(short, source=Source.DEVICE, code__in=continuous)
        | Q(long, source=Source.DEVICE, code__in=BLOOD_PRESSURE)
        | Q(long, source=Source.HAND),
        session_id__in=list(sessions),
    )


def _window(key: Key) -> timedelta:
    sign, source = key
    is_continuous = source is Source.DEVICE and sign not in BLOOD_PRESSURE
    return CONTINUOUS_WINDOW if is_continuous else SPARSE_WINDOW


def _last_marks(sessions: Sequence[int]) -> dict[int, int]:
    return dict(
        ArtefactMark.objects.filter(session_id__in=list(sessions))
        .values("session_id")
        .annotate(last=Max("pk"))
        .values_list("session_id", "last")
    )
