"""An emergency is heard: by every screen of the site, and by whoever may prescribe there."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.events.models import OutboxEvent
from afterglow.apps.monitoring.services.escalation import prescribers
from afterglow.apps.notices.models import Notice
from afterglow.apps.treatment.emergencies import open_emergencies
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import emergency, helping, offline
from afterglow.apps.visits import slots
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.work.models import Task, TaskState
from afterglow.core.roles import Role
from afterglow.web.cards import AlarmLevel
from factories import staff
from support.infusion_day import Day, infusing

pytestmark = pytest.mark.django_db


@pytest.fixture
def day() -> Day:
    return infusing()


def call(day: Day) -> SessionEvent:
    return emergency.declare_emergency(
        session=day.id, by=day.clinician, at=day.minute(12), key=uuid.uuid4()
    ).row


def screen(day: Day, person: object) -> Client:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client


def shown_to(day: Day, person: object, **more: str) -> str:
    answer = screen(day, person).get(reverse("treatment:alarms-elsewhere"), **more)  # type: ignore[arg-type]
    return answer.content.decode()


def test_every_other_screen_shows_it_red_with_sound_and_no_patient(day: Day) -> None:
    call(day)

    page = shown_to(day, day.second)

    assert "EMERGENCY" in page
    assert day.session.room is not None
    assert day.session.room.name in page
    assert day.clinician.get_short_name() in page
    assert 'data-sound-level="red"' in page
    assert day.session.patient.family_name not in page


def test_the_rooms_own_other_pages_show_it_too_and_the_emergency_page_not_twice(day: Day) -> None:
    call(day)
    address = reverse("treatment:alarms-elsewhere") + f"?except={day.id}"
    client = screen(day, day.clinician)

    elsewhere = client.get(address).content.decode()
    here = reverse("treatment:emergency", args=[day.id])
    itself = client.get(address, HTTP_HX_CURRENT_URL=f"http://testserver{here}").content.decode()

    assert "EMERGENCY" in elsewhere
    assert "EMERGENCY" not in itself


def test_every_screen_of_the_site_is_told_to_look_at_once(day: Day) -> None:
    before = OutboxEvent.objects.filter(event="site-alarm").count()
    call(day)

    topics = set(
        OutboxEvent.objects.filter(event="site-alarm")
        .order_by("pk")
        .values_list("topic", flat=True)[before:]
    )

    assert {day.session.site.public_id, day.id} <= topics


def test_the_board_shows_it_before_every_alarm(day: Day) -> None:
    call(day)
    day.session.refresh_from_db()

    seen = slots.watch([day.session], day.minute(12))[day.session.pk]

    assert seen.alarms[0].level is AlarmLevel.RED
    assert str(seen.alarms[0].word) == "Emergency"
    assert seen.alarms[0].since == day.minute(12)


def test_who_may_prescribe_has_a_task_with_a_clock_and_a_notice_without_a_name(day: Day) -> None:
    event = call(day)

    task = Task.objects.get(kind=helping.TASK)
    assert (task.subject, task.state) == (event.public_id, TaskState.OPEN)
    assert task.owner_role == Role.PRESCRIBER
    assert task.due_at > day.minute(12)
    told = set(Notice.objects.filter(template="emergency-called").values_list("to", flat=True))
    assert told
    assert told == {each.public_id for each in prescribers(day.session, day.minute(12))}
    assert day.session.patient.family_name not in task.title


def test_a_second_press_tells_nobody_twice(day: Day) -> None:
    call(day)
    call(day)

    assert Task.objects.filter(kind=helping.TASK).count() == 1
    assert SessionEvent.objects.filter(kind=EventKind.EMERGENCY_CALLED).count() == 1


def test_who_is_on_the_way_is_named_once_and_the_sound_ends(day: Day) -> None:
    call(day)
    client = screen(day, day.second)
    address = reverse("treatment:emergency-coming", args=[day.id])

    for _ in range(2):
        answer = client.post(address, {"key": str(uuid.uuid4())}, follow=True)

    page = answer.content.decode()
    assert day.second.get_short_name() in page
    assert "data-sound-level" not in page
    coming = SessionEvent.objects.get(kind=EventKind.EMERGENCY_STEP)
    assert (coming.by, coming.data) == (day.second, {"code": "COMING"})
    assert "I am on the way" not in page
    assert "I am on the way" in shown_to(day, staff(Role.MONITOR, site=day.session.site))


def test_it_is_taken_back_from_everybody_when_it_is_over(day: Day) -> None:
    call(day)
    done = emergency.end_emergency(
        session=day.id, outcome="Awake.", by=day.clinician, at=day.minute(20), key=uuid.uuid4()
    )

    assert isinstance(done, Done)
    assert "EMERGENCY" not in shown_to(day, day.second)
    assert Task.objects.get(kind=helping.TASK).state == TaskState.DONE
    assert open_emergencies(TreatmentSession.objects.all()) == []
    late = helping.say_coming(session=day.id, by=day.second, at=day.minute(21), key=uuid.uuid4())
    assert late.row is None


def arrives(day: Day, minute: float) -> None:
    """A tablet sends its press on Emergency, as offline_entry.js keeps it."""
    typed = offline.Typed(
        key=uuid.uuid4(),
        kind="note",
        body={"kind": "mark", "label": "Emergency", "code": "EMERGENCY"},
        happened_at=day.minute(minute),
        typed_by=day.clinician.public_id,
    )
    kept = offline.take_in(
        session=day.id, tablet=uuid.uuid4(), entries=[typed], by=day.clinician, at=day.minute(14)
    )
    assert kept[typed.key].reasons == []


def test_pressed_without_a_connection_it_is_heard_when_it_arrives_with_its_own_time(
    day: Day,
) -> None:
    arrives(day, 4)

    page = shown_to(day, day.second)
    assert "EMERGENCY" in page
    assert f"{day.minute(4).astimezone(day.site.zone):%H:%M}" in page
    assert 'data-sound-level="red"' in page
    assert Task.objects.get(kind=helping.TASK).opened_at == day.minute(14)


def test_pressed_without_a_connection_while_one_is_open_it_stays_a_mark(day: Day) -> None:
    event = call(day)

    arrives(day, 11)

    [(_session, one)] = open_emergencies(TreatmentSession.objects.filter(pk=day.session.pk))
    assert one.called == event
    assert SessionEvent.objects.get(kind=EventKind.MARK).at == day.minute(11)
    assert Task.objects.filter(kind=helping.TASK).count() == 1


def test_its_page_says_what_to_do_with_the_pump(day: Day) -> None:
    call(day)

    page = screen(day, day.clinician).get(reverse("treatment:emergency", args=[day.id]))

    assert "Stop the pump by hand, at the pump, and look whether it says 0." in (
        page.content.decode()
    )


def test_an_emergency_of_another_site_is_not_shown_here(day: Day) -> None:
    call(day)
    other = infusing()

    assert other.session.site != day.session.site
    assert "EMERGENCY" not in shown_to(other, other.clinician)


def test_a_task_leads_to_the_emergency(day: Day) -> None:
    event = call(day)
    answer = screen(day, day.clinician).get(
        reverse("treatment:emergency-of", args=[event.public_id])
    )

    assert answer.headers["Location"] == reverse("treatment:emergency", args=[day.id])
