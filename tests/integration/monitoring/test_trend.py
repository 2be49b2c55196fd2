"""A graph draws what was believed, breaks where something is missing, and hides no dip."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from afterglow.apps.monitoring.lines import Window, spread_in
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.monitoring.services import mark_artefact, record_vital_signs_by_hand
from afterglow.apps.monitoring.trends import raw_readings, steps, trend_json
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.readings import Source
from support.clinic_messages import DIASTOLIC, PULSE, SPO2, SYSTOLIC, Bed, arrive, bed, later, oru

pytestmark = pytest.mark.django_db
HEART_RATE = "MDC_ECG_HEART_RATE"


def lines(text: str) -> dict[tuple[str, str, bool], list[list[Any]]]:
    return {(x["sign"], x["source"], x["artefact"]): x["points"] for x in json.loads(text)}


def by_hand(here: Bed, *, at: datetime, **values: int) -> tuple[VitalSign, ...]:
    taken = record_vital_signs_by_hand(
        session=here.session.public_id,
        readings={VitalSignCode(code): Decimal(value) for code, value in values.items()},
        taken_at=at,
        by=here.clinician,
        at=at,
        key=uuid.uuid4(),
    )
    assert isinstance(taken, tuple)
    return taken


def test_a_minute_keeps_its_lowest_and_its_highest_and_saturation_draws_the_lowest() -> None:
    here = bed()
    for second, value in ((1, "97"), (20, "88"), (50, "96")):
        at = later(1, second)
        arrive(oru(here.monitor, {SPO2: value}, at=at, control_id=f"m{second}"), at=at)

    drawn = lines(trend_json(here.session, since=later(0), until=later(5), origin=later(0)))

    assert drawn["oxygen", "device", False] == [[110, 88, 88, 97]]


def test_what_is_not_believed_is_a_line_of_its_own_and_a_gap_stays_a_gap() -> None:
    here = bed()
    for minute, value in ((1, "97"), (2, "3"), (9, "96")):
        at = later(minute)
        arrive(oru(here.monitor, {SPO2: value}, at=at, control_id=f"g{minute}"), at=at)

    drawn = lines(trend_json(here.session, since=later(0), until=later(20), origin=later(0)))

    assert drawn["oxygen", "device", False] == [[60, 97], [540, 96]]
    assert drawn["oxygen", "device", True] == [[120, 3]]


def test_every_cuff_reading_is_drawn_and_hand_and_device_are_two_lines() -> None:
    here = bed()
    for second in (0, 30):
        at = later(2, second)
        told: dict[str, str | None] = {SYSTOLIC: str(120 + second), DIASTOLIC: "80"}
        arrive(oru(here.monitor, told, at=at, control_id=f"c{second}"), at=at)
    by_hand(here, systolic=131, diastolic=81, at=later(2, 40))

    drawn = lines(trend_json(here.session, since=later(0), until=later(5), origin=later(0)))

    assert drawn["pressure", "device", False] == [[120, 120, 80, None], [150, 150, 80, None]]
    assert drawn["pressure", "hand", False] == [[160, 131, 81, None]]


def test_the_spread_of_a_window_leaves_out_what_is_marked_until_that_is_taken_back() -> None:
    here = bed()
    for second, value in ((1, "97"), (20, "61"), (50, "95")):
        at = later(1, second)
        arrive(oru(here.monitor, {SPO2: value}, at=at, control_id=f"s{second}"), at=at)
    fallen = VitalSign.objects.get(value=61)

    def spread() -> list[tuple[str, int, int, int]]:
        window = Window(later(0), later(5))
        found = spread_in(here.session.pk, [window])
        return [(code, int(low), int(high), count) for _, code, low, high, count in found]

    def mark(*, is_artefact: bool, minute: float) -> None:
        mark_artefact(
            reading=fallen.pk,
            is_artefact=is_artefact,
            reason="cold hand",
            by=here.clinician,
            at=later(minute),
        )

    before = spread()
    mark(is_artefact=True, minute=4)
    marked = spread()
    mark(is_artefact=False, minute=4.5)

    assert before == spread() == [("spo2", 61, 97, 3)]
    assert marked == [("spo2", 95, 97, 2)]


def test_a_marked_reading_stays_among_the_raw_ones_with_its_reason() -> None:
    here = bed()
    [sign] = by_hand(here, spo2=71, at=later(3))
    mark_artefact(reading=sign.pk, reason="cold hand", by=here.clinician, at=later(4))

    [raw] = raw_readings(here.session, signs=[VitalSignCode.SPO2], since=later(0), until=later(9))

    assert (raw.value, raw.artefact, raw.reason) == (Decimal(71), True, "cold hand")
    assert raw.source is Source.HAND


def test_a_day_of_seconds_is_a_day_of_minutes_and_keeps_its_lowest_value() -> None:
    here = bed()
    VitalSign.objects.bulk_create(
        VitalSign(
            session=here.session,
            batch=here.session.public_id,
            code="spo2",
            value=Decimal(71 if second == 1234 else 97),
            unit="%",
            source=Source.HAND,
            taken_at=later(0, second),
            arrived_at=later(0, second),
            by=here.clinician,
        )
        for second in range(3600)
    )

    drawn = lines(trend_json(here.session, since=later(0), until=later(60), origin=later(0)))

    points = drawn["oxygen", "hand", False]
    assert len(points) == 60
    assert [point[1:] for point in points if len(point) > 2] == [[71, 71, 97]]


def test_what_each_number_showed_stands_where_it_changed_and_every_ten_seconds() -> None:
    here = bed()
    # Second, sign, value: a pulse beside an ECG is not shown until the ECG is silent for 15 s.
    sent = [
        (0, PULSE, "70"),
        (1, HEART_RATE, "72"),
        (2, PULSE, "71"),
        (3, HEART_RATE, "72"),
        (11, HEART_RATE, "72"),
        (12, HEART_RATE, "75"),
        (26, PULSE, "76"),
        (27, PULSE, "77"),
        (28, PULSE, "77"),
        (4, SPO2, "97"),
        (5, SPO2, "97"),
        (14, SPO2, "97"),
        (15, SPO2, "3"),
    ]
    for second, sign, value in sent:
        at = later(1, second)
        arrive(oru(here.monitor, {sign: value}, at=at, control_id=f"{sign}{second}"), at=at)

    shown = steps(here.session, since=later(0), until=later(5), ecg_for=timedelta(seconds=15))

    began = later(1).timestamp()
    assert {sign: [(t - began, v) for t, v in line] for sign, line in shown.items()} == {
        "heart": [(0, 70), (1, 72), (11, 72), (12, 75), (27, 77)],
        "oxygen": [(4, 97), (14, 97)],
    }
