"""Orders: what is signed twice, replaced unseen, or changed after the drug ran."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.events.models import OutboxEvent
from afterglow.apps.treatment.models import InfusionOrder, OrderCancellation
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import checkin, orders
from afterglow.core.quantities import DosePerMass, Duration, MassBasis
from afterglow.web import clock
from factories import AT, AppointmentFactory
from support.infusion_day import PRN, Day, checked_in, infusing

pytestmark = pytest.mark.django_db


def sign(day: Day, minute: float, **changed: Any) -> Done[InfusionOrder] | Refused:
    """Sign the day's own order again, with something changed."""
    order: dict[str, Any] = {
        "course": day.session.course.public_id,
        "for_date": day.session.local_date,
        "dose": DosePerMass.mg_per_kg("0.5"),
        "over": Duration.minutes(40),
        "basis": MassBasis.ACTUAL,
        "prn": PRN,
        "by": day.prescriber,
        "at": day.minute(minute),
    }
    return orders.sign_order(**order | changed)


def codes(outcome: Any) -> set[str]:
    assert isinstance(outcome, Refused), outcome
    return {reason.code for reason in outcome.decision.blockers}


def test_signing_again_with_a_reason_for_the_soft_limit_keeps_the_reason() -> None:
    day = checked_in()

    again = sign(day, -10, soft_limit_reason="Tolerated 0.5 mg/kg four times elsewhere")

    assert isinstance(again, Done)
    assert not again.repeated
    assert again.row.soft_limit_reason == "Tolerated 0.5 mg/kg four times elsewhere"


def test_the_order_under_which_drug_runs_is_neither_replaced_nor_cancelled() -> None:
    day = infusing()

    replaced = sign(day, 5, dose=DosePerMass.mg_per_kg("0.4"))
    cancelled = orders.cancel_order(
        order=day.order.public_id, reason="Other plan", by=day.prescriber, at=day.minute(5)
    )

    assert codes(replaced) == codes(cancelled) == {"ORDER_IN_USE"}
    assert not OrderCancellation.objects.exists()


def test_an_order_is_cancelled_before_the_start_and_says_why() -> None:
    day = checked_in()

    def cancel(reason: str) -> Any:
        return orders.cancel_order(
            order=day.order.public_id, reason=reason, by=day.prescriber, at=day.minute(-10)
        )

    assert codes(cancel(" ")) == {"ORDER_CANCELLED_WITHOUT_REASON"}
    assert isinstance(cancel("Fever"), Done)
    assert cancel("Fever").repeated


def test_a_day_that_is_gone_gets_no_order_and_who_looks_is_told() -> None:
    day = checked_in()

    outcome = sign(day, -10, for_date=day.session.local_date - dt.timedelta(days=1))

    assert codes(outcome) == {"ORDER_FOR_A_DAY_GONE"}
    assert AuditEntry.objects.filter(action="order-refused").count() == 1
    assert OutboxEvent.objects.filter(
        event="order-refused", topic=day.session.course.public_id
    ).exists()


def test_another_prescribers_order_is_not_replaced_unseen(client: Client) -> None:
    day = checked_in()
    client.force_login(day.prescriber)
    there = f"/courses/{day.session.course.public_id}/order/"
    typed = {
        "for_date": day.session.local_date.isoformat(),
        "dose": "0.4",
        "minutes": "40",
        "basis": "actual",
    }

    with clock.fixed(day.minute(-10)):
        shown = client.get(there).content.decode()
        unseen = client.post(there, typed)
        seen = client.post(there, {**typed, "seen_order": str(day.order.public_id)})

    assert str(day.order.public_id) in shown
    assert unseen.status_code == 409
    assert "0.5 mg/kg" in unseen.content.decode()
    assert str(day.order.public_id) in unseen.content.decode()
    assert seen.status_code == 302
    assert orders.in_force(day.session.course, day.session.local_date) != day.order


def test_an_appointment_of_next_week_is_not_checked_in_today() -> None:
    appointment = AppointmentFactory.create()
    early = AT - dt.timedelta(days=7)

    outcome = checkin.check_in(
        appointment=appointment.public_id, by=appointment.clinician, at=early
    )

    appointment.refresh_from_db()
    assert codes(outcome) == {"APPOINTMENT_OF_ANOTHER_DAY"}
    assert appointment.state == "booked"
    assert AuditEntry.objects.filter(action="check-in-refused").count() == 1
