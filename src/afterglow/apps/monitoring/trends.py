"""The readings of a session as a graph draws them: aggregated by the minute, in one query.

A monitor may speak every second for hours. The database sums that up and writes the JSON itself;
no reading becomes a Python object on its way to the screen. What a minute hides is nothing: its
lowest and highest value go with it, and the raw readings of any stretch are one query away
(``raw_readings``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import connection

from afterglow.apps.monitoring.lines import MARKED, STORED_SINCE, oldest_id
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.catalogue import VitalSignCode, definition
from afterglow.core.monitoring.readings import Source
from afterglow.db import months

DRAWN: Final = {
    VitalSignCode.HEART_RATE: "heart",
    VitalSignCode.PULSE_RATE: "heart",
    VitalSignCode.SPO2: "oxygen",
    VitalSignCode.RESPIRATORY_RATE: "breath",
    VitalSignCode.ETCO2: "co2",
    VitalSignCode.TEMPERATURE: "temperature",
}
"""What each continuous sign is drawn as; the ECG's heart rate stands before the pulse."""

# A minute's value is its last one; of a saturation it is the lowest. A pressure is never summed up:
# every cuff reading is drawn. A true artefact of a minute is one hollow point.
_SQL = f"""
WITH marks AS (
    SELECT DISTINCT ON (vital_sign_id) vital_sign_id, is_artefact FROM monitoring_artefactmark
    WHERE session_id = %(session)s ORDER BY vital_sign_id, at DESC, id DESC
), said AS (
    SELECT v.id, v.code, v.source, trim_scale(v.value) AS value,
           extract(epoch FROM v.taken_at)::bigint - %(origin)s AS t,
           v.flag <> '' OR COALESCE(m.is_artefact, FALSE) AS artefact
    FROM monitoring_vitalsign v LEFT JOIN marks m ON m.vital_sign_id = v.id
    WHERE v.session_id = %(session)s AND v.source = ANY(%(sources)s) AND v.code = ANY(%(codes)s)
      AND {months.bound("v", "%(oldest)s")}
      AND v.taken_at >= %(since)s AND v.taken_at <= %(until)s
), minutes AS (
    SELECT d.sign, s.code, s.source, s.artefact, s.t / 60 AS minute, max(s.t) AS t,
           CASE WHEN d.sign = 'oxygen' THEN min(s.value)
                ELSE (array_agg(s.value ORDER BY s.t DESC, s.id DESC))[1] END AS value,
           min(s.value) AS low, max(s.value) AS high,
           rank() OVER (PARTITION BY d.sign, s.source, s.artefact, s.t / 60 ORDER BY d.n) AS rank
    FROM said s JOIN unnest(%(drawn)s::text[], %(signs)s::text[])
         WITH ORDINALITY AS d(code, sign, n) ON d.code = s.code
    GROUP BY d.sign, d.n, s.code, s.source, s.artefact, s.t / 60
), cuffs AS (
    SELECT source, t, bool_or(artefact) AS artefact,
           max(value) FILTER (WHERE code = 'systolic') AS high,
           max(value) FILTER (WHERE code = 'diastolic') AS low,
           max(value) FILTER (WHERE code = 'mean') AS mean
    FROM said WHERE code IN ('systolic', 'diastolic', 'mean') GROUP BY source, t
), drawn AS (
    SELECT sign, source, artefact, json_agg(
               CASE WHEN low = high THEN json_build_array(t, value)
                    ELSE json_build_array(t, value, low, high) END ORDER BY t) AS points
    FROM minutes WHERE rank = 1 GROUP BY sign, source, artefact
    UNION ALL
    SELECT 'pressure', source, artefact,
           json_agg(json_build_array(t, high, low, mean) ORDER BY t)
    FROM cuffs WHERE high IS NOT NULL AND low IS NOT NULL GROUP BY source, artefact
)
SELECT COALESCE(json_agg(json_build_object(
    'sign', sign, 'source', source, 'artefact', artefact, 'points', points
) ORDER BY sign, source, artefact), '[]')::text FROM drawn
"""  # noqa: S608 - constants only; keys and times are parameters


def trend_json(
    session: TreatmentSession, *, since: datetime, until: datetime, origin: datetime
) -> str:
    """Return the lines of a stretch as JSON text: ``[{sign, source, artefact, points}]``.

    A point is ``[t, value]`` or ``[t, value, lowest, highest]`` of one minute in the sign's own
    unit, a pressure ``[t, systolic, diastolic, mean or null]``; ``t`` is whole seconds since
    ``origin``. Device and hand are lines of their own; so is what is not believed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            {
                "session": session.pk,
                "oldest": oldest_id([session.pk]),
                "origin": int(origin.timestamp()),
                "sources": [str(source) for source in Source],
                "codes": [str(code) for code in VitalSignCode],
                "since": since,
                "until": until,
                "drawn": [str(code) for code in DRAWN],
                "signs": list(DRAWN.values()),
            },
        )
        [text] = cursor.fetchone()
    written: str = text
    return written


# What is kept of a line is where its value changed, and one point every ten seconds.
_STEPS = f"""
WITH said AS (
    SELECT v.id, v.code, trim_scale(v.value)::float8 AS value,
           extract(epoch FROM v.taken_at)::float8 AS t,
           max(extract(epoch FROM v.taken_at)::float8)
               FILTER (WHERE v.code = '{VitalSignCode.HEART_RATE}' AND v.source = '{Source.DEVICE}')
               OVER (ORDER BY v.taken_at, v.id ROWS UNBOUNDED PRECEDING) AS ecg_at
    FROM monitoring_vitalsign v
    WHERE v.session_id = %(session)s AND v.code = ANY(%(drawn)s)
      AND {months.bound("v", "%(oldest)s")}
      AND v.taken_at >= %(since)s AND v.taken_at <= %(until)s AND v.flag = '' AND NOT {MARKED}
), shown AS (
    SELECT d.sign, s.id, s.t, s.value, lag(s.value) OVER line AS before,
           lag(floor(s.t / 10)) OVER line AS ten_before
    FROM said s JOIN unnest(%(drawn)s::text[], %(signs)s::text[]) AS d(code, sign)
         ON d.code = s.code
    WHERE s.code <> '{VitalSignCode.PULSE_RATE}' OR s.ecg_at IS NULL
       OR s.t >= s.ecg_at + %(ecg_for)s
    WINDOW line AS (PARTITION BY d.sign ORDER BY s.t, s.id)
)
SELECT sign, array_agg(t ORDER BY t, id), array_agg(value ORDER BY t, id) FROM shown
WHERE before IS NULL OR before <> value OR ten_before <> floor(t / 10) GROUP BY sign
"""  # noqa: S608 - constants only; keys and times are parameters


def steps(
    session: TreatmentSession, *, since: datetime, until: datetime, ecg_for: timedelta
) -> dict[str, list[tuple[float, float]]]:
    """Return what each number of the screen showed and from when: ``{sign: [(t, value), …]}``.

    ``t`` is seconds since 1970, ``value`` in the sign's own unit. A point stands where the value
    changed, and at least every ten seconds while it is measured. The ECG's rate stands before the
    pulse for ``ecg_for`` after it was measured.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _STEPS,
            {
                "session": session.pk,
                "oldest": oldest_id([session.pk]),
                "since": since,
                "until": until,
                "drawn": [str(code) for code in DRAWN],
                "signs": list(DRAWN.values()),
                "ecg_for": ecg_for.total_seconds(),
            },
        )
        lines = {sign: list(zip(times, values, strict=True)) for sign, times, values in cursor}
    return {sign: lines[sign] for sign in dict.fromkeys(DRAWN.values()) if sign in lines}


@dataclass(frozen=True, slots=True)
class RawReading:
    """One reading as it was stored, with who or what took it and whether it is believed."""

    batch: UUID
    sign: VitalSignCode
    value: Decimal
    unit: str
    source: Source
    taken_at: datetime
    arrived_at: datetime
    by: str
    device: str
    flag: str
    artefact: bool
    reason: str
    """Why a person marked it; empty where nobody did."""

    @property
    def name(self) -> str:
        """What the sign is called."""
        return definition(self.sign).name

    @property
    def shown_unit(self) -> str:
        """Its unit as the clinic writes it."""
        return definition(self.sign).shown_unit


_RAW = f"""
SELECT v.batch, v.code, v.value, v.unit, v.source, v.taken_at, v.arrived_at,
       COALESCE(a.given_name || ' ' || a.family_name, ''), COALESCE(d.name, ''), v.flag, {MARKED},
       COALESCE((SELECT m.reason FROM monitoring_artefactmark m WHERE m.vital_sign_id = v.id
                 AND m.is_artefact ORDER BY m.at DESC, m.id DESC LIMIT 1), '')
FROM monitoring_vitalsign v
LEFT JOIN accounts_account a ON a.id = v.by_id LEFT JOIN devices_device d ON d.id = v.device_id
WHERE v.session_id = %s AND v.source = ANY(%s) AND v.code = ANY(%s) AND {STORED_SINCE}
  AND v.taken_at >= %s AND v.taken_at < %s
ORDER BY v.taken_at DESC, v.id LIMIT %s
"""  # noqa: S608 - constants only; keys and times are parameters


def raw_readings(
    session: TreatmentSession,
    *,
    signs: Sequence[VitalSignCode],
    since: datetime,
    until: datetime,
    at_most: int = 400,
) -> tuple[RawReading, ...]:
    """Return the raw readings of some signs in a stretch, newest first, believed or not."""
    with connection.cursor() as cursor:
        sources, codes = [str(source) for source in Source], [str(sign) for sign in signs]
        oldest = oldest_id([session.pk])
        cursor.execute(_RAW, [session.pk, sources, codes, oldest, since, until, at_most])
        return tuple(
            RawReading(
                batch=batch,
                sign=VitalSignCode(code),
                value=value,
                unit=unit,
                source=Source(source),
                taken_at=taken,
                arrived_at=arrived,
                by=by,
                device=device,
                flag=flag,
                artefact=bool(flag) or marked,
                reason=reason if marked else "",
            )
            for (
                batch,
                code,
                value,
                unit,
                source,
                taken,
                arrived,
                by,
                device,
                flag,
                marked,
                reason,
            ) in cursor.fetchall()
        )
