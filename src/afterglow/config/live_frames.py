"""What a stream says: readings and alarms by value, everything else by id only.

Frames are made once for each topic and batch, however many screens follow it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from afterglow.apps.events.outbox import Event, Position
from afterglow.apps.monitoring.lines import MARKED
from afterglow.apps.monitoring.models.chartings import not_taken_back
from afterglow.db import months
from afterglow.web import clock

VITAL_SIGNS = "vital-signs"
PUMP = "pump"
ALARMS = "alarms"
BEAT = "beat"
RESYNC = "resync"

_READINGS_SQL = f"""
SELECT v.batch, s.public_id, v.id, v.code, v.value, v.unit, v.taken_at, v.source, v.flag, {MARKED}
FROM monitoring_vitalsign v JOIN visits_treatmentsession s ON s.id = v.session_id
WHERE v.batch = ANY(%s) AND {months.bound("v")} ORDER BY v.taken_at, v.id
"""  # noqa: S608 (constants)
_PUMPS_SQL = f"""
SELECT r.public_id, s.public_id, p.rate_ml_per_h, p.delivered_ml, p.to_be_infused_ml, p.drug,
       p.status, p.taken_at
FROM monitoring_pumpreading p JOIN visits_treatmentsession s ON s.id = p.session_id
JOIN devices_rawmessage r ON r.id = p.message_id
WHERE r.public_id = ANY(%s) AND {months.bound("r")}
  AND {months.bound("p")} AND {not_taken_back("p")} ORDER BY p.id
"""  # noqa: S608 (constants)
_ALARMS_SQL = """
SELECT s.public_id, a.public_id, a.condition, a.about, a.priority, a.kind, a.sentence, a.seen,
       a.limit, COALESCE(a.since, a.raised_at), a.acknowledged_at, a.silenced_until,
       a.condition_gone_at
FROM monitoring_alarm a JOIN visits_treatmentsession s ON s.id = a.session_id
WHERE s.public_id = ANY(%s) AND a.ended_at IS NULL
ORDER BY array_position(ARRAY['high', 'medium', 'low'], a.priority::text), a.raised_at, a.id
"""


def sse(event: str, data: Mapping[str, Any], *, id: Position | None = None) -> bytes:
    """Return one server-sent event as it goes over the wire."""
    head = f"id: {id}\n" if id is not None else ""
    body = json.dumps(data, separators=(",", ":"))
    return f"{head}event: {event}\ndata: {body}\n\n".encode()


async def frames(
    connection: psycopg.AsyncConnection[Any], events: Sequence[Event], topics: Iterable[UUID]
) -> dict[UUID, list[bytes]]:
    """Return what each followed topic is told of a batch of events: three queries at the most."""
    followed = set(topics)
    mine = [event for event in events if event.topic in followed]
    if not mine:
        return {}
    readings = await _readings(connection, mine)
    pumps = await _pumps(connection, mine)
    alarms = await _alarms(connection, mine)
    told: dict[UUID, list[bytes]] = defaultdict(list)
    last_alarm = {e.topic: e for e in mine if e.event.startswith("alarm-")}
    for event in mine:
        out = told[event.topic]
        if event.event == "vital-signs-recorded":
            rows = readings.get((event.subject, event.topic), [])
            out.append(
                sse(
                    VITAL_SIGNS,
                    {"session": str(event.topic), "readings": rows},
                    id=event.position,
                )
            )
        elif event.event == "pump-reported":
            for row in pumps.get((event.subject, event.topic), []):
                out.append(sse(PUMP, row, id=event.position))
        else:
            out.append(sse(event.event, _ids(event), id=event.position))
            if last_alarm.get(event.topic) is event:
                of = event.topic if (event.topic in alarms) else event.subject
                out.append(sse(ALARMS, {"session": str(of), "alarms": alarms.get(of, [])}))
    return dict(told)


async def open_alarms(connection: psycopg.AsyncConnection[Any], session: UUID) -> bytes:
    """Return the frame of the alarms that are open now, for a screen that has just come."""
    found = await _alarms_of(connection, [session])
    return sse(ALARMS, {"session": str(session), "alarms": found[session]})


def _ids(event: Event) -> dict[str, Any]:
    return {"event": event.event, "subject": str(event.subject), "at": event.at.isoformat()}


def _since(events: Sequence[Event]) -> int:
    """An id below what the oldest of them is about: months before it are not looked at."""
    return months.stored_since(min(event.at for event in events), now=clock.now())


async def _readings(
    connection: psycopg.AsyncConnection[Any], events: Sequence[Event]
) -> dict[tuple[UUID, UUID], list[dict[str, Any]]]:
    batches = [e.subject for e in events if e.event == "vital-signs-recorded"]
    found: dict[tuple[UUID, UUID], list[dict[str, Any]]] = defaultdict(list)
    if not batches:
        return found
    rows = await (await connection.execute(_READINGS_SQL, [batches, _since(events)])).fetchall()
    for batch, session, _pk, code, value, unit, taken_at, source, flag, marked in rows:
        found[(batch, session)].append(
            {
                "batch": str(batch),
                "code": code,
                "value": f"{value.normalize():f}",
                "unit": unit,
                "taken_at": _time(taken_at),
                "source": source,
                "flag": flag or ("artefact" if marked else ""),
            }
        )
    return found


async def _pumps(
    connection: psycopg.AsyncConnection[Any], events: Sequence[Event]
) -> dict[tuple[UUID, UUID], list[dict[str, Any]]]:
    batches = [e.subject for e in events if e.event == "pump-reported"]
    found: dict[tuple[UUID, UUID], list[dict[str, Any]]] = defaultdict(list)
    if not batches:
        return found
    since = _since(events)
    rows = await (await connection.execute(_PUMPS_SQL, [batches, since, since])).fetchall()
    for batch, session, rate, delivered, left, drug, status, taken_at in rows:
        found[(batch, session)].append(
            {
                "session": str(session),
                "rate_ml_per_h": _number(rate),
                "delivered_ml": _number(delivered),
                "to_be_infused_ml": _number(left),
                "drug": drug,
                "status": status,
                "taken_at": _time(taken_at),
            }
        )
    return found


async def _alarms(
    connection: psycopg.AsyncConnection[Any], events: Sequence[Event]
) -> dict[UUID, list[dict[str, Any]]]:
    """The open alarms of every session that some alarm event is about, by session."""
    about = {each for e in events if e.event.startswith("alarm-") for each in (e.topic, e.subject)}
    return await _alarms_of(connection, sorted(about)) if about else {}


async def _alarms_of(
    connection: psycopg.AsyncConnection[Any], sessions: Sequence[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    known = await connection.execute(
        "SELECT public_id FROM visits_treatmentsession WHERE public_id = ANY(%s)", [sessions]
    )
    found: dict[UUID, list[dict[str, Any]]] = {row[0]: [] for row in await known.fetchall()}
    rows = await (await connection.execute(_ALARMS_SQL, [sessions])).fetchall()
    for session, alarm, code, about, priority, kind, sentence, seen, limit, since, *times in rows:
        acknowledged, silenced, gone = times
        found[session].append(
            {
                "id": str(alarm),
                "code": code,
                "about": about,
                "priority": priority,
                "kind": kind,
                "sentence": sentence,
                "seen": seen,
                "limit": limit,
                "since": _time(since),
                "acknowledged": acknowledged is not None,
                "silenced_until": _time(silenced),
                "gone_since": _time(gone),
            }
        )
    return found


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _number(value: Any) -> str | None:
    return None if value is None else f"{value.normalize():f}"
