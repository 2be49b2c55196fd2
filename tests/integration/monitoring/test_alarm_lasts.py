"""What an acknowledgement is worth, what came and went, and what one pressure asks."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.monitoring import facts, queries
from afterglow.apps.monitoring import services as monitoring
from afterglow.apps.monitoring.models import Alarm, AlarmAct
from afterglow.apps.monitoring.services.escalation import pass_on_unanswered
from afterglow.apps.treatment.printed.during import story
from afterglow.apps.treatment.printed.words import Clock
from afterglow.apps.treatment.record import record_content
from afterglow.apps.treatment.reports.alarms import month
from afterglow.apps.treatment.reports.months import month_of
from afterglow.apps.treatment.shown.alarms import GONE, alarm_strip
from afterglow.apps.visits.board import board
from afterglow.apps.work.models import Task
from afterglow.web import clock
from support.infusion_day import Day, infusing, take_vitals

pytestmark = pytest.mark.django_db


def alarm(day: Day, code: str) -> Alarm:
    return Alarm.objects.get(session=day.session, condition=code)


def acts(row: Alarm) -> list[str]:
    return [str(act.act) for act in AlarmAct.objects.filter(alarm=row).order_by("at", "pk")]


def look(day: Day, minute: float) -> None:
    monitoring.refresh_alarms(session=day.id, at=day.minute(minute))


def sound(day: Day, row: Alarm, minute: float) -> str:
    """Return what sounds once everything else was seen."""
    for other in Alarm.objects.filter(session=day.session, ended_at=None).exclude(pk=row.pk):
        see(day, other, minute)
    return alarm_strip(day.session, at=day.minute(minute)).sound


def told(row: Alarm, day: Day, minute: float) -> list[str]:
    """Return the alarm's acts once whoever is due was told."""
    pass_on_unanswered(at=day.minute(minute))
    return acts(row)


def see(day: Day, row: Alarm, minute: float, answer: bool | None = None) -> None:
    monitoring.acknowledge_alarm(
        alarm=row.public_id, by=day.clinician, at=day.minute(minute), symptomatic=answer
    )


def desaturated(day: Day) -> Alarm:
    take_vitals(day, at=day.minute(5), spo2=88)
    return alarm(day, "SPO2_LOW")


def test_an_acknowledged_red_that_lasts_sounds_again_and_is_passed_on() -> None:
    day = infusing()
    row = desaturated(day)
    see(day, row, 5.5)
    look(day, 7.4)
    assert sound(day, row, 7.4) == ""

    look(day, 7.5)

    assert sound(day, row, 7.5) == "red"
    strip = alarm_strip(day.session, at=day.minute(7.5))
    [band] = [b for b in (*strip.bands, *strip.more) if b.row.pk == row.pk]
    assert band.seen_by == day.clinician.get_short_name()
    seen = ["raised", "acknowledged", "reminded"]
    assert told(row, day, 7.9) == seen
    assert told(row, day, 8) == [*seen, "told_site"]
    assert told(row, day, 9) == [*seen, "told_site", "told_prescriber"]
    assert Task.objects.filter(kind="alarm_unanswered", subject=row.public_id).exists()

    see(day, row, 9.5)
    assert sound(day, row, 9.5) == ""
    assert acts(row)[-1] == "acknowledged"


def test_a_red_that_came_and_went_stays_in_sight_is_heard_once_and_told_to_the_site() -> None:
    day = infusing()
    row = desaturated(day)
    take_vitals(day, at=day.minute(5.4), spo2=97)

    row.refresh_from_db()
    assert (row.condition_gone_at, row.ended_at) == (day.minute(5.4), None)
    assert sound(day, row, 5.4) == GONE
    assert told(row, day, 5.4) == ["raised", "condition_gone"]
    assert told(row, day, 5.5) == ["raised", "condition_gone", "told_site"]
    assert told(row, day, 30) == ["raised", "condition_gone", "told_site"]
    assert not Task.objects.filter(kind="alarm_unanswered", subject=row.public_id).exists()

    [shown] = [
        card
        for each in board(day.site, day=day.session.local_date, at=day.minute(6)).alarms
        for card in (each.card, *each.others)
        if card.since == row.raised_at and card.is_gone
    ]
    assert shown.level == "red"
    client = Client()
    client.force_login(day.clinician)
    with clock.fixed(day.minute(6)):
        drawn = client.get(reverse("visits:board-panel"))
        assert "came and went" in drawn.content.decode()
        room = client.get(reverse("treatment:infusion-panel", args=[day.id, "alarms"]))
        others = client.get(reverse("treatment:alarms-elsewhere"))
    assert "came and went; seen by nobody" in room.content.decode()
    assert "came and went" in others.content.decode()
    assert f'data-sound-level="{GONE}"' in others.content.decode()
    see(day, row, 7)
    row.refresh_from_db()
    assert row.ended_at == day.minute(7)


def test_one_pressure_is_one_band_one_question_and_one_acknowledgement() -> None:
    day = infusing()
    take_vitals(day, at=day.minute(10), systolic=188, diastolic=112)
    take_vitals(day, at=day.minute(11), systolic=190, diastolic=113)
    codes = ("SYSTOLIC_HIGH", "SYSTOLIC_RISE", "DIASTOLIC_HIGH", "DIASTOLIC_RISE")
    assert {str(alarm(day, code).priority) for code in codes[:3]} == {"high"}

    strip = alarm_strip(day.session, at=day.minute(11))
    shown = [*strip.bands, *strip.more]
    assert sum(band.asks_symptoms for band in shown) == 1
    assert sum(band.row.condition in codes for band in shown) == 2
    assert {str(word) for band in shown for word, _ in band.also} >= {"Systolic up from baseline"}

    see(day, alarm(day, "SYSTOLIC_HIGH"), 11.2)
    seen = [alarm(day, code).acknowledged_at is not None for code in codes]
    assert seen == [True, True, False, False]
    assert alarm(day, "SYSTOLIC_HIGH").symptomatic is None

    see(day, alarm(day, "SYSTOLIC_HIGH"), 11.5, answer=False)
    assert [alarm(day, code).symptomatic for code in codes[:3]] == [False, False, False]


def test_the_key_of_acknowledge_answers_no_question() -> None:
    day = infusing()
    take_vitals(day, at=day.minute(10), systolic=188, diastolic=94)
    take_vitals(day, at=day.minute(11), systolic=190, diastolic=94)
    client = Client()
    client.force_login(day.clinician)
    with clock.fixed(day.minute(11)):
        panel = client.get(
            reverse("treatment:infusion-panel", args=[day.id, "alarms"])
        ).content.decode()
    keyed = panel.split('data-key="a"')
    assert len(keyed) >= 2
    assert all("symptomatic" not in before[before.rindex("<button") :] for before in keyed[:-1])
    assert 'name="symptomatic" value="no"' in panel


def test_the_band_says_until_when_the_repeat_is_waited_for_and_what_is_to_be_done() -> None:
    day = infusing()
    take_vitals(day, at=day.minute(10), systolic=186, diastolic=80)
    row = alarm(day, "SYSTOLIC_HIGH")
    assert (str(row.priority), row.repeat_by) == ("medium", day.minute(12))
    band = next(b for b in alarm_strip(day.session, at=day.minute(11)).bands if b.row.pk == row.pk)
    assert (band.repeat_in, band.repeat_late) == (True, False)
    assert str(band.action) == "Recheck within 5 minutes and tell the prescriber."
    version = row.row_version
    look(day, 11.5)
    row.refresh_from_db()
    assert row.row_version == version  # nothing changed, so nothing is written nor told

    look(day, 12.1)

    row.refresh_from_db()
    assert str(row.priority) == "high"
    late = next(
        b for b in alarm_strip(day.session, at=day.minute(12.1)).bands if b.row.pk == row.pk
    )
    assert (late.repeat_in, late.repeat_late) == (False, True)


def test_an_amber_pressure_is_due_again_within_five_minutes() -> None:
    day = infusing()
    take_vitals(day, at=day.minute(2), systolic=168, diastolic=80)
    slot = queries.next_reading_due(day.session, at=day.minute(3))
    assert slot is not None
    assert (slot.due_at, slot.recheck) == (day.minute(7), True)
    take_vitals(day, at=day.minute(6), systolic=124, diastolic=78)
    slot = queries.next_reading_due(day.session, at=day.minute(6.5))
    assert slot is not None
    assert slot.due_at - day.started == dt.timedelta(minutes=10)


def test_an_alarm_that_comes_back_keeps_its_first_stretch_and_the_rechecks_of_it() -> None:
    day = infusing()
    take_vitals(day, at=day.minute(1), systolic=188, diastolic=80)
    take_vitals(day, at=day.minute(2), systolic=188, diastolic=80)
    take_vitals(day, at=day.minute(11.5), systolic=150, diastolic=80)
    before = facts.schedule(day.session, day.minute(12))

    take_vitals(day, at=day.minute(12), systolic=190, diastolic=80)

    row = alarm(day, "SYSTOLIC_HIGH")
    assert (row.raised_at, row.since) == (day.minute(1), day.minute(12))
    after = facts.schedule(day.session, day.minute(12.5))
    passed = [(s.number, s.due_at, s.recheck) for s in before if s.due_at < day.minute(12)]
    assert [(s.number, s.due_at, s.recheck) for s in after][: len(passed)] == passed
    assert [s.due_at for s in after if s.recheck][:1] == [day.minute(6)]
    assert [s.due_at for s in after if s.recheck][-1] == day.minute(17)


def test_an_acknowledgement_is_told_alike_in_the_room_the_record_and_the_report() -> None:
    day = infusing()
    row = desaturated(day)
    see(day, row, 5.5)
    look(day, 7.5)  # it asks again
    take_vitals(day, at=day.minute(7.6), spo2=97)

    strip = alarm_strip(day.session, at=day.minute(7.7))
    [band] = [b for b in (*strip.bands, *strip.more) if b.row.pk == row.pk]
    assert (band.gone, band.seen_by) == (True, day.clinician.get_short_name())
    client = Client(headers={"HX-Request": "true"})
    client.force_login(day.clinician)
    with clock.fixed(day.minute(7.7)):
        panel = client.get(reverse("treatment:infusion-panel", args=[day.id, "alarms"]))
    html = panel.content.decode()
    assert f"came and went; {day.clinician.get_short_name()} saw it before" in html
    assert "seen by nobody" not in html

    monitoring.acknowledge_alarm(alarm=row.public_id, by=day.second, at=day.minute(8))
    content = record_content(day.refreshed(), signed_by=day.clinician, at=day.minute(9))
    alarms = next(part for part in story(content, Clock.of(content)) if part["title"] == "Alarms")
    [line] = [each for each in alarms["rows"] if "saturation" in str(each[2])]
    first, second = str(line[3]).split("\n")
    assert first.startswith(day.clinician.full_name)
    assert second.startswith(day.second.full_name)
    report = month(day.site, month_of(day.site, "", at=day.started), at=day.minute(60))
    [counted] = [each for each in report.rows if each.condition == "SPO2_LOW"]
    assert counted.median_s == 30  # the first of the two
