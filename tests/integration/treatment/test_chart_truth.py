"""The chart tells what was there: what a device saw, whose number it is, and when it was."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.devices.models import MessageOutcome, RawMessage
from afterglow.apps.monitoring.models import Source as StoredSource
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.treatment.downtime import sheets
from afterglow.apps.treatment.shown import vitals
from afterglow.apps.treatment.shown.grid import Cell, grid
from afterglow.apps.treatment.shown.trend import first_lines
from afterglow.core.monitoring.catalogue import CATALOGUE, VitalSignCode
from afterglow.core.monitoring.readings import Reading, Source
from afterglow.core.monitoring.rules import MonitoringRules
from afterglow.web import clock
from afterglow.web.cards import Sign
from support.infusion_day import Day, infusing, take_vitals
from support.monitoring import baseline_of, monitoring_body

pytestmark = pytest.mark.django_db

V = VitalSignCode


@pytest.fixture
def day() -> Day:
    return infusing()


def device_says(day: Day, *said: tuple[V, int, datetime]) -> None:
    """Store what a monitor said, as the charter does: sign, value, when."""
    message = RawMessage.objects.create(
        received_at=said[0][2],
        peer="127.0.0.1",
        port=2575,
        content=b"",
        sha256="0" * 64,
        device=day.monitor,
        outcome=MessageOutcome.CHARTED,
    )
    VitalSign.objects.bulk_create(
        VitalSign(
            session=day.session,
            batch=uuid.uuid4(),
            code=code,
            value=Decimal(value),
            unit=CATALOGUE[code].unit,
            source=StoredSource.DEVICE,
            taken_at=at,
            arrived_at=at,
            device=day.monitor,
            message=message,
        )
        for code, value, at in said
    )


def cell(day: Day, field: str, *, minute: float) -> Cell:
    """Return the newest column's cell of one row."""
    [line] = [
        row for row in grid(day.session, at=day.minute(minute)).lines if row.line.field == field
    ]
    return line.cells[-1][1]


# ---- what a device saw between the drawn numbers


def test_a_column_is_red_when_its_device_saw_red_between_two_calm_numbers(day: Day) -> None:
    device_says(
        day,
        (V.SPO2, 98, day.minute(8.5)),
        (V.SPO2, 84, day.minute(9.5)),
        (V.SPO2, 97, day.minute(11)),
    )

    drawn = cell(day, "spo2", minute=12)

    assert (drawn.text, drawn.spread) == ("98", "84–98")
    assert (drawn.spread_level, drawn.level, drawn.worst) == ("red", "", "red")


def test_a_column_whose_device_stayed_inside_the_limits_has_no_colour(day: Day) -> None:
    device_says(day, (V.SPO2, 98, day.minute(8.5)), (V.SPO2, 96, day.minute(9.5)))

    assert cell(day, "spo2", minute=12).worst == ""


def test_a_normal_value_is_not_red_because_of_the_one_beside_it(day: Day) -> None:
    device_says(day, (V.SYSTOLIC, 122, day.minute(9)), (V.DIASTOLIC, 77, day.minute(9)))
    take_vitals(day, at=day.minute(9.5), systolic=192, diastolic=118)

    drawn = cell(day, "pressure", minute=10)

    assert (drawn.other, drawn.other_level) == ("192/118", "red")
    assert drawn.level == ""
    client = Client(headers={"HX-Request": "true"})
    client.force_login(day.clinician)
    with clock.fixed(day.minute(10)):
        html = client.get(reverse("treatment:infusion-panel", args=[day.id, "grid"]))
    assert 'class="cell-other is-red"' in html.content.decode()


def test_the_paper_carries_the_lowest_and_says_that_it_was_red(day: Day) -> None:
    device_says(day, (V.SPO2, 98, day.minute(8.5)), (V.SPO2, 84, day.minute(9.5)))

    sheet = sheets.session_sheet(day.refreshed(), at=day.minute(12))

    assert "98 (84–98) !!" in [text for column in sheet["carried"] for text in column]


# ---- whose heart


def heart(day: Day, *, minute: float) -> tuple[str, str]:
    """Return what the tile of the heart says, and of whom."""
    [card] = [
        each
        for each in vitals.vital_cards(day.session, at=day.minute(minute))
        if each.sign is Sign.HEART
    ]
    return card.value, card.detail


def test_a_rate_typed_long_ago_does_not_stand_before_the_pulse_of_now(day: Day) -> None:
    take_vitals(day, at=day.minute(1), heart_rate=72)
    device_says(day, (V.PULSE_RATE, 128, day.minute(35.9)))

    assert heart(day, minute=36) == ("128", "")


def test_a_fresh_ecg_stands_before_a_newer_pulse(day: Day) -> None:
    device_says(day, (V.HEART_RATE, 74, day.minute(20)), (V.PULSE_RATE, 61, day.minute(20.1)))

    assert heart(day, minute=20.2)[0] == "74"


def test_an_ecg_that_went_silent_gives_way_to_the_pulse(day: Day) -> None:
    device_says(day, (V.HEART_RATE, 74, day.minute(10)), (V.PULSE_RATE, 61, day.minute(20)))

    assert heart(day, minute=20.2)[0] == "61"


def test_the_polled_graph_keeps_the_pulse_beside_a_rate_by_hand(day: Day) -> None:
    at = day.minute(5)
    drawn = vitals.marks(
        [
            Reading(V.HEART_RATE, Decimal(72), at, Source.HAND),
            Reading(V.PULSE_RATE, Decimal(128), at, Source.DEVICE),
            Reading(V.PULSE_RATE, Decimal(30), day.minute(5.1), Source.DEVICE, artefact=True),
        ]
    )

    assert sorted((each["value"], each["source"], each["artefact"]) for each in drawn) == [
        ("128", "device", False),
        ("30", "device", True),
        ("72", "hand", False),
    ]


# ---- the graph's limits


def test_the_graph_draws_the_line_that_alarms_first_for_this_patient() -> None:
    limits = MonitoringRules.parse(monitoring_body()).limits

    drawn = {
        (line.code, line.level, line.value)
        for line in first_lines(limits, baseline_of(systolic="118", diastolic="70"))
    }

    # +20 % and at least 30 mmHg over 118; the fixed amber line of 160 alarms later.
    assert (V.SYSTOLIC, "amber", Decimal(148)) in drawn
    assert (V.SYSTOLIC, "amber", Decimal(160)) not in drawn
    assert (V.SYSTOLIC, "red", Decimal(158)) in drawn
    assert (V.DIASTOLIC, "amber", Decimal(84)) in drawn
    assert (V.HEART_RATE, "red", Decimal(130)) in drawn
    assert (V.RESPIRATORY_RATE, "red", Decimal(8)) in drawn
    assert (V.ETCO2, "red", Decimal(55)) in drawn


def test_without_a_baseline_the_fixed_lines_are_drawn() -> None:
    limits = MonitoringRules.parse(monitoring_body()).limits

    drawn = {(line.code, line.level, line.value) for line in first_lines(limits, {})}

    assert (V.SYSTOLIC, "amber", Decimal(160)) in drawn
    assert (V.SYSTOLIC, "red", Decimal(180)) in drawn


# ---- rows on demand


def shown(day: Day, *, minute: float) -> list[str]:
    lines = grid(day.session, at=day.minute(minute)).lines
    return [line.line.field for line in lines if line.is_shown]


def test_co2_has_a_row_as_soon_as_a_device_sends_it_and_takes_digits_before(day: Day) -> None:
    assert "etco2" not in shown(day, minute=9)
    device_says(day, (V.ETCO2, 37, day.minute(9)), (V.ETCO2, 58, day.minute(10)))

    assert "etco2" in shown(day, minute=11)
    assert cell(day, "etco2", minute=11).spread_level == "red"


def test_temperature_and_pain_are_typed_by_hand_and_then_have_their_row(day: Day) -> None:
    client = Client(headers={"HX-Request": "true"})
    client.force_login(day.clinician)
    with clock.fixed(day.minute(9)):
        before = client.get(reverse("treatment:infusion-panel", args=[day.id, "grid"]))
        answer = client.post(
            reverse("treatment:infusion-observe", args=[day.id]),
            {"key": uuid.uuid4(), "temperature": "36.8", "pain": "3"},
        )

    assert 'data-open-row="temperature"' in before.content.decode()
    assert answer.status_code == 200, answer.content.decode()
    assert {"temperature", "pain"} <= set(shown(day, minute=9))
    assert (cell(day, "temperature", minute=9).text, cell(day, "pain", minute=9).text) == (
        "36.8",
        "3",
    )
