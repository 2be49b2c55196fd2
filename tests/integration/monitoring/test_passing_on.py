"""An alarm that nobody answers goes to the site's screens, then to the prescriber: by the clock."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from afterglow.apps.events.models import OutboxEvent
from afterglow.apps.monitoring import services as monitoring
from afterglow.apps.monitoring.jobs import pass_on_unanswered_alarms
from afterglow.apps.monitoring.models import Alarm, AlarmAct
from afterglow.apps.monitoring.services.escalation import pass_on_unanswered, prescribers
from afterglow.apps.notices.models import Notice
from afterglow.apps.scheduling.models import StaffShift
from afterglow.apps.treatment.services import coverage
from afterglow.apps.work.models import Task, TaskState
from afterglow.config.watch import Watch
from afterglow.core.roles import Role
from afterglow.web import clock
from factories import staff
from support.infusion_day import Day, infusing, on_shift, take_vitals

pytestmark = pytest.mark.django_db


def left_alone(**given: Any) -> Day:
    """Ten minutes in, the clinician had to leave: one red alarm that nobody acknowledges."""
    day = infusing(**given)
    coverage.leave_alone(
        session=day.id, reason="Fire bell", by=day.clinician, at=day.minute(10), key=uuid.uuid4()
    )
    see_the_rest(day)
    return day


def see_the_rest(day: Day) -> None:
    rest = Alarm.objects.filter(session=day.session).exclude(condition="NOBODY_WITH_PATIENT")
    for row in rest:
        monitoring.acknowledge_alarm(alarm=row.public_id, by=day.second, at=day.minute(10))


@pytest.fixture
def day() -> Day:
    return left_alone()


def alarm(day: Day) -> Alarm:
    return Alarm.objects.get(session=day.session, condition="NOBODY_WITH_PATIENT")


def after(day: Day, seconds: float) -> dt.datetime:
    return day.minute(10) + dt.timedelta(seconds=seconds)


def acts(row: Alarm) -> list[tuple[str, float]]:
    return [
        (str(act.act), (act.at - row.raised_at).total_seconds())
        for act in AlarmAct.objects.filter(alarm=row).order_by("at", "pk")
    ]


def notices_of(template: str) -> set[uuid.UUID]:
    return set(Notice.objects.filter(template=template).values_list("to", flat=True))


def test_half_a_minute_later_the_other_screens_know_and_a_minute_later_the_prescriber(
    day: Day,
) -> None:
    other = infusing(site=day.site)
    see_the_rest(other)
    OutboxEvent.objects.all().delete()

    assert pass_on_unanswered(at=after(day, 29)) == 0
    assert pass_on_unanswered(at=after(day, 30)) == 1
    told = OutboxEvent.objects.filter(event="site-alarm", subject=day.id)
    assert set(told.values_list("topic", flat=True)) == {
        day.site.public_id,
        day.id,
        other.id,
    }
    assert not Task.objects.filter(kind="alarm_unanswered").exists()
    assert pass_on_unanswered(at=after(day, 90)) == 1

    row = alarm(day)
    assert acts(row) == [("raised", 0), ("told_site", 30), ("told_prescriber", 90)]
    task = Task.objects.get(kind="alarm_unanswered")
    assert (task.subject, task.owner_role, task.state) == (
        row.public_id,
        "prescriber",
        TaskState.OPEN,
    )
    assert day.prescriber.public_id in notices_of("alarm-unanswered")
    assert day.clinician.public_id not in notices_of("alarm-unanswered")


def test_told_once_however_often_the_watch_and_the_worker_look(day: Day) -> None:
    watch = Watch(now=lambda: after(day, 95))
    watch.step()
    watch.step()
    with clock.fixed(after(day, 96)):
        again = pass_on_unanswered_alarms(0)

    assert again == 0
    assert [act for act, _ in acts(alarm(day))].count("told_prescriber") == 1
    assert Notice.objects.filter(to=day.prescriber.public_id, template="alarm-unanswered").exists()


def test_an_acknowledgement_takes_it_back_and_ends_the_task(day: Day) -> None:
    pass_on_unanswered(at=after(day, 95))
    OutboxEvent.objects.all().delete()

    monitoring.acknowledge_alarm(alarm=alarm(day).public_id, by=day.second, at=after(day, 100))

    row = alarm(day)
    assert (row.told_site_at, row.told_prescriber_at, row.waits_since) == (None, None, None)
    assert Task.objects.get(kind="alarm_unanswered").state == TaskState.DONE
    assert OutboxEvent.objects.filter(event="site-alarm", topic=day.site.public_id).exists()
    assert pass_on_unanswered(at=after(day, 600)) == 0


def test_an_alarm_that_ends_by_itself_ends_the_task_and_leaves_the_screens(day: Day) -> None:
    take_vitals(day, at=day.minute(12), systolic=166, diastolic=80)
    pass_on_unanswered(at=day.minute(18))
    amber = Alarm.objects.get(session=day.session, condition="SYSTOLIC_HIGH")
    task = Task.objects.get(subject=amber.public_id)
    assert (str(amber.priority), task.state) == ("medium", TaskState.OPEN)
    OutboxEvent.objects.all().delete()

    take_vitals(day, at=day.minute(19), systolic=124, diastolic=78)

    amber.refresh_from_db()
    task.refresh_from_db()
    assert (amber.ended_at, amber.told_prescriber_at) == (day.minute(19), day.minute(18))
    assert (task.state, task.closed_by) == (TaskState.DONE, None)
    assert OutboxEvent.objects.filter(event="site-alarm", topic=day.site.public_id).exists()
    # The red one of the same patient still waits for somebody.
    assert Task.objects.get(subject=alarm(day).public_id).state == TaskState.OPEN


def test_whoever_silenced_it_is_there_until_the_silence_ends(day: Day) -> None:
    done = monitoring.silence_alarm(
        alarm=alarm(day).public_id,
        span=dt.timedelta(minutes=2),
        by=day.second,
        at=after(day, 20),
    )

    assert isinstance(done, Alarm)
    assert pass_on_unanswered(at=after(day, 139)) == 0
    assert pass_on_unanswered(at=after(day, 140)) == 2


def test_silenced_in_its_room_it_is_drawn_in_the_others_and_sounds_in_none(
    day: Day, client: Client
) -> None:
    pass_on_unanswered(at=after(day, 31))
    monitoring.silence_alarm(
        alarm=alarm(day).public_id,
        span=dt.timedelta(seconds=60),
        by=day.second,
        at=after(day, 40),
    )
    client.force_login(day.second)

    def band(seconds: float) -> str:
        with clock.fixed(after(day, seconds)):
            return client.get("/alarms/elsewhere/").content.decode()

    silent, again = band(60), band(101)

    assert "elsewhere-line" in silent
    assert "data-sound-level" not in silent
    assert 'data-sound-level="red"' in again


def test_what_is_passed_to_nobody_or_not_yet_due_locks_no_session(day: Day) -> None:
    def locks(seconds: float) -> int:
        with CaptureQueriesContext(connection) as asked:
            pass_on_unanswered(at=after(day, seconds))
        return sum(
            "FOR NO KEY UPDATE" in query["sql"] and "treatmentsession" in query["sql"]
            for query in asked.captured_queries
        )

    assert locks(29) == 0
    assert locks(30) == 1
    pass_on_unanswered(at=after(day, 95))
    Alarm.objects.filter(session=day.session).update(
        priority="low", told_site_at=None, told_prescriber_at=None
    )
    assert locks(3600) == 0


def test_a_patient_who_has_left_calls_nobody(day: Day) -> None:
    day.session.state = "discharged"
    type(day.session).objects.filter(pk=day.session.pk).update(state="discharged")

    assert pass_on_unanswered(at=after(day, 600)) == 0


def test_the_prescriber_on_shift_is_told_and_without_one_everybody_who_may_prescribe(
    day: Day,
) -> None:
    away = staff(Role.PRESCRIBER, site=day.site)
    assert prescribers(day.session, after(day, 0)) == [day.prescriber]

    StaffShift.objects.filter(account=day.prescriber).delete()
    assert {p.pk for p in prescribers(day.session, after(day, 0))} >= {
        day.prescriber.pk,
        away.pk,
    }
    on_shift(away, day.site)
    assert prescribers(day.session, after(day, 0)) == [away]


def test_two_rooms_that_nobody_answers_are_both_passed_on(day: Day) -> None:
    left_alone(site=day.site)

    assert pass_on_unanswered(at=after(day, 30)) == 2


def test_the_database_keeps_the_order_of_who_is_told(day: Day) -> None:
    row = alarm(day)
    with (
        pytest.raises(IntegrityError, match="the_site_hears_of_an_alarm"),
        transaction.atomic(),
    ):
        Alarm.objects.filter(pk=row.pk).update(
            told_site_at=after(day, 9), told_prescriber_at=after(day, 8)
        )
