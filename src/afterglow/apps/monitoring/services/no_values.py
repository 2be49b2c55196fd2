"""When a device says that a sign has no value, and when it has one again: a row at each change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from afterglow.apps.monitoring.models import NoValue
from afterglow.apps.monitoring.services.charting import Charted, SignOf

# An older value that is sent again says nothing of now. One that is older by more than this comes
# from a device whose clock was set back, and is the first that it has had since.
SENT_AGAIN_FOR = timedelta(minutes=5)
_NAMES = [field.attname for field in NoValue._meta.concrete_fields]
_COLUMNS = ", ".join(str(field.column) for field in NoValue._meta.concrete_fields)
_OPEN = (
    f"SELECT {_COLUMNS} FROM monitoring_novalue "  # noqa: S608 (names of our own columns)
    "WHERE session_id = ANY(%s::bigint[]) AND until IS NULL"
)


def open_no_values(outcomes: Sequence[Charted]) -> tuple[str, Sequence[Any]]:
    """Return what asks for the stretches that are open in the sessions that messages reach."""
    signs = {sign for each in outcomes for sign in (*each.had, *each.lacked)}
    return _OPEN, [sorted({sign.session for sign in signs})]


def row_of(values: Sequence[Any]) -> NoValue:
    """Return a row of that as the model's."""
    return NoValue.from_db("default", _NAMES, values)


def open_and_close(outcomes: Sequence[Charted], rows: Iterable[NoValue]) -> None:
    """Open and close the stretches without a value, message by message, in order.

    ``rows`` are those open now. The sessions are locked by the caller. A monitor says it every
    second: only a change is written. An older value that is sent again ends nothing, so that the
    stretch that is open goes on as it began.
    """
    before = {SignOf(row.session_id, row.device_id, row.code): row for row in rows}
    now, made, ended = dict(before), [], []
    for each in outcomes:
        for sign, at in each.had.items():
            row = now.get(sign)
            if row is None or row.since - SENT_AGAIN_FOR <= at < row.since:
                continue
            row.until = max(at, row.since)
            ended.append(now.pop(sign))
        for sign, lack in each.lacked.items():
            row = now.get(sign)
            if sign in each.had or (row is not None and _same(row, lack.seen)):
                continue
            if row is not None:  # from "no value" to a zero that may be true, or back
                row.until = max(lack.at, row.since)
                ended.append(row)
            now[sign] = NoValue(
                session_id=sign.session,
                device_id=sign.device,
                code=sign.code,
                seen=lack.seen,
                since=lack.at,
                told_at=lack.arrived,
            )
            made.append(now[sign])
    for row in ended:
        if row.pk is not None:
            row.save(update_fields=["until"])
    if made:
        NoValue.objects.bulk_create(made)


def _same(row: NoValue, seen: object) -> bool:
    """Whether a message says nothing new; what somebody settled stays so until a value comes."""
    return row.settled_at is not None or (row.seen is None) == (seen is None)
