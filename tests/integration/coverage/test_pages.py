"""The strip, the dialogs, other rooms' alarms and the sound test, over HTTP."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import Account
from afterglow.apps.accounts.services.locks import lock_screen
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.services.escalation import pass_on_unanswered
from afterglow.apps.treatment import coverages
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.services import coverage
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.roles import Role
from afterglow.web import clock
from factories import PASSWORD, staff
from support.infusion_day import Day, infusing, ready, taken_over

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def day() -> Iterator[Day]:
    day = infusing()
    with clock.fixed(day.minute(10)):
        yield day


def at_tablet(account: Account) -> Client:
    client = Client(headers=HTMX)
    client.force_login(account)
    return client


def url(day: Day, name: str, *arguments: object) -> str:
    return reverse(f"treatment:{name}", args=[day.id, *arguments])


def strip(client: Client, day: Day) -> str:
    page = client.get(url(day, "infusion")).content.decode()
    found = re.search(r'id="with-whom">(.*?)</p>', page, re.DOTALL)
    assert found, page
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def asked(client: Client, day: Day, name: str) -> tuple[str, dict[str, str]]:
    page = client.get(url(day, name)).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(key|seen)" value="([^"]*)"', page))
    return page, hidden


def test_the_page_says_who_is_there_since_when_and_who_could_come(day: Day) -> None:
    client = at_tablet(day.clinician)
    page, _hidden = asked(client, day, "infusion-hand-over")

    assert strip(client, day).startswith(f"with {day.clinician.get_short_name()} since")
    assert "one to one" in strip(client, day)
    assert f'data-value="{day.second.username}"' in page
    assert f'data-value="{day.clinician.username}"' not in page


def test_a_take_over_at_the_tablet_of_another(day: Day) -> None:
    client = at_tablet(day.clinician)
    _page, hidden = asked(client, day, "infusion-hand-over")

    wrong = client.post(
        url(day, "infusion-hand-over"),
        {**hidden, "username": day.second.username, "secret": "000000"},
    )
    right = client.post(
        url(day, "infusion-hand-over"),
        {**hidden, "username": day.second.username, "secret": PASSWORD},
    )

    assert wrong.status_code == 409
    assert "more tries" in wrong.content.decode()
    assert right.status_code == 200
    now = coverages.open_coverage(day.session)
    assert now is not None
    assert now.clinician == day.second
    # The login stays whose it was: only this one act was the taker's.
    assert client.session["_auth_user_id"] == str(day.clinician.pk)


def test_who_pressed_second_reads_who_has_the_patient(day: Day) -> None:
    client = at_tablet(day.clinician)
    _page, hidden = asked(client, day, "infusion-hand-over")
    taken_over(day, to=day.second, at=day.minute(9))

    late = client.post(
        url(day, "infusion-hand-over"),
        {**hidden, "username": day.prescriber.username, "secret": PASSWORD},
    )

    assert late.status_code == 409
    said = late.content.decode()
    assert f"Meanwhile the patient is with {day.second.get_short_name()}" in said


def test_a_break_is_covered_and_the_strip_says_until_when(day: Day) -> None:
    client = at_tablet(day.clinician)
    page, hidden = asked(client, day, "infusion-break")
    assert 'value="15"' in page  # the longest the protocol allows

    done = client.post(
        url(day, "infusion-break"),
        {**hidden, "minutes": "10", "username": day.second.username, "secret": PASSWORD},
    )

    assert done.status_code == 200
    assert f"covers {day.clinician.get_short_name()} until" in strip(client, day)
    assert "back, or take over" in strip(client, day)


def test_leaving_says_so_everywhere(day: Day) -> None:
    client = at_tablet(day.clinician)

    done = client.post(url(day, "infusion-leave"), {"key": uuid.uuid4(), "reason": "Fire bell"})
    board = client.get(reverse("visits:board")).content.decode()

    assert done.status_code == 200
    assert "Nobody is with the patient since" in strip(client, day)
    assert "with nobody" in board
    assert "Nobody is with the patient." in board


def test_at_a_locked_screen_whoever_comes_takes_the_patient_with_their_own_pin(day: Day) -> None:
    client = at_tablet(day.clinician)
    key = client.session.session_key
    assert key is not None
    lock_screen(session_key=key, by=day.clinician, at=day.minute(9))

    left = client.post(url(day, "infusion-leave"), {"key": uuid.uuid4(), "reason": "Bell"})
    page, hidden = asked(client, day, "infusion-hand-over")
    given = {**hidden, "username": day.second.username}
    wrong = client.post(url(day, "infusion-hand-over"), {**given, "secret": "000000"})
    right = client.post(url(day, "infusion-hand-over"), {**given, "secret": PASSWORD})

    assert (left.status_code, wrong.status_code, right.status_code) == (423, 409, 200)
    assert day.session.patient.family_name not in page
    without_scripts = client.get(url(day, "infusion-hand-over")).content.decode()
    assert day.session.patient.family_name not in without_scripts
    assert [row.clinician for row in coverages.coverage_of(day.session)] == [
        day.clinician,
        day.second,
    ]
    # The screen stays locked, and its page says who is there and not who the patient is.
    after = client.get(url(day, "infusion")).content.decode()
    assert "Unlock to act" in after
    assert day.second.get_short_name() in strip(client, day)
    assert day.session.patient.family_name not in after


# ---- alarms of other rooms


def elsewhere(client: Client, day: Day | None = None) -> str:
    asked = {"except": str(day.id)} if day else {}
    return client.get(reverse("treatment:alarms-elsewhere"), asked).content.decode()


def left(day: Day) -> None:
    coverage.leave_alone(
        session=day.id, reason="Bell", by=day.clinician, at=day.minute(8), key=uuid.uuid4()
    )
    pass_on_unanswered(at=day.minute(8) + dt.timedelta(seconds=30))


def test_every_screen_of_the_site_shows_what_nobody_answers_and_names_no_patient(day: Day) -> None:
    left(day)
    patient = day.session.patient
    desk = at_tablet(staff(Role.FRONT_DESK, site=day.site))
    nurse = at_tablet(day.second)

    for client in (desk, nurse):
        said = elsewhere(client)
        assert "Nobody with the patient" in said
        assert day.session.room is not None
        assert day.session.room.name in said
        assert patient.family_name not in said
    # Its own room shows the alarm in its strip already, and other sites have nothing to do with it.
    assert "Nobody with the patient" not in elsewhere(nurse, day)
    assert "Nobody with the patient" not in elsewhere(
        at_tablet(staff(Role.MONITOR, site=infusing().site))
    )


def test_a_locked_screen_still_shows_it_without_a_way_in(day: Day) -> None:
    left(day)
    client = at_tablet(day.second)
    key = client.session.session_key
    assert key is not None
    lock_screen(session_key=key, by=day.second, at=day.minute(9))

    said = elsewhere(client)

    assert "Nobody with the patient" in said
    assert "Go to the room" not in said


def test_what_was_acknowledged_leaves_the_other_screens(day: Day) -> None:
    left(day)
    client = at_tablet(day.second)
    row = Alarm.objects.get(session=day.session, condition="NOBODY_WITH_PATIENT")

    client.post(url(day, "alarm-acknowledge", row.public_id))

    assert "Nobody with the patient" not in elsewhere(client)


def test_a_task_about_an_alarm_leads_to_its_room(day: Day) -> None:
    left(day)
    row = Alarm.objects.get(session=day.session, condition="NOBODY_WITH_PATIENT")
    found = at_tablet(day.prescriber).get(reverse("treatment:alarm-of", args=[row.public_id]))
    assert found["Location"] == url(day, "infusion")


# ---- sound


def test_the_sound_test_is_on_record_with_what_was_heard(day: Day) -> None:
    client = at_tablet(day.clinician)
    before = client.get(url(day, "infusion")).content.decode()
    client.post(
        url(day, "sound-test"),
        {"key": uuid.uuid4(), "heard": "no", "wake": "refused", "screen": "tablet-one"},
    )
    still = client.get(url(day, "infusion")).content.decode()
    client.post(
        url(day, "sound-test"),
        {"key": uuid.uuid4(), "heard": "yes", "wake": "held", "screen": "tablet-one"},
    )
    after = client.get(url(day, "infusion")).content.decode()

    heard = re.compile(r'data-heard-on="([^"]*)"')
    assert [heard.findall(page) for page in (before, still, after)] == [
        [""],
        [""],
        ["tablet-one"],
    ]
    events = SessionEvent.objects.filter(session=day.session, kind=EventKind.SOUND_TEST)
    assert [event.data for event in events.order_by("pk")] == [
        {"heard": False, "wake": "refused", "screen": "tablet-one"},
        {"heard": True, "wake": "held", "screen": "tablet-one"},
    ]


def test_who_is_refused_a_second_infusion_reads_who_is_free() -> None:
    here = infusing()
    waiting = ready(site=here.site)
    TreatmentSession.objects.filter(pk=waiting.session.pk).update(clinician=here.clinician)
    client = at_tablet(here.clinician)
    with clock.fixed(here.minute(8)):
        page = client.get(url(waiting, "ready")).content.decode()

    said = page[page.index("The clinician is with another patient") :][:600]
    assert here.second.full_name in said
    assert here.clinician.full_name not in said
