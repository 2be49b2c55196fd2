"""What the pump counted: from the start on, whatever it showed before or was set back to."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest

from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.stock import queries as stock
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import accounting, differences, infusions
from afterglow.apps.treatment.services.deciding import sign_decision
from afterglow.apps.treatment.shown import drug
from afterglow.core.treatment.endings import InfusionEnding
from support.clinic_messages import DELIVERED, RATE, arrive, oru
from support.infusion_day import Day, infusing, ready, witness_waste

pytestmark = pytest.mark.django_db


def pump_says(day: Day, minute: float, rate: str, delivered: str) -> None:
    at = day.minute(minute)
    raw = oru(day.pump, {RATE: rate, DELIVERED: delivered}, at=at, control_id=f"p{minute}")
    arrive(raw, at=at)


def started() -> Day:
    """A pump still shows the 98 mL of the last patient when this one's infusion starts."""
    day = ready()
    pump_says(day, -2, "0", "98.00")
    outcome = infusions.start_infusion(
        session=day.id, by=day.clinician, at=day.started, key=uuid.uuid4()
    )
    assert isinstance(outcome, Done), outcome
    day.running = outcome.row
    return day


def stop(day: Day, minute: float) -> None:
    stopped = infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.COMPLETED,
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
    )
    assert isinstance(stopped, Done), stopped


def counted(day: Day, minute: float) -> Decimal | None:
    day.infusion.refresh_from_db()
    told = queries.given(day.infusion, at=day.minute(minute))
    return told.pump.volume.value if told.pump else None


def account(day: Day, minute: float) -> Any:
    return accounting.account_for_bag(
        session=day.id,
        witness=witness_waste(day, at=day.minute(minute)),
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
    )


def resolve(day: Day, minute: float, truth: str) -> Any:
    return differences.resolve_pump_difference(
        session=day.id,
        truth=truth,
        reason="The line was purged by hand.",
        by=day.clinician,
        at=day.minute(minute),
    )


def test_the_last_patients_total_is_not_given_to_this_one() -> None:
    day = started()

    assert counted(day, 1) is None

    pump_says(day, 2, "75", "100.50")
    assert counted(day, 2) == Decimal("2.50")
    assert not Alarm.objects.filter(session=day.session, condition="PUMP_VOLUME_DIFFERS").exists()


def test_a_pump_set_back_at_the_start_counts_from_nothing() -> None:
    day = started()

    pump_says(day, 2, "75", "2.50")
    pump_says(day, 4, "75", "5.00")

    assert counted(day, 4) == Decimal("5.00")


def test_a_pump_set_back_after_the_stop_keeps_what_it_gave() -> None:
    day = infusing()
    pump_says(day, 20, "75", "25.00")
    pump_says(day, 40, "75", "50.00")
    stop(day, 40)
    pump_says(day, 42, "0", "0.00")

    assert counted(day, 45) == Decimal("50.00")


def test_what_the_pump_gives_after_the_charted_stop_still_counts() -> None:
    day = infusing()
    pump_says(day, 20, "75", "25.00")
    stop(day, 20)
    pump_says(day, 24, "75", "30.00")

    assert counted(day, 25) == Decimal("30.00")


def test_accounting_and_signing_judge_a_difference_by_one_limit() -> None:
    day = infusing()
    pump_says(day, 39.9, "75", "48.50")
    stop(day, 40)

    refused = account(day, 42)

    assert isinstance(refused, Refused)
    assert "PUMP_DIFFERS_FROM_CHART" in refused.decision.codes
    assert "PUMP_DIFFERENCE_UNRESOLVED" in sign_decision(day.session, at=day.minute(42)).codes


def test_the_ledger_and_the_record_tell_of_the_same_milligrams_for_ever() -> None:
    day = infusing()
    pump_says(day, 39.9, "75", "45.00")
    stop(day, 40)
    assert isinstance(resolve(day, 41, "pump"), Done)
    assert isinstance(account(day, 42), Done)

    turned = resolve(day, 43, "chart")
    pump_says(day, 44, "0", "50.00")

    day.infusion.refresh_from_db()
    told = queries.given(day.infusion, at=day.minute(50)).settled.dose.value
    assert isinstance(turned, Refused)
    assert turned.decision.codes == ("DIFFERENCE_AFTER_ACCOUNTING",)
    assert told == stock.session_balance(day.vial, day.session).given


def test_a_pump_that_agreed_and_fell_silent_leaves_the_charted_rates_and_it_is_said() -> None:
    day = infusing()
    pump_says(day, 10, "75", "12.50")

    told = queries.given(day.infusion, at=day.minute(20))

    assert told.pump is None
    assert told.settled.volume.value == Decimal("25")
    assert queries.pump_silent_since(day.infusion, at=day.minute(20)) == day.minute(10)
    row = drug.drug_row(day.session, at=day.minute(20))
    assert row is not None
    assert row.silent_since == day.minute(10)


def test_a_pump_that_differed_before_it_fell_silent_still_asks_for_a_word() -> None:
    day = infusing()
    pump_says(day, 10, "75", "20.00")

    told = queries.given(day.infusion, at=day.minute(20))

    assert told.pump is not None
    assert "PUMP_DIFFERS_FROM_CHART" in told.decision.codes


def test_a_pump_that_speaks_is_the_account_that_counts() -> None:
    day = infusing()
    pump_says(day, 19.5, "75", "24.40")

    told = queries.given(day.infusion, at=day.minute(20))

    assert told.settled.volume.value == Decimal("24.40")
    assert queries.pump_silent_since(day.infusion, at=day.minute(20)) is None


def test_a_pump_set_to_another_volume_than_the_bags_is_red_at_once() -> None:
    day = infusing()
    at = day.minute(0.2)

    arrive(oru(day.pump, {RATE: "75", "MDC_VOL_FLUID_TBI": "500"}, at=at, control_id="t"), at=at)

    alarm = Alarm.objects.get(session=day.session, condition="PUMP_TARGET_DIFFERS", ended_at=None)
    assert (alarm.priority, alarm.seen, alarm.limit) == ("high", "500 mL", "50 mL")
