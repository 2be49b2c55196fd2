"""Playback: a finished session with its alarms as they were, and nobody's name."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.monitoring.models import AlarmAct, VitalSign
from afterglow.apps.monitoring.services import acknowledge_alarm, silence_alarm
from afterglow.apps.monitoring.services.escalation import pass_on_unanswered
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.printed import during
from afterglow.apps.treatment.printed.words import Clock
from afterglow.apps.treatment.shown import playback
from afterglow.core.monitoring.alarm_state import AlarmActKind
from afterglow.web import clock
from support.infusion_day import Day, infusing, recovered, signed, take_vitals

pytestmark = pytest.mark.django_db


def page(day: Day) -> str:
    client = Client()
    client.force_login(day.clinician)
    response = client.get(reverse("treatment:playback", args=[day.id]), follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_a_finished_session_plays_back_every_step_of_every_alarm() -> None:
    day = infusing()
    take_vitals(day, at=day.minute(5), spo2=84)
    for alarm in day.session.alarms.filter(condition="SPO2_LOW"):
        acknowledge_alarm(alarm=alarm.public_id, by=day.clinician, at=day.minute(6))

    told = playback.alarm_acts(day.session)

    assert len(told) == AlarmAct.objects.filter(alarm__session=day.session).count()
    assert [one.at for one in told] == sorted(one.at for one in told)
    mine = [one for one in told if one.word == "SpO2 low"]
    assert [one.act for one in mine] == [AlarmActKind.RAISED, AlarmActKind.ACKNOWLEDGED]
    assert (mine[0].seen, str(mine[0].level)) == ("84 %", "red")
    assert mine[1].by == day.clinician.get_short_name()


def test_an_alarm_that_was_passed_on_plays_back_with_who_was_told() -> None:
    assert set(playback.ACT_WORDS) == set(AlarmActKind)
    day = infusing()
    take_vitals(day, at=day.minute(5), spo2=84)
    pass_on_unanswered(at=day.minute(7))

    told = [one for one in playback.alarm_acts(day.session) if one.word == "SpO2 low"]

    assert [str(one.words) for one in told] == [
        "raised",
        "told to the other screens",
        "told to the prescriber",
    ]
    assert {str(one.level) for one in told} == {"red"}
    row = during._alarm(
        {
            "raised_at": day.minute(5).isoformat(),
            "acknowledged_at": None,
            "ended_at": None,
            "highest_priority": "high",
            "symptomatic": None,
            "sentence": "SpO2 is 84 %.",
            "acts": [
                {"at": one.at.isoformat(), "act": str(one.act), "seen": one.seen} for one in told
            ],
        },
        Clock(day.site.zone, day.started.date()),
    )
    assert "told to the other screens" in row[2]
    assert "told to the prescriber" in row[2]


def test_playback_says_that_it_is_not_live_and_shows_no_name() -> None:
    day = recovered()
    with clock.fixed(day.minute(90)):
        shown = page(day)

    assert "Nothing here is live" in shown
    assert day.session.patient.family_name not in shown
    assert day.session.patient.mrn not in shown
    data = json.loads(
        shown.split('<script id="playback-data" type="application/json">')[1].split("</script>")[0]
    )
    assert data["rates"][0]["rate"] == "75"
    assert data["rates"][-1]["rate"] == "0"
    assert data["ends"] > data["begins"]


def test_a_number_is_played_back_when_it_was_measured_and_a_silence_as_long_as_it_was() -> None:
    day = infusing()
    begun = day.minute(10)
    readings = [(0, "97"), (3, "84"), (30, "84"), (57, "96")]
    VitalSign.objects.bulk_create(
        VitalSign(
            session=day.session,
            code="spo2",
            value=Decimal(value),
            unit="%",
            source="hand",
            by=day.clinician,
            taken_at=begun + timedelta(seconds=second),
            arrived_at=begun + timedelta(seconds=second),
            batch=uuid.uuid4(),
        )
        for second, value in readings
    )
    take_vitals(day, at=day.minute(12), spo2=84)
    alarm = day.session.alarms.get(condition="SPO2_LOW")
    silence_alarm(
        alarm=alarm.public_id, span=timedelta(minutes=2), by=day.clinician, at=day.minute(13)
    )
    infusion = queries.infusion_of(day.session)
    assert infusion is not None
    told = json.loads(playback.playback(day.session, infusion, at=day.minute(20)).script)

    shown = [(t - begun.timestamp(), value) for t, value in told["values"]["oxygen"]]
    assert [one for one in shown if 0 <= one[0] < 60] == [(0, 97), (3, 84), (30, 84), (57, 96)]
    [silenced] = [act for act in told["acts"] if act["act"] == "silenced"]
    assert silenced["until"] == day.minute(15).timestamp()
    assert told["told"] == []


def test_a_session_that_runs_is_not_played_back() -> None:
    day = infusing()
    with clock.fixed(day.minute(5)):
        shown = page(day)

    assert "Nothing here is live" not in shown
    assert "Record pump stopped" in shown


def test_a_signed_record_is_read_and_takes_no_digit_more() -> None:
    day = signed()
    client = Client(headers={"HX-Request": "true"})
    client.force_login(day.clinician)
    with clock.fixed(day.minute(95)):
        grid = client.get(
            reverse("treatment:infusion-panel", args=[day.id, "grid"])
        ).content.decode()
        actions = client.get(reverse("treatment:infusion-panel", args=[day.id, "actions"]))

    assert "raw/pressure/" in grid
    assert "<input class=" not in grid
    assert "Oxygen on" not in grid
    assert reverse("treatment:playback", args=[day.id]) in actions.content.decode()
