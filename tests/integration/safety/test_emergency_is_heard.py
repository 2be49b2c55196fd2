"""An emergency is heard: by every screen of the site, and by whoever may prescribe there."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from afterglow.apps.accounts.services.locks import ACTED_WHEN_LOCKED, lock_screen
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.events.models import OutboxEvent
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.services.escalation import prescribers
from afterglow.apps.notices.models import Notice
from afterglow.apps.treatment.emergencies import board_cards, open_emergencies
from afterglow.apps.treatment.facts.presence import signs_of
from afterglow.apps.treatment.models import Coverage, Refusal, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import coverage, emergency, helping, offline
from afterglow.apps.treatment.shown.events import entries
from afterglow.apps.treatment.tasks_about import about
from afterglow.apps.visits import slots
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.work.models import Task, TaskState
from afterglow.apps.work.services import may_close
from afterglow.core.roles import Role
from afterglow.core.treatment.calls import CallAct
from afterglow.web import clock
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


@pytest.mark.parametrize("name", ["emergency", "infusion"])
def test_who_looks_at_the_rooms_page_from_elsewhere_hears_it_there_and_answers_there(
    day: Day, name: str
) -> None:
    call(day)
    address = reverse("treatment:alarms-elsewhere") + f"?except={day.id}"
    here = f"http://testserver{reverse(f'treatment:{name}', args=[day.id])}"

    def seen_by(person: object) -> str:
        return screen(day, person).get(address, HTTP_HX_CURRENT_URL=here).content.decode()

    looks = seen_by(day.second)
    answer(day, day.second, CallAct.STAYING)
    stays = seen_by(day.second)
    answer(day, day.second, CallAct.COMING)
    comes, called = seen_by(day.second), seen_by(day.clinician)

    assert "EMERGENCY with this patient" in looks
    assert (sounds(looks), "I am on the way" in looks) == (True, True)
    assert (sounds(stays), "I am on the way" in stays) == (False, True)
    assert ("EMERGENCY" in comes, "EMERGENCY" in called) == (False, False)


def test_who_is_with_the_patient_is_not_rung_at_on_its_page_for_a_call_that_nobody_signed(
    day: Day,
) -> None:
    emergency.declare_emergency(
        session=day.id, by=day.clinician, at=day.minute(12), key=uuid.uuid4(), unsigned=True
    )
    address = reverse("treatment:alarms-elsewhere") + f"?except={day.id}"
    here = f"http://testserver{reverse('treatment:emergency', args=[day.id])}"

    there = screen(day, day.clinician).get(address, HTTP_HX_CURRENT_URL=here).content.decode()
    other = screen(day, day.second).get(address, HTTP_HX_CURRENT_URL=here).content.decode()

    assert "EMERGENCY" not in there
    assert sounds(other)


def locked(day: Day, person: object) -> Client:
    client = screen(day, person)
    key = client.session.session_key
    assert key is not None
    lock_screen(session_key=key, by=person, at=day.minute(12))  # type: ignore[arg-type]
    return client


def test_a_locked_screen_that_only_shows_it_acts_in_nobodys_name(day: Day) -> None:
    call(day)
    client = locked(day, day.clinician)
    part = reverse("treatment:emergency-help", args=[day.id])
    noted = AuditEntry.objects.filter(action=ACTED_WHEN_LOCKED)

    for address in (part, part, reverse("treatment:infusion-stop", args=[day.id])):
        client.get(address, headers={"HX-Request": "true"})
    looked = noted.count()
    client.post(
        reverse("treatment:emergency-step", args=[day.id]),
        {"key": str(uuid.uuid4()), "text": "Oxygen"},
    )

    assert (looked, noted.count()) == (0, 1)


def test_silence_wants_a_pin_and_calling_again_does_not(day: Day) -> None:
    call(day)
    client = locked(day, day.clinician)
    part = reverse("treatment:emergency-help", args=[day.id])
    more = reverse("treatment:emergency-more-help", args=[day.id])

    page = client.get(part).content.decode()
    refused = client.post(part, {"key": str(uuid.uuid4())})
    judge(day, day.clinician, CallAct.ENOUGH_HELP)
    enough = client.get(part).content.decode()
    again = client.post(more, {"key": str(uuid.uuid4())})

    assert ("Enough help is here" in page, refused.status_code) == (False, 423)
    assert ("Call everybody again" in enough, again.status_code) == (True, 302)
    assert sounds(shown_to(day, day.second))


def test_a_page_whose_sign_in_has_ended_is_told_so_and_silences_nobody(day: Day) -> None:
    call(day)
    client = screen(day, day.clinician)
    client.get(reverse("treatment:emergency", args=[day.id]))
    client.cookies.pop("sessionid")

    answered = client.post(
        reverse("treatment:emergency-help", args=[day.id]), {"key": str(uuid.uuid4())}
    )

    assert answered.status_code == 401
    assert sounds(shown_to(day, day.second))


def test_a_look_at_who_comes_asks_only_for_that(
    day: Day, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    call(day)
    client = screen(day, day.clinician)
    part = reverse("treatment:emergency-help", args=[day.id])
    client.get(part)

    with django_assert_max_num_queries(25):
        said = client.get(part).content.decode()

    assert 'role="status"' in said


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


def answer(day: Day, person: object, act: CallAct) -> str:
    client = screen(day, person)
    address = reverse("treatment:emergency-answer", args=[day.id])
    data = {"key": str(uuid.uuid4()), "code": str(act)}
    return client.post(address, data, headers={"HX-Request": "true"}).content.decode()


def judge(day: Day, person: object, act: CallAct) -> int:
    more = "more-" if act is CallAct.MORE_HELP else ""
    address = reverse(f"treatment:emergency-{more}help", args=[day.id])
    return screen(day, person).post(address, {"key": str(uuid.uuid4())}).status_code


def sounds(page: str) -> bool:
    return 'data-sound-level="red"' in page


def test_who_is_on_the_way_is_named_everywhere_and_their_screens_alone_fall_silent(
    day: Day,
) -> None:
    call(day)
    third = staff(Role.MONITOR, site=day.session.site)

    answer(day, day.second, CallAct.COMING)
    mine = answer(day, day.second, CallAct.COMING)

    name = day.second.get_short_name()
    theirs = shown_to(day, third)
    assert (name in mine, sounds(mine), "I am on the way" in mine) == (True, False, False)
    assert (name in theirs, sounds(theirs), "I am on the way" in theirs) == (True, True, True)
    coming = SessionEvent.objects.get(kind=EventKind.EMERGENCY_STEP)
    assert (coming.by, coming.data) == (day.second, {"code": "COMING"})


def test_who_stays_with_their_own_patient_says_so_and_still_sees_it(day: Day) -> None:
    call(day)

    page = answer(day, day.second, CallAct.STAYING)

    assert not sounds(page)
    assert "EMERGENCY" in page
    assert "Nobody has said that they are on the way." in page
    assert "I am on the way" in page
    assert "Seen, I stay here" not in page


def test_who_says_that_they_stay_is_not_asked_whether_they_are_there_and_who_comes_is(
    day: Day,
) -> None:
    other = infusing(site=day.site)
    call(day)
    stretch = Coverage.objects.select_related("clinician", "session__patient").get(
        session=other.session, during__upper_inf=True
    )

    answer(day, other.clinician, CallAct.STAYING)
    stays = signs_of([stretch], until=clock.now())[stretch.pk].elsewhere
    answer(day, other.clinician, CallAct.COMING)
    comes = signs_of([stretch], until=clock.now())[stretch.pk].elsewhere

    assert (stays, len(comes)) == ([], 1)


def test_the_desk_calls_the_services_and_guides_them_and_opens_no_chart(day: Day) -> None:
    desk = staff(Role.FRONT_DESK, site=day.session.site)
    call(day)

    before = shown_to(day, desk)
    page = answer(day, desk, CallAct.CALLED_EMS)

    number = day.session.site.emergency_number
    assert f"I have called {number}" in before
    assert "I open the door and guide them" in before
    assert "I am on the way" not in before
    assert "Go to the emergency" not in before
    assert not sounds(page)
    assert f"{number} called" in page
    room = screen(day, day.clinician).get(reverse("treatment:emergency", args=[day.id]))
    assert f"{number} called" in room.content.decode()
    assert "Emergency services called" in room.content.decode()


def test_an_answer_shows_the_rows_of_its_own_site_wherever_its_person_works_now(day: Day) -> None:
    other = infusing()
    anywhere = staff(Role.MONITOR)
    call(day)
    call(other)

    rooms = [each.session.room.name for each in (day, other) if each.session.room is not None]
    pages = [answer(each, anywhere, CallAct.STAYING) for each in (day, other)]

    assert len(set(rooms)) == 2
    assert [room in page for room in rooms for page in pages] == [True, False, False, True]


def test_an_answers_form_is_the_same_at_every_look_until_everybody_is_called_again(
    day: Day,
) -> None:
    call(day)

    first, second = shown_to(day, day.second), shown_to(day, day.second)
    answer(day, day.second, CallAct.STAYING)
    judge(day, day.clinician, CallAct.ENOUGH_HELP)
    judge(day, day.clinician, CallAct.MORE_HELP)
    again = shown_to(day, day.second)
    stays = answer(day, day.second, CallAct.STAYING)

    keys = [set(re.findall(r'name="key" value="([^"]+)"', page)) for page in (first, second, again)]
    assert len(keys[0]) == 2
    assert keys[0] == keys[1]
    assert not keys[0] & keys[2]
    assert (sounds(again), sounds(stays)) == (True, False)


def test_the_desk_cannot_say_that_it_comes(day: Day) -> None:
    desk = staff(Role.FRONT_DESK, site=day.session.site)
    call(day)

    answer(day, desk, CallAct.COMING)

    assert not SessionEvent.objects.filter(kind=EventKind.EMERGENCY_STEP).exists()
    assert Refusal.objects.get(attempted="answer-emergency").reasons[0]["code"] == (
        "COMING_IS_CLINICAL"
    )


def test_enough_help_said_from_the_room_ends_every_sound_and_more_help_brings_it_back(
    day: Day,
) -> None:
    call(day)
    answer(day, day.second, CallAct.COMING)
    third = staff(Role.MONITOR, site=day.session.site)

    afar = judge(day, third, CallAct.ENOUGH_HELP)
    still = shown_to(day, third)
    judge(day, day.second, CallAct.ENOUGH_HELP)
    enough = shown_to(day, third)
    judge(day, day.clinician, CallAct.MORE_HELP)
    again = shown_to(day, third)

    assert (afar, sounds(still)) == (409, True)
    assert "EMERGENCY" in enough
    assert "enough help is there" in enough
    assert not sounds(enough)
    assert sounds(again)


def test_no_acknowledgement_of_an_alarm_ends_its_sound_or_its_row(day: Day) -> None:
    coverage.leave_alone(
        session=day.id, reason="Bell", by=day.clinician, at=day.minute(9), key=uuid.uuid4()
    )
    call(day)
    client = screen(day, day.second)

    for row in Alarm.objects.filter(session=day.session, ended_at=None):
        client.post(reverse("treatment:alarm-acknowledge", args=[day.id, row.public_id]))
        client.post(reverse("treatment:alarm-silence", args=[day.id, row.public_id]))

    waits = Alarm.objects.filter(session=day.session, ended_at=None, acknowledged_at=None)
    assert not waits.exists()
    page = shown_to(day, day.second)
    assert "EMERGENCY" in page
    assert sounds(page)


def test_a_locked_screen_sounds_names_nobody_and_offers_nothing(day: Day) -> None:
    call(day)
    client = screen(day, day.second)
    key = client.session.session_key
    assert key is not None
    lock_screen(session_key=key, by=day.second, at=day.minute(12))

    page = client.get(reverse("treatment:alarms-elsewhere")).content.decode()

    assert "EMERGENCY" in page
    assert sounds(page)
    assert day.session.patient.family_name not in page
    assert "I am on the way" not in page
    assert "Go to the emergency" not in page


def test_a_rooms_screen_whose_sign_in_has_ended_shows_and_sounds_the_next_rooms(day: Day) -> None:
    other = infusing(site=day.site)
    client = screen(day, other.clinician)
    page = reverse("treatment:infusion", args=[other.id])
    client.get(page)
    client.cookies.pop("sessionid")
    call(day)

    answered = client.get(
        reverse("treatment:infusion-elsewhere", args=[other.id]), headers={"HX-Request": "true"}
    )
    drawn = client.get(page).content.decode()

    said = answered.content.decode()
    assert day.session.room is not None
    assert day.session.room.name in said
    assert sounds(said)
    assert day.session.patient.family_name not in said
    assert "I am on the way" not in said
    assert reverse("treatment:infusion-elsewhere", args=[other.id]) in drawn
    stranger = Client().get(reverse("treatment:infusion-elsewhere", args=[other.id]))
    assert stranger.status_code == 302


def test_who_comes_first_owns_the_task_and_the_prescriber_reviews_by_name(day: Day) -> None:
    call(day)
    nurse = staff(Role.MONITOR, site=day.session.site)

    answer(day, day.second, CallAct.COMING)
    answer(day, nurse, CallAct.COMING)
    owned = Task.objects.get(kind=helping.TASK)
    emergency.end_emergency(
        session=day.id, outcome="Awake.", by=day.clinician, at=day.minute(20), key=uuid.uuid4()
    )

    assert owned.owner == day.second.public_id
    review = Task.objects.get(kind=helping.REVIEW)
    assert review.owner == day.prescriber.public_id
    assert review.state == TaskState.OPEN
    assert may_close(review, by=day.prescriber, on=day.session.local_date).allowed
    assert not may_close(review, by=nurse, on=day.session.local_date).allowed


def test_the_patients_other_pages_say_that_it_is_with_this_patient(day: Day) -> None:
    call(day)
    address = reverse("treatment:alarms-elsewhere") + f"?except={day.id}"

    page = screen(day, day.clinician).get(address).content.decode()

    assert "EMERGENCY with this patient" in page
    assert not sounds(page)


def test_it_is_taken_back_from_everybody_when_it_is_over(day: Day) -> None:
    call(day)
    done = emergency.end_emergency(
        session=day.id, outcome="Awake.", by=day.clinician, at=day.minute(20), key=uuid.uuid4()
    )

    assert isinstance(done, Done)
    assert "EMERGENCY" not in shown_to(day, day.second)
    assert Task.objects.get(kind=helping.TASK).state == TaskState.DONE
    assert open_emergencies(TreatmentSession.objects.all()) == []
    late = helping.answer_call(
        session=day.id, act=CallAct.COMING, by=day.second, at=day.minute(21), key=uuid.uuid4()
    )
    assert isinstance(late, Refused)
    assert late.decision.codes == ("EMERGENCY_IS_OVER",)


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
    began = f"{day.minute(4).astimezone(day.site.zone):%H:%M}"
    known = f"{day.minute(14).astimezone(day.site.zone):%H:%M}"
    assert "EMERGENCY" in page
    assert began in page
    assert f"known here only since {known}" in page
    assert sounds(page)
    task = Task.objects.get(kind=helping.LATE)
    assert task.opened_at == day.minute(14)
    said = about([task])[task.public_id]
    assert f"began {began}" in said
    assert f"known here only since {known}" in said
    assert Notice.objects.filter(template="emergency-known-late").exists()
    entry = next(e for e in entries(day.session) if e.kind == "emergency_called")
    assert entry.late == day.minute(14)
    assert "nobody else was called before" in entry.text
    [card] = board_cards([day.session]).values()
    assert f"known here only since {known}" in str(card.facts)


def test_what_is_over_before_it_arrives_calls_nobody(day: Day) -> None:
    call(day)
    emergency.end_emergency(
        session=day.id, outcome="Awake.", by=day.clinician, at=day.minute(13), key=uuid.uuid4()
    )
    called = SessionEvent.objects.get(kind=EventKind.EMERGENCY_CALLED)
    Notice.objects.all().delete()

    helping.call_for_help(day.session, called, at=day.minute(14))

    assert not Notice.objects.exists()


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


def test_whoever_has_no_role_here_is_refused_in_words_and_not_with_an_error(day: Day) -> None:
    call(day)
    stranger = infusing().clinician
    client = screen(day, stranger)

    said = client.post(
        reverse("treatment:emergency-answer", args=[day.id]),
        {"key": str(uuid.uuid4()), "code": str(CallAct.COMING)},
    )

    assert said.status_code == 403
    assert "answer an emergency" in said.content.decode()
