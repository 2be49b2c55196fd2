"""Which chairs the simulator plays: demo devices at demo patients, and what the chart says."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from afterglow.simulator.clinic import chairs, charted, room_config
from afterglow.web import clock
from support.infusion_day import Day, infusing

pytestmark = pytest.mark.django_db


def make_demo(day: Day) -> None:
    for row in (day.monitor, day.pump, day.session.patient):
        type(row).objects.filter(pk=row.pk).update(is_demo=True)


def test_a_chair_with_demo_devices_is_played_with_its_monitor_and_pump() -> None:
    day = infusing(kg="82.5")
    make_demo(day)

    with clock.fixed(day.minute(5)):
        found = chairs()[day.session.pk]

    assert (found.monitor, found.pump) == (day.monitor.eui64, day.pump.eui64)
    assert found.kg == 82.5
    assert room_config(found, follow=None).pump_eui64 == day.pump.eui64


@pytest.mark.parametrize("real", ["monitor", "patient"])
def test_a_device_or_a_patient_who_is_not_demo_is_never_played(real: str) -> None:
    day = infusing()
    make_demo(day)
    row = day.monitor if real == "monitor" else day.session.patient
    type(row).objects.filter(pk=row.pk).update(is_demo=False)

    with clock.fixed(day.minute(5)):
        assert day.session.pk not in chairs()


def test_a_pump_that_meets_an_infusion_under_way_starts_at_what_the_chart_holds() -> None:
    day = infusing()

    plan = charted(day.session.pk, at=day.started + dt.timedelta(minutes=20))

    assert plan is not None
    assert plan.rate_ml_per_h == day.preparation.rate_ml_per_h.value  # type: ignore[union-attr]
    assert plan.delivered_ml == pytest.approx(plan.rate_ml_per_h / 3, abs=Decimal("0.01"))
