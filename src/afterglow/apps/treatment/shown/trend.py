"""What the vitals graph draws: the lines by the minute, the limits, the baseline, the gaps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
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
from afterglow.core.monitoring.rules import AlarmLimit
from afterglow.web.cards import Sign
from afterglow.web.formats import number

# Of the limits those that one line can show: the systolic one of a pressure, the saturation.
_LINES = {VitalSignCode.SYSTOLIC: Sign.PRESSURE, VitalSignCode.SPO2: Sign.OXYGEN}
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
                "sign": str(sign),
                "value": float(limit.number),
                "level": "red" if limit.priority is AlarmPriority.HIGH else "amber",
            }
            for limit, sign in _absolute(rules_of(session).limits)
            if limit.number is not None
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


def _absolute(limits: Iterable[AlarmLimit]) -> Iterable[tuple[AlarmLimit, Sign]]:
    """The limits worth a line: of each sign every amber and red one, systolic for pressure."""
    seen: set[tuple[str, str, str]] = set()
    for limit in limits:
        key = (limit.code, limit.sign, limit.priority)
        if limit.is_relative or limit.sign not in _LINES or key in seen:
            continue
        seen.add(key)
        yield limit, _LINES[VitalSignCode(limit.sign)]
