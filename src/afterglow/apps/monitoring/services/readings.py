"""What people measure and say: readings by hand, body mass, artefacts, and gaps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring.lines import stored
from afterglow.apps.monitoring.models import (
    ArtefactMark,
    MissedReading,
    Source,
    VitalSign,
)
from afterglow.apps.monitoring.outcomes import Refused
from afterglow.apps.monitoring.services import common
from afterglow.apps.monitoring.services.alarms import judge
from afterglow.core.decisions import Decision, Severity
from afterglow.core.monitoring.catalogue import VitalSignCode, definition
from afterglow.core.monitoring.entry import read_sign
from afterglow.core.monitoring.limits import plain
from afterglow.core.reason_codes import declare
from afterglow.core.roles import Action

NOTHING_READ = declare(
    "NOTHING_READ", Severity.BLOCKER, "No reading was entered.", subject="monitoring"
)
READING_IN_THE_FUTURE = declare(
    "READING_IN_THE_FUTURE",
    Severity.BLOCKER,
    "The reading is timed {seen}, which is after now ({limit}).",
    subject="monitoring",
)
READING_BEFORE_CHECK_IN = declare(
    "READING_BEFORE_CHECK_IN",
    Severity.BLOCKER,
    "The reading is timed {seen}, before check-in at {limit}.",
    subject="monitoring",
)


@transaction.atomic
def record_vital_signs_by_hand(
    *,
    session: UUID,
    readings: Mapping[VitalSignCode, Decimal],
    taken_at: datetime,
    by: Account,
    at: datetime,
    key: UUID,
) -> tuple[VitalSign, ...] | Refused:
    """Record what a person measured, each value in its sign's own unit.

    ``taken_at`` is when it was measured, ``at`` when it is recorded: a late entry keeps both. The
    same ``key`` again returns what it recorded. Raises Forbidden, RecordLocked or DoesNotExist.
    """
    row = common.lock_session(session, action=Action.CHART, by=by, at=at)
    before = tuple(VitalSign.objects.filter(stored(row.pk), session=row, batch=key).order_by("pk"))
    if before:
        return before
    decision = Decision.from_reasons(
        NOTHING_READ.reason() if not readings else None,
        READING_IN_THE_FUTURE.reason(seen=_time(row, taken_at), limit=_time(row, at))
        if taken_at > at
        else None,
        READING_BEFORE_CHECK_IN.reason(
            seen=_time(row, taken_at), limit=_time(row, row.checked_in_at)
        )
        if taken_at < row.checked_in_at
        else None,
        *(
            reason
            for sign, value in readings.items()
            for reason in read_sign(sign, plain(value)).decision
        ),
    )
    if decision.refused:
        return common.refuse(
            "vital-signs", session=row, subject=row, decision=decision, by=by, at=at
        )
    rows = VitalSign.objects.bulk_create(
        VitalSign(
            session=row,
            batch=key,
            code=sign,
            value=value,
            unit=definition(sign).unit,
            source=Source.HAND,
            taken_at=taken_at,
            arrived_at=at,
            by=by,
        )
        for sign, value in readings.items()
    )
    signs = sorted(readings)
    common.write_audit(
        "vital-signs-recorded",
        session=row,
        subject=row,
        by=by,
        at=at,
        detail={"batch": str(key), "signs": signs},
    )
    common.publish("vital-signs-recorded", session=row, subject=key, at=at)
    judge([row], at=at)
    return tuple(rows)


@transaction.atomic
def mark_artefact(
    *, reading: int, is_artefact: bool = True, reason: str, by: Account, at: datetime
) -> ArtefactMark:
    """Say that a reading is an artefact, or take that back. The reading itself stays for ever.

    ``reading`` is the vital sign's own number. Saying the same twice adds nothing. Raises
    Forbidden, RecordLocked or DoesNotExist.
    """
    of = VitalSign.objects.values_list("session__public_id", flat=True).get(pk=reading)
    session = common.lock_session(of, action=Action.CHART, by=by, at=at)
    sign = VitalSign.objects.get(pk=reading)
    last = sign.marks.order_by("at", "pk").last()
    if last is not None and last.is_artefact == is_artefact:
        return last
    mark = ArtefactMark.objects.create(
        vital_sign=sign,
        session=session,
        is_artefact=is_artefact,
        reason=reason.strip()[:200],
        by=by,
        at=at,
    )
    common.tell(
        "reading-marked-artefact" if is_artefact else "artefact-mark-taken-back",
        session=session,
        subject=mark,
        by=by,
        at=at,
        detail={"sign": sign.code, "batch": str(sign.batch)},
    )
    judge([session], at=at)
    return mark


ENTERED_IN_ERROR = "entered in error"


@transaction.atomic
def take_back_entry(
    *, session: UUID, batch: UUID, by: Account, at: datetime
) -> tuple[ArtefactMark, ...]:
    """Undo one entry by hand: its readings stay for ever, are marked and count no more.

    ``batch`` is the key that the entry was recorded under. The undo is itself on record, reading by
    reading; taking the same back twice adds nothing. Raises Forbidden, RecordLocked or
    DoesNotExist where this session has no such entry.
    """
    row = common.lock_session(session, action=Action.CHART, by=by, at=at)
    entered = VitalSign.objects.filter(
        stored(row.pk), session=row, batch=batch, source=Source.HAND
    ).order_by("pk")
    readings = list(entered.values_list("pk", flat=True))
    if not readings:
        raise VitalSign.DoesNotExist("This session has no such entry by hand.")
    return tuple(
        mark_artefact(reading=pk, reason=ENTERED_IN_ERROR, by=by, at=at) for pk in readings
    )


@transaction.atomic
def record_missed_reading(
    *, session: UUID, due_at: datetime, reason: str, by: Account, at: datetime
) -> MissedReading:
    """Say why a due reading was not taken. The gap stays a gap; the first reason stands.

    Raises Forbidden, RecordLocked or DoesNotExist.
    """
    row = common.lock_session(session, action=Action.CHART, by=by, at=at)
    known = MissedReading.objects.filter(session=row, due_at=due_at).first()
    if known is not None:
        return known
    missed = MissedReading.objects.create(
        session=row, due_at=due_at, reason=reason.strip()[:200], by=by, at=at
    )
    common.tell(
        "missed-reading-recorded",
        session=row,
        subject=missed,
        by=by,
        at=at,
        detail={"due_at": due_at.isoformat()},
    )
    judge([row], at=at)
    return missed


def _time(session: object, at: datetime) -> str:
    """Say an instant by the site's clock."""
    zone = session.site.zone  # type: ignore[attr-defined]
    return at.astimezone(zone).strftime("%H:%M")
