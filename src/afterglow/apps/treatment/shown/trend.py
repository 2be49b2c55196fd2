"""What the vitals graph draws: the lines by the minute, the limits, the baseline, the gaps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.monitoring.trends import trend_json
from afterglow.apps.treatment.shown.vitals import CODES, stale_seconds
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.core.monitoring.readings import Baseline
from afterglow.core.monitoring.rules import AlarmLimit, Bound
from afterglow.web.cards import Sign
from afterglow.web.formats import number

_LINES = {
    VitalSignCode.SYSTOLIC: Sign.PRESSURE,
    VitalSignCode.DIASTOLIC: Sign.PRESSURE,
    VitalSignCode.HEART_RATE: Sign.HEART,
    VitalSignCode.SPO2: Sign.OXYGEN,
    VitalSignCode.RESPIRATORY_RATE: Sign.BREATH,
    VitalSignCode.ETCO2: Sign.CO2,
}
"""What a line of the graph is about; the pulse has the limits of the heart rate."""
_UPPER = (Bound.AT_OR_ABOVE, Bound.ABOVE)
_IN_A_SCRIPT = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
"""As Django's json_script: nothing in the text can end the element it stands in."""


def trend(session: TreatmentSession, *, started: datetime | None, at: datetime) -> str:
    """Return the graph's data as JSON text; without an infusion, from check-in on.

    ``{zone, origin, started, lines, limits, baseline, gap_s, events}``; times of ``lines`` are
    seconds after ``origin`` (seconds since 1970). Events are marked by their own panel.
    """
    origin = session.checked_in_at.replace(second=0, microsecond=0)
    lines = trend_json(session, since=origin, until=at, origin=origin)
    head = json.dumps(_head(session, origin=origin, started=started, at=at))
    return f'{head[:-1]}, "lines": {lines}}}'


def script_element(name: str, text: str) -> SafeString:
    """Return JSON text as the element that a script of the page reads it from."""
    safe = mark_safe(text.translate(_IN_A_SCRIPT))  # noqa: S308 - nothing left that ends a script
    return format_html('<script id="{}" type="application/json">{}</script>', name, safe)


def _head(
    session: TreatmentSession, *, origin: datetime, started: datetime | None, at: datetime
) -> dict[str, Any]:
    start = monitoring.baseline(session, at=at)
    return {
        "zone": session.site.time_zone,
        "origin": int(origin.timestamp()),
        "started": int(started.timestamp()) if started else None,
        "limits": [
            {
                "sign": str(_LINES[line.code]),
                "of": str(line.code),
                "value": float(line.value),
                "level": line.level,
            }
            for line in first_lines(rules_of(session).limits, start)
        ],
        "baseline": {
            str(sign): values
            for sign, codes in CODES.items()
            if (values := _band(sign, codes, start))
        },
        "gap_s": {str(sign): seconds for sign, seconds in stale_seconds(session).items()},
        "events": [],
    }


def _band(sign: Sign, codes: Iterable[VitalSignCode], start: Mapping[str, Baseline]) -> list[float]:
    """Return the baseline of a trace: systolic and diastolic of a pressure, else one number."""
    wanted = tuple(codes)[:2] if sign is Sign.PRESSURE else tuple(codes)
    found = [float(number(start[code].value)) for code in wanted if code in start]
    if sign is Sign.PRESSURE:
        return found if len(found) == len(wanted) else []
    return found[:1]


@dataclass(frozen=True, slots=True)
class LimitLine:
    """Where a sign's alarm begins for this patient: one line of one level, above or below."""

    code: VitalSignCode
    level: str
    value: Decimal


def first_lines(
    limits: Iterable[AlarmLimit], baseline: Mapping[str, Baseline]
) -> tuple[LimitLine, ...]:
    """Return the line that alarms first, of each sign, level and side.

    A rise over the patient's own baseline counts with the fixed numbers: of a baseline of 118 the
    amber line is 148, not 160. An amber line beyond the red one says nothing and is left out.
    """
    first: dict[tuple[VitalSignCode, str, bool], Decimal] = {}
    for limit in limits:
        if limit.sign not in _LINES:
            continue
        code = VitalSignCode(limit.sign)
        value = _begins_at(limit, baseline.get(limit.sign))
        if value is None:
            continue
        upper = limit.bound is None or limit.bound in _UPPER
        level = "red" if limit.priority is AlarmPriority.HIGH else "amber"
        known = first.get((code, level, upper))
        sooner = known is None or (value < known if upper else value > known)
        if sooner:
            first[(code, level, upper)] = value
    return tuple(
        LimitLine(code, level, value)
        for (code, level, upper), value in first.items()
        if level == "red" or not _is_behind(value, first.get((code, "red", upper)), upper=upper)
    )


def _begins_at(limit: AlarmLimit, start: Baseline | None) -> Decimal | None:
    if limit.bound is not None:
        return limit.number
    if start is None or start.value <= 0:
        return None
    rise = max(
        (limit.rise_percent or Decimal(0)) * start.value / 100, limit.rise_at_least or Decimal(0)
    )
    return start.value + rise


def _is_behind(amber: Decimal, red: Decimal | None, *, upper: bool) -> bool:
    return red is not None and (amber >= red if upper else amber <= red)
