"""A red pressure stays on record as red, asks for symptoms, and keeps whoever saw it first."""

from __future__ import annotations

import pytest

from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.services import acknowledge_alarm
from afterglow.apps.treatment.facts import sign as facts
from afterglow.apps.treatment.record import record_content
from afterglow.apps.treatment.services.deciding import sign_decision
from support.infusion_day import Day, infusing, recovering, take_vitals

pytestmark = pytest.mark.django_db


def red(day: Day, minute: float) -> Alarm:
    """Two pressures of 190/115 a minute apart: confirmed, red."""
    take_vitals(day, at=day.minute(minute), systolic=190, diastolic=90)
    take_vitals(day, at=day.minute(minute + 1), systolic=190, diastolic=90)
    return Alarm.objects.get(session=day.session, condition="SYSTOLIC_HIGH", ended_at=None)


def see(day: Day, alarm: Alarm, minute: float, symptomatic: bool | None = None) -> Alarm:
    return acknowledge_alarm(
        alarm=alarm.public_id, by=day.clinician, at=day.minute(minute), symptomatic=symptomatic
    )


def test_a_red_pressure_without_an_answer_about_symptoms_is_not_signed() -> None:
    day = recovering()
    alarm = red(day, 45)
    see(day, alarm, 47)
    for minute in (48, 49):
        take_vitals(day, at=day.minute(minute))

    before = sign_decision(day.session, at=day.minute(50)).codes
    late = see(day, alarm, 51, symptomatic=False)
    for other in facts.reds_without_symptom_answer(day.session):
        see(day, other, 51, symptomatic=True)
    after = sign_decision(day.session, at=day.minute(52)).codes

    assert "RED_BP_SYMPTOMS_NOT_ANSWERED" in before
    assert (late.ended_at is not None, late.symptomatic) == (True, False)
    assert "RED_BP_SYMPTOMS_NOT_ANSWERED" not in after


def test_a_red_pressure_that_eased_before_it_was_seen_stays_red_on_record() -> None:
    day = infusing()
    alarm = red(day, 5)
    take_vitals(day, at=day.minute(6), systolic=165, diastolic=90)
    seen = see(day, alarm, 7)

    kept = [
        line
        for line in record_content(day.session, signed_by=day.prescriber, at=day.minute(8))[
            "alarms"
        ]
        if line["condition"] == "SYSTOLIC_HIGH"
    ]

    assert (seen.priority, seen.highest_priority) == ("medium", "high")
    assert [line["highest_priority"] for line in kept] == ["high"]
    assert list(facts.reds_without_symptom_answer(day.session).values_list("condition", flat=True))


def test_an_escalation_keeps_who_saw_the_alarm_first() -> None:
    day = infusing()
    take_vitals(day, at=day.minute(5), systolic=165)
    amber = Alarm.objects.get(session=day.session, condition="SYSTOLIC_HIGH", ended_at=None)
    see(day, amber, 6)
    red(day, 8)

    acts = [(a.act, a.by_id) for a in amber.acts.order_by("at", "pk")]

    assert ("acknowledged", day.clinician.pk) in acts
    assert acts.index(("escalated", None)) > acts.index(("acknowledged", day.clinician.pk))


def test_a_red_alarm_waits_from_when_it_turned_red() -> None:
    day = infusing()
    take_vitals(day, at=day.minute(5), systolic=165)
    alarm = red(day, 20)
    see(day, alarm, 22)

    waited = facts.slowest_acknowledgement(Alarm.objects.filter(pk=alarm.pk))

    assert waited is not None
    assert waited.total_seconds() == 60
