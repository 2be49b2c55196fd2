"""A line typed long after it was measured: a notice of then, not an alarm of now."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from afterglow.apps.monitoring import facts, services
from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.monitoring.models import Alarm, VitalSign
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.monitoring.services.readings import take_back_entry
from afterglow.apps.monitoring.windows import Windows
from afterglow.apps.treatment import record
from afterglow.apps.treatment.reports import alarms
from afterglow.apps.treatment.reports.months import month_of
from afterglow.apps.treatment.services import lines, offline
from afterglow.apps.treatment.services.from_paper import copy_from_paper
from afterglow.apps.treatment.shown.alarms import alarm_strip
from afterglow.core.monitoring.alarms import evaluate
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.core.monitoring.schedule import SlotState
from afterglow.web import clock
from support.infusion_day import Day, infusing, recovering, take_vitals

pytestmark = pytest.mark.django_db


@pytest.fixture
def day() -> Day:
    return infusing()


def line(day: Day, minute: float, systolic: int = 172, **more: int) -> lines.ReadingsLine:
    values = {"systolic": systolic, "diastolic": 80, "spo2": 97} | more
    return lines.ReadingsLine(
        at=day.minute(minute),
        readings={VitalSignCode(sign): Decimal(value) for sign, value in values.items()},
    )


def copied(day: Day, *written: lines.ReadingsLine, minute: float) -> None:
    copy_from_paper(
        session=day.id,
        lines=written,
        kept_by=day.second,
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
        seen_sequence=1,
    )


def open_alarms(day: Day) -> set[tuple[str, str, str]]:
    """What is open, but that the monitor and the pump of this room are silent."""
    rows = Alarm.objects.filter(session=day.session, ended_at=None)
    silent = rows.filter(condition__in=["MONITOR_SILENT", "PUMP_SILENT"])
    return set(rows.difference(silent).values_list("condition", "about", "priority"))


def quiet(day: Day, *, minute: float) -> None:
    """See what rings already: from here on only what is new is heard."""
    services.refresh_alarms(session=day.id, at=day.minute(minute))
    for alarm in Alarm.objects.filter(session=day.session, ended_at=None):
        services.acknowledge_alarm(alarm=alarm.public_id, by=day.clinician, at=day.minute(minute))


NOTICE = ("LATE_READING", "systolic", "low")


def test_a_paper_of_half_past_is_read_at_the_hour_and_rings_nowhere_until_it_is_measured_again(
    client: Client, day: Day
) -> None:
    quiet(day, minute=11)
    copied(day, line(day, 1), minute=11.5)

    assert open_alarms(day) == {NOTICE}
    strip = alarm_strip(day.refreshed(), at=day.minute(11.6))
    assert strip.sound == ""
    assert [band.row.condition for band in strip.bands if band.waits] == ["LATE_READING"]
    client.force_login(day.clinician)
    with clock.fixed(day.minute(11.6)):
        page = client.get(f"/sessions/{day.id}/infusion/").content.decode()
    assert "Measure again: Systolic pressure" in page
    assert "172 mmHg" in page
    [notice] = [each for each in page.split("<section") if "Measure again" in each]
    assert "Acknowledge" in notice
    wall = [day.minute(m).astimezone(day.site.zone).strftime("%H:%M") for m in (1, 11.5)]
    said = " ".join(re.sub("<[^>]+>", "", notice).split())
    assert f"measured {wall[0]}, entered {wall[1]}" in said
    assert "Silence" not in notice

    take_vitals(day, at=day.minute(12))

    assert open_alarms(day) == set()
    [kept] = [each for each in recorded(day, 13)["alarms"] if is_late(each)]
    assert (kept["since"], kept["raised_at"]) == (moment(day, 1), moment(day, 11.5))
    month = alarms.month(day.site, month_of(day.site, "", at=day.started), at=day.minute(60))
    [row] = [each for each in month.rows if each.condition == "LATE_READING"]
    assert (row.alarms, row.low, row.high) == (1, 1, 0)


def recorded(day: Day, minute: float) -> dict[str, Any]:
    return record.record_content(day.refreshed(), signed_by=day.prescriber, at=day.minute(minute))


def is_late(alarm: dict[str, object]) -> bool:
    return alarm["condition"] == "LATE_READING"


def moment(day: Day, minute: float) -> str:
    return day.minute(minute).isoformat()


def test_what_a_tablet_kept_for_long_is_of_then_and_what_it_kept_for_a_moment_is_of_now(
    day: Day,
) -> None:
    def arrives(minute: float, at: float) -> None:
        body = {"readings": {"systolic": "172", "diastolic": "80"}, "scales": {}}
        entry = offline.Typed(
            uuid.uuid4(), "readings", body, day.minute(minute), day.clinician.public_id
        )
        offline.take_in(
            session=day.id,
            tablet=uuid.UUID(int=9),
            entries=[entry],
            by=day.clinician,
            at=day.minute(at),
        )

    arrives(1, 11.5)
    assert open_alarms(day) == {NOTICE}

    arrives(11, 12)
    assert {condition for condition, _, _ in open_alarms(day)} == {
        "SYSTOLIC_HIGH",
        "SYSTOLIC_RISE",
    }


def test_a_late_line_ends_no_alarm_and_breaks_no_silence(day: Day) -> None:
    take_vitals(day, at=day.minute(1), systolic=172)
    services.refresh_alarms(session=day.id, at=day.minute(12.4))
    [standing] = Alarm.objects.filter(session=day.session, ended_at=None, condition="SYSTOLIC_HIGH")
    services.silence_alarm(
        alarm=standing.public_id,
        span=rules_of(day.session).alarms.silence_at_most[AlarmPriority.MEDIUM],
        by=day.clinician,
        at=day.minute(12.5),
    )

    copied(day, line(day, 2, 130, spo2=88), minute=12.6)

    standing.refresh_from_db()
    assert standing.ended_at is None
    assert standing.silenced_until is not None
    assert ("LATE_READING", "spo2", "low") in open_alarms(day)
    assert "SPO2_LOW" not in {condition for condition, _, _ in open_alarms(day)}


def test_a_sedation_score_of_then_asks_for_one_of_now(day: Day) -> None:
    copied(
        day,
        lines.ReadingsLine(at=day.minute(1), scales={"moaas": {"response": 1}}),
        minute=11.5,
    )

    assert open_alarms(day) == {("LATE_READING", "moaas", "low")}
    strip = alarm_strip(day.refreshed(), at=day.minute(11.6))
    [band] = [each for each in (*strip.bands, *strip.more) if each.is_notice]
    assert str(band.word) == "Measure again: MOAA/S"


def test_a_late_line_leaves_the_reading_that_is_overdue_overdue_and_one_of_now_fills_it() -> None:
    day = recovering()
    take_vitals(day, at=day.minute(41))
    overdue = day.minute(66)

    def slot(minute: float) -> SlotState:
        found = monitoring.schedule(day.refreshed(), at=day.minute(minute))
        [row] = [s for s in found if s.opens_at <= overdue and (s.closes_at or overdue) >= overdue]
        return row.state

    assert slot(66) is SlotState.OVERDUE
    whole = {"heart_rate": 70, "respiratory_rate": 14}
    copied(
        day,
        lines.ReadingsLine(
            at=day.minute(54),
            readings=line(day, 54, 130, **whole).readings,
            scales={"moaas": {"response": 5}},
        ),
        minute=66,
    )

    assert slot(66) is SlotState.OVERDUE
    assert "READING_OVERDUE" in {condition for condition, _, _ in open_alarms(day)}
    take_vitals(day, at=day.minute(66.5))
    assert slot(66.5) is SlotState.FULFILLED
    assert "READING_OVERDUE" not in {condition for condition, _, _ in open_alarms(day)}


def test_a_late_line_that_was_entered_in_error_asks_for_nothing(day: Day) -> None:
    copied(day, line(day, 1), minute=11.5)
    entered = VitalSign.objects.get(session=day.session, code="systolic", taken_at=day.minute(1))

    take_back_entry(session=day.id, batch=entered.batch, by=day.clinician, at=day.minute(12))

    assert open_alarms(day) == set()


def test_readings_kept_in_mind_know_what_is_late_as_the_rows_do(day: Day) -> None:
    windows = Windows()
    session = day.refreshed()
    windows.refresh([session.pk], at=day.minute(1))
    copied(day, line(day, 1), line(day, 3, 130), line(day, 2, 180), minute=14)
    windows.refresh([session.pk], at=day.minute(14))
    afresh = Windows()
    afresh.refresh([session.pk], at=day.minute(14))

    read, kept, again = (
        evaluate(found[session.pk], rules_of(session), day.minute(14))
        for found in (
            facts.alarms([session], day.minute(14)),
            facts.alarms([session], day.minute(14), windows=windows),
            facts.alarms([session], day.minute(14), windows=afresh),
        )
    )

    assert read == kept == again
