"""Hazards while drug runs, through the real services and real messages."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from afterglow.apps.medicines.models import Product
from afterglow.apps.monitoring.models import Alarm, VitalSign
from afterglow.apps.people.models import Allergy, ListState
from afterglow.apps.treatment.models import PumpAction, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.record import record_content
from afterglow.apps.treatment.services import (
    charting,
    closing,
    emergency,
    infusions,
    rates,
)
from afterglow.apps.treatment.services.deciding import discharge_decision
from afterglow.apps.treatment.shown.events import entries
from afterglow.apps.work.models import Task
from afterglow.core.quantities import Dose, Rate
from afterglow.core.treatment.endings import SessionEnding
from afterglow.db.models import StaleRow
from support.clinic_messages import DELIVERED, RATE, SPO2, arrive, oru
from support.infusion_day import CALM, Day, infusing, recovered, taken_over

pytestmark = pytest.mark.django_db


def pump_says(day: Day, minute: float, rate: str, delivered: str) -> None:
    at = day.minute(minute)
    raw = oru(day.pump, {RATE: rate, DELIVERED: delivered}, at=at, control_id=f"p{minute}")
    arrive(raw, at=at)


def open_alarms(day: Day) -> set[str]:
    return set(
        Alarm.objects.filter(session=day.session, ended_at=None).values_list("condition", flat=True)
    )


def charted(day: Day) -> Rate:
    return day.infusion.preparation.rate_ml_per_h


def test_a_pump_programmed_tenfold_is_said_within_its_first_reports() -> None:
    day = infusing()
    right, wrong = charted(day).value, charted(day).value * 10

    pump_says(day, 2, f"{right:f}", f"{right / 30:.2f}")
    as_charted = open_alarms(day)
    pump_says(day, 4, f"{wrong:f}", f"{wrong / 15:.2f}")

    assert "PUMP_RATE_DIFFERS" not in as_charted
    assert {"PUMP_RATE_DIFFERS", "PUMP_VOLUME_DIFFERS"} <= open_alarms(day)


def test_a_rate_nobody_could_mean_is_refused_with_the_limit() -> None:
    day = infusing()

    outcome = change_rate(day, "750", at=5, seen=1)

    assert isinstance(outcome, Refused)
    (reason,) = outcome.decision
    assert (reason.code, reason.seen) == ("RATE_ABOVE_HARD_LIMIT", "750 mL/h")
    assert reason.limit == str(rates.fastest_rate(day.infusion))
    assert PumpAction.objects.filter(infusion=day.infusion).count() == 1


def change_rate(day: Day, rate: str, *, at: float, seen: int, by: Any = None) -> Any:
    return infusions.act_on_pump(
        session=day.id,
        kind=PumpActionKind.CHANGE_RATE,
        rate=Rate.ml_per_h(rate),
        by=by or day.clinician,
        at=day.minute(at),
        key=uuid.uuid4(),
        seen_sequence=seen,
    )


def test_of_two_tablets_the_second_never_overwrites_what_it_has_not_seen() -> None:
    day = infusing()
    assert isinstance(change_rate(day, "40", at=5, seen=1), Done)

    with pytest.raises(StaleRow):
        change_rate(day, "60", at=5.1, seen=1, by=day.second)

    rates = PumpAction.objects.order_by("sequence").values_list("rate_ml_per_h", flat=True)
    assert list(rates) == [charted(day), Rate.ml_per_h("40")]


@pytest.mark.parametrize("kind", [EventKind.EXTRAVASATION, EventKind.FALL])
def test_extravasation_or_a_fall_is_a_grave_event_of_the_chart_and_of_the_signed_content(
    kind: EventKind,
) -> None:
    day = infusing()

    done = charting.record_event(
        session=day.id,
        kind=kind,
        text="Swelling above the cannula, line closed.",
        by=day.clinician,
        at=day.minute(9),
        key=uuid.uuid4(),
    )

    assert isinstance(done, Done)
    (shown,) = [each for each in entries(day.session) if each.kind == kind]
    assert shown.grave
    assert shown.at == day.minute(9)
    content = record_content(day.session, signed_by=day.prescriber, at=day.minute(10))
    assert "Swelling above the cannula, line closed." in str(content)


def test_a_statement_about_suicide_in_the_chair_is_owned_at_once_and_holds_the_way_home() -> None:
    day = recovered()
    said = charting.record_event(
        session=day.id,
        kind=EventKind.SUICIDAL_STATEMENT,
        text="In her words.",
        by=day.clinician,
        at=day.minute(81),
        key=uuid.uuid4(),
    )
    assert isinstance(said, Done)

    task = Task.objects.get(kind="suicide_positive")
    home = discharge_decision(day.session, ending=SessionEnding.COMPLETED, at=day.minute(82))
    undo = charting.withdraw_event(
        session=day.id,
        event=said.row.public_id,
        reason="Not meant so",
        by=day.clinician,
        at=day.minute(82),
        key=uuid.uuid4(),
    )

    prescriber = day.session.course.prescriber
    assert prescriber is not None
    assert task.owner == prescriber.public_id
    assert dt.timedelta(0) < task.due_at - day.minute(81) <= dt.timedelta(hours=1)
    assert {r.code for r in home.blockers} == {"SUICIDE_POSITIVE_NOT_ASSESSED_BEFORE_LEAVING"}
    assert isinstance(undo, Refused)
    assert SessionEvent.objects.filter(kind=EventKind.WITHDRAWN).count() == 0


def test_a_reading_from_paper_keeps_when_it_was_taken_and_when_it_was_entered() -> None:
    day = infusing()

    done = charting.chart_observations(
        session=day.id,
        readings=CALM,
        scales={},
        taken_at=day.minute(12),
        by=day.clinician,
        at=day.minute(38),
        key=uuid.uuid4(),
    )

    assert isinstance(done, Done)
    late = VitalSign.objects.filter(session=day.session, arrived_at=day.minute(38))
    assert set(late.values_list("taken_at", flat=True)) == {day.minute(12)}
    assert {row.source for row in late} == {"hand"}


def test_a_paper_time_before_check_in_or_in_the_future_is_refused() -> None:
    day = infusing()

    def noted(minute: float) -> Any:
        return charting.record_event(
            session=day.id,
            kind=EventKind.DOWNTIME_ENTRY,
            text="From the sheet.",
            happened_at=day.minute(minute),
            by=day.clinician,
            at=day.minute(20),
            key=uuid.uuid4(),
        )

    before, future, fine = noted(-31), noted(25), noted(4)

    assert isinstance(before, Refused)
    assert before.decision.codes == ("TIME_BEFORE_CHECK_IN",)
    assert isinstance(future, Refused)
    assert future.decision.codes == ("TIME_IN_FUTURE",)
    for why in (*before.decision.blockers, *future.decision.blockers):
        assert why.seen in why.sentence
        assert why.limit in why.sentence
        assert "T" not in why.seen + why.limit  # the site's clock, no machine's
    assert isinstance(fine, Done)
    assert (fine.row.at, fine.row.recorded_at) == (day.minute(4), day.minute(20))


def test_after_discharge_the_devices_serve_nobody_and_what_they_say_waits() -> None:
    day = recovered()
    left = closing.discharge(
        session=day.id,
        ending=SessionEnding.COMPLETED,
        fields={},
        by=day.clinician,
        at=day.minute(82),
        key=uuid.uuid4(),
    )
    assert isinstance(left, Done), left
    before = VitalSign.objects.count()

    arrive(oru(day.monitor, {SPO2: "93"}, at=day.minute(83), control_id="x"), at=day.minute(83))

    assert VitalSign.objects.count() == before


def test_pressing_emergency_stops_the_drug_and_a_known_allergy_does_not_stop_the_charting() -> None:
    day = infusing()
    Allergy.objects.create(
        patient=day.session.patient,
        substance="labetalol",
        state=ListState.ACTIVE,
        recorded_by=day.clinician,
        recorded_at=day.minute(0),
    )

    called = emergency.declare_emergency(
        session=day.id, by=day.clinician, at=day.minute(7), key=uuid.uuid4()
    )
    again = emergency.declare_emergency(
        session=day.id, by=day.second, at=day.minute(8), key=uuid.uuid4()
    )
    given = emergency.give_in_emergency(
        session=day.id,
        product=Product.objects.get(key="labetalol").public_id,
        dose=Dose.mg("10"),
        route="IV",
        by=day.clinician,
        at=day.minute(9),
        key=uuid.uuid4(),
    )

    day.infusion.refresh_from_db()
    assert day.infusion.ended_at == day.minute(7)
    assert again.row == called.row
    assert isinstance(given, Done)
    assert given.decision.codes == ("ALLERGY_TO_MEDICINE",)


def test_a_running_infusion_is_not_handed_to_who_already_watches_one() -> None:
    here = infusing()
    busy = infusing(site=here.site)

    outcome = taken_over(here, to=busy.clinician, at=here.minute(5))

    assert isinstance(outcome, Refused)
    assert outcome.decision.codes == ("CLINICIAN_HAS_RUNNING_INFUSION",)
    assert here.refreshed().clinician == here.clinician
