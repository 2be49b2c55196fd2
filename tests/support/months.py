"""Messages and readings that were stored in a month of long ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

from afterglow.apps.devices.models import MessageOutcome, RawMessage
from afterglow.apps.monitoring.models import (
    ArtefactMark,
    ChartingMistake,
    DeviceNotification,
    QueueCharting,
    ReviewItem,
    VitalSign,
)
from afterglow.apps.monitoring.months import make_between
from afterglow.apps.visits.models import TreatmentSession
from afterglow.db import months
from support.clinic_messages import Bed


@dataclass(frozen=True)
class Stored:
    """One message with its reading, a mark on it, a notification and a settled review."""

    message: RawMessage
    reading: VitalSign
    mark: ArtefactMark


def store_in(
    month: date, here: Bed, *, number: int = 1, of: RawMessage | None = None, charted: bool = True
) -> Stored:
    """Store a message and a reading in a month, or a reading of a message stored before."""
    make_between(month, month)
    low = months.number_of(month) * months.ROWS_A_MONTH
    at = datetime(month.year, month.month, 20, 12, tzinfo=UTC)
    told = of or RawMessage.objects.create(
        id=low + number,
        received_at=at,
        peer="127.0.0.1",
        port=2575,
        content=b"MSH|made up \x00\xff",
        sha256=f"{low + number:064x}",
        control_id=f"{low + number}",
        device=here.monitor,
        outcome=MessageOutcome.CHARTED,
    )
    reading = VitalSign.objects.create(
        id=low + number,
        session=here.session,
        batch=uuid4(),
        code="spo2",
        value=Decimal("97.5"),
        unit="%",
        source="device",
        taken_at=at,
        arrived_at=at,
        device=here.monitor,
        message=told,
    )
    mark = ArtefactMark.objects.create(
        vital_sign=reading, session=here.session, reason='moved, "twice"', by=here.clinician, at=at
    )
    DeviceNotification.objects.create(
        session=here.session,
        device=here.monitor,
        message=told,
        kind="event",
        event="x",
        at=at,
        arrived_at=at,
    )
    if of is None:
        ReviewItem.objects.create(
            message=told,
            reason="no_session",
            state="rejected",
            opened_at=at,
            settled_at=at,
            settled_by=here.clinician,
        )
        if charted:
            _charted_from_the_queue(told, reading, here, at)
    return Stored(told, reading, mark)


def _charted_from_the_queue(told: RawMessage, reading: VitalSign, here: Bed, at: datetime) -> None:
    """A person charted it from the queue, and took it back."""
    whose = {"message": told, "session": here.session, "by": here.clinician, "at": at}
    made = QueueCharting.objects.create(vital_signs=[reading.pk], **whose)
    ChartingMistake.objects.create(charting=made, reason="It was next door", **whose)


def sign(here: Bed) -> None:
    """Lock the session, past everything that signing asks for."""
    TreatmentSession.objects.filter(pk=here.session.pk).update(state="signed")
