"""The big numbers, and the readings as the graph draws them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.monitoring.queries import LatestReading
from afterglow.apps.treatment.shown.alarms import level_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.readings import Reading, Source
from afterglow.web.cards import AlarmLevel, Sign, VitalCard, Words
from afterglow.web.formats import number

CODES: Mapping[Sign, tuple[VitalSignCode, ...]] = {
    Sign.HEART: (VitalSignCode.HEART_RATE, VitalSignCode.PULSE_RATE),
    Sign.PRESSURE: (VitalSignCode.SYSTOLIC, VitalSignCode.DIASTOLIC, VitalSignCode.MEAN),
    Sign.OXYGEN: (VitalSignCode.SPO2,),
    Sign.BREATH: (VitalSignCode.RESPIRATORY_RATE,),
    Sign.CO2: (VitalSignCode.ETCO2,),
    Sign.TEMPERATURE: (VitalSignCode.TEMPERATURE,),
}
"""Which readings each trace is made of. Of the heart a device's ECG goes before the pulse while it
is fresh; a rate that was typed by hand is no ECG."""

_LABELS: Mapping[Sign, tuple[Words, str]] = {
    Sign.HEART: (_("HR"), "/min"),
    Sign.PRESSURE: (_("BP"), "mmHg"),
    Sign.OXYGEN: (_("SpO2"), "%"),
    Sign.BREATH: (_("RR"), "/min"),
    Sign.CO2: (_("EtCO2"), "mmHg"),
    Sign.TEMPERATURE: (_("Temp"), "°C"),
}
ONLY_WHERE_MEASURED = frozenset({Sign.CO2, Sign.TEMPERATURE})
EVERY_S = 10
"""The graph draws one mark of a continuous sign in so many seconds; every reading is kept."""


def vital_cards(session: TreatmentSession, *, at: datetime) -> tuple[VitalCard, ...]:
    """Return the newest believed value of each sign, whatever its source.

    CO2 and temperature are shown only where they are measured.
    """
    latest: dict[str, LatestReading] = {}
    read = monitoring.latest_readings(session, at=at)
    for reading in read:
        known = latest.get(reading.sign)
        if known is None or reading.taken_at > known.taken_at:
            latest[reading.sign] = reading
    levels = _alarm_levels(session)
    stale_after = stale_seconds(session)
    cards = []
    for sign, codes in CODES.items():
        found = _speaks(sign, codes, read, latest, at=at, fresh_s=stale_after[sign])
        if sign in ONLY_WHERE_MEASURED and found is None:
            continue
        label, unit = _LABELS[sign]
        value, detail = _text(sign, latest, found)
        cards.append(
            VitalCard(
                sign=sign,
                label=label,
                value=value,
                unit=unit,
                detail=detail,
                at=found.taken_at if found else None,
                alarm=levels.get(sign),
                stale=bool(found and found.age(at).total_seconds() > stale_after[sign]),
            )
        )
    return tuple(cards)


def _speaks(
    sign: Sign,
    codes: Iterable[VitalSignCode],
    read: Iterable[LatestReading],
    latest: Mapping[str, LatestReading],
    *,
    at: datetime,
    fresh_s: float,
) -> LatestReading | None:
    """Return which reading a tile shows: of the heart a device's fresh ECG, else the newest."""
    there = [latest[code] for code in codes if code in latest]
    if sign is not Sign.HEART:
        return there[0] if there else None
    for reading in read:
        is_ecg = reading.sign == VitalSignCode.HEART_RATE and reading.source is Source.DEVICE
        if is_ecg and reading.age(at).total_seconds() <= fresh_s:
            return reading
    return max(there, key=lambda reading: reading.taken_at, default=None)


_ENTERED_AS = {Sign.HEART: "heart_rate", Sign.OXYGEN: "spo2", Sign.BREATH: "respiratory_rate"}


def told_by_device(session: TreatmentSession, *, at: datetime) -> dict[str, str]:
    """Return what a device says now of each sign that a form asks, by the field's name.

    A pressure is never among them: a cuff's value is a person's to compare.
    """
    return {
        _ENTERED_AS[card.sign]: str(card.value)
        for card in vital_cards(session, at=at)
        if card.sign in _ENTERED_AS and card.at and not card.stale and not card.detail
    }


def empty_cards() -> tuple[VitalCard, ...]:
    """Return a tile for every sign, for a page whose script fills them."""
    return tuple(
        VitalCard(sign=sign, label=label, unit=unit) for sign, (label, unit) in _LABELS.items()
    )


def _text(
    sign: Sign, latest: Mapping[str, LatestReading], found: LatestReading | None
) -> tuple[str, str]:
    if found is None:
        return "", ""
    hand = gettext("by hand") if found.source is Source.HAND else ""
    if sign is not Sign.PRESSURE:
        return number(found.value), hand
    low = latest.get(VitalSignCode.DIASTOLIC)
    mean = latest.get(VitalSignCode.MEAN)
    paired = low is not None and low.taken_at == found.taken_at
    text = f"{number(found.value)}/{number(low.value) if low and paired else '–'}"
    with_mean = mean is not None and mean.taken_at == found.taken_at
    return text, " ".join(
        filter(None, (f"({number(mean.value)})" if mean and with_mean else "", hand))
    )


def stale_seconds(session: TreatmentSession) -> Mapping[Sign, float]:
    """Return after how many seconds without a reading a number is drawn as old."""
    gaps = rules_of(session).gaps
    return {
        sign: float(gaps.factor) * gaps.expected_every[codes[0]].total_seconds()
        for sign, codes in CODES.items()
    }


def _alarm_levels(session: TreatmentSession) -> Mapping[Sign, AlarmLevel]:
    found: dict[Sign, AlarmLevel] = {}
    for row in monitoring.open_alarms(session):
        if row.condition_gone_at is not None:
            continue
        for sign, codes in CODES.items():
            if any(row.condition.startswith(f"{code.upper()}_") for code in codes):
                found.setdefault(sign, level_of(row))
    return found


def marks(readings: Iterable[Reading]) -> Iterable[dict[str, Any]]:
    """Yield readings as the graph takes them: pressures paired, continuous signs thinned.

    Of the readings of ten seconds the lowest saturation and otherwise the last is drawn; an
    artefact is always drawn. A pulse stands behind a believed heart rate of the same source and
    minute, as in the stored graph (``monitoring.trends``).
    """
    pressures: dict[tuple[datetime, Source], dict[str, Reading]] = {}
    thinned: dict[tuple[Sign, Source, int], Reading] = {}
    by_code = {code: sign for sign, codes in CODES.items() for code in codes}
    rows = [r for r in readings if r.sign in by_code]
    beating = {_minute(r) for r in rows if r.sign == VitalSignCode.HEART_RATE and not r.artefact}
    for reading in rows:
        sign = by_code[VitalSignCode(reading.sign)]
        if sign is Sign.PRESSURE:
            pressures.setdefault((reading.at, reading.source), {})[reading.sign] = reading
        elif reading.artefact:
            yield _mark(sign, reading)
        elif reading.sign == VitalSignCode.PULSE_RATE and _minute(reading) in beating:
            continue
        else:
            key = (sign, reading.source, int(reading.at.timestamp()) // EVERY_S)
            known = thinned.get(key)
            if known is None or sign is not Sign.OXYGEN or reading.value < known.value:
                thinned[key] = reading
    for (sign, _source, _slot), reading in thinned.items():
        yield _mark(sign, reading)
    for (taken, source), parts in pressures.items():
        high, low = parts.get(VitalSignCode.SYSTOLIC), parts.get(VitalSignCode.DIASTOLIC)
        if high is not None and low is not None:
            mean = parts.get(VitalSignCode.MEAN)
            yield {
                "sign": str(Sign.PRESSURE),
                "source": str(source),
                "at": taken.isoformat(),
                "systolic": _plain(high.value),
                "diastolic": _plain(low.value),
                "mean": _plain(mean.value) if mean else None,
                "artefact": high.artefact or low.artefact,
            }


def _minute(reading: Reading) -> tuple[Source, int]:
    return reading.source, int(reading.at.timestamp()) // 60


def _mark(sign: Sign, reading: Reading) -> dict[str, Any]:
    return {
        "sign": str(sign),
        "source": str(reading.source),
        "at": reading.at.isoformat(),
        "value": _plain(reading.value),
        "artefact": reading.artefact,
    }


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
