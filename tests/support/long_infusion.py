"""An infusion that has run for hours, with what its monitor and pump said every minute."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from afterglow.apps.devices.models import DeviceStatus, MessageOutcome, RawMessage
from afterglow.apps.medicines.models import Product
from afterglow.apps.monitoring.models import PumpReading, VitalSign
from afterglow.apps.monitoring.models import Source as StoredSource
from afterglow.apps.monitoring.services import mark_artefact, refresh_alarms
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.services import charting, infusions
from afterglow.core.monitoring.catalogue import CATALOGUE, VitalSignCode
from afterglow.core.quantities import Dose, Rate, Volume
from afterglow.db.copying import copy_in
from support.clinic_morning import site_at_noon
from support.infusion_day import TO_START, Day, infusing, take_vitals

HOURS = 4
STEADY: Mapping[VitalSignCode, int] = {
    VitalSignCode.SYSTOLIC: 128,
    VitalSignCode.DIASTOLIC: 79,
    VitalSignCode.MEAN: 95,
    VitalSignCode.HEART_RATE: 74,
    VitalSignCode.PULSE_RATE: 74,
    VitalSignCode.SPO2: 97,
    VitalSignCode.RESPIRATORY_RATE: 14,
    VitalSignCode.ETCO2: 37,
}
"""What a monitor with every module reports, in each sign's own unit."""


def long_infusion(*, now: dt.datetime, hours: int = HOURS, **given: Any) -> Day:
    """Return a running infusion with ``hours`` of one-minute readings up to ``now``.

    Every sign of ``STEADY`` once a minute, the pump once a minute, and a whole set by hand every
    ten minutes for the first half hour.
    """
    day = infusing(at=now - dt.timedelta(hours=hours) - TO_START, **given)
    for minute in (1, 11, 21, 31):
        take_vitals(day, at=day.minute(minute))
    tell_by_the_minute(day, since=day.started, until=now)
    return day


def infusion_by_the_second(*, now: dt.datetime, minutes: int = 60, **given: Any) -> Day:
    """Return a running infusion whose monitor and pump spoke every second up to ``now``."""
    day = infusing(at=now - dt.timedelta(minutes=minutes) - TO_START, **given)
    for minute in (1, 11, 21, 31):
        take_vitals(day, at=day.minute(minute))
    tell_by_the_minute(day, since=day.started, until=now, every=dt.timedelta(seconds=1))
    return day


def tell_by_the_minute(
    day: Day,
    *,
    since: dt.datetime,
    until: dt.datetime,
    rates: Mapping[int, Decimal] | None = None,
    every: dt.timedelta = dt.timedelta(minutes=1),
) -> None:
    """Write what monitor and pump said each minute, as the charter stores it.

    ``rates``: the pump's new rate (mL/h) from a minute on, where it does not stay as started.
    ``every``: how often they spoke, where it was not once a minute.
    """
    said = RawMessage.objects.create(
        received_at=since,
        peer="127.0.0.1",
        port=2575,
        content=b"",
        sha256="0" * 64,
        device=day.monitor,
        outcome=MessageOutcome.CHARTED,
    )
    rate = day.infusion.preparation.rate_ml_per_h.value
    counted = Decimal(0)
    whole = day.infusion.preparation.to_be_infused_ml.value
    signs, pumps = [], []
    for number in range((until - since) // every + 1):
        at = since + number * every
        minute = (at - since) // dt.timedelta(minutes=1)
        batch = uuid.uuid4()
        counted = (
            min(whole, counted + rate * int(every.total_seconds()) / 3600) if number else counted
        )
        rate = (rates or {}).get(minute, rate)
        wave = (minute % 9) - 4
        signs += [
            VitalSign(
                session=day.session,
                batch=batch,
                code=code,
                value=Decimal(value + (wave if code != VitalSignCode.SPO2 else -abs(wave) // 2)),
                unit=CATALOGUE[code].unit,
                source=StoredSource.DEVICE,
                taken_at=at,
                arrived_at=at + dt.timedelta(seconds=1),
                device=day.monitor,
                message=said,
            )
            for code, value in STEADY.items()
        ]
        pumps.append(
            PumpReading(
                session=day.session,
                device=day.pump,
                message=said,
                taken_at=at,
                arrived_at=at + dt.timedelta(seconds=1),
                rate_ml_per_h=Rate.ml_per_h(rate),
                delivered_ml=Volume.ml(round(counted, 3)),
                drug="ketamine",
                status="running",
            )
        )
    for device in (day.monitor, day.pump):
        DeviceStatus.objects.update_or_create(device=device, defaults={"last_heard_at": until})
    copy_in(signs)
    PumpReading.objects.bulk_create(pumps)


def lively_infusion(*, now: dt.datetime, minutes: int = 26, **given: Any) -> Day:
    """Return an infusion in which something happened: a new rate, a bolus, a mark, an artefact."""
    at = now - TO_START - dt.timedelta(minutes=minutes)
    day = infusing(at=at, site=site_at_noon(at), **given)
    for minute in (1, 11, 21):
        take_vitals(day, at=day.minute(minute))
    infusions.act_on_pump(
        session=day.id,
        kind=PumpActionKind.CHANGE_RATE,
        rate=Rate.ml_per_h(60),
        reason="calm",
        seen_sequence=1,
        by=day.clinician,
        at=day.minute(12),
        key=uuid.uuid4(),
    )
    charting.give_medicine(
        session=day.id,
        product=Product.objects.get(key="ondansetron").public_id,
        dose=Dose.mg(4),
        route="iv",
        indication="nausea",
        by=day.clinician,
        at=day.minute(15),
        key=uuid.uuid4(),
    )
    for kind, minute, text in ((EventKind.MARK, 8, ""), (EventKind.NOTE, 17, "Hums a tune.")):
        charting.record_event(
            session=day.id,
            kind=kind,
            text=text,
            by=day.clinician,
            at=day.minute(minute),
            key=uuid.uuid4(),
        )
    tell_by_the_minute(day, since=day.started, until=now, rates={12: Decimal(60)})
    refresh_alarms(session=day.id, at=now)
    wrong = VitalSign.objects.filter(session=day.session, code="systolic", source="device")
    mark_artefact(
        reading=wrong.order_by("taken_at")[6].pk,
        reason="the arm moved",
        by=day.clinician,
        at=now,
    )
    return day
