"""The newsletter: two steps in, one step out, batches that can stop anywhere and go on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from procrastinate.contrib.django import app as jobs
from procrastinate.testing import InMemoryConnector

from afterglow.apps.frontdoor import queries
from afterglow.apps.frontdoor.models import (
    Delivery,
    DeliveryState,
    Letter,
    Mailing,
    Subscriber,
    SubscriberState,
)
from afterglow.apps.frontdoor.services import newsletter
from afterglow.apps.people.models import Patient
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.publishing import PublicationState
from afterglow.web import clock
from support.evidence import ON
from support.frontdoor import LATER, Door

pytestmark = pytest.mark.django_db


def link_in(message: EmailMessage | Any, name: str) -> str:
    found = re.search(rf"https?://[^/]+(/\S*newsletter/{name}/\S+)", str(message.body))
    assert found is not None, message.body
    return found[1]


def ask(client: Client, email: str, capture: Any) -> None:
    with capture(execute=True):
        answer = client.post("/newsletter/", {"email": email})
    assert answer.headers["Location"] == "/newsletter/asked/"


@pytest.fixture
def letter(door: Door) -> Letter:
    door.library.approve("P01")
    row: Letter = Letter.objects.create(slug="spring", language="en", created_at=LATER)
    text = door.write(
        row, [("lead", "Hello."), ("text", "Response: [[P01#response-or]]")], title="Spring"
    )
    door.publish(text)
    return row


def readers(number: int) -> list[Subscriber]:
    return [
        Subscriber.objects.create(
            email=f"reader{at}@example.org",
            language="en",
            state=SubscriberState.CONFIRMED,
            asked_at=LATER,
            confirmed_at=LATER,
        )
        for at in range(number)
    ]


def test_only_the_button_behind_the_mailed_link_confirms(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    ask(client, "Sol@Example.org", django_capture_on_commit_callbacks)
    row = Subscriber.objects.get()
    path = link_in(mail.outbox[0], "confirm")
    assert "example" not in path.lower()

    assert client.get(path).status_code == 200
    row.refresh_from_db()
    assert row.state == SubscriberState.ASKED
    client.post(path)

    row.refresh_from_db()
    assert (row.state, row.email) == (SubscriberState.CONFIRMED, "sol@example.org")


def test_the_page_does_not_say_who_reads_our_letters(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    readers(1)
    ask(client, "reader0@example.org", django_capture_on_commit_callbacks)

    assert mail.outbox == []


def test_asking_twice_within_minutes_mails_once(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    for _time in range(2):
        ask(client, "sol@example.org", django_capture_on_commit_callbacks)

    assert len(mail.outbox) == 1


def test_a_link_that_is_too_old_or_forged_confirms_nobody(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    ask(client, "sol@example.org", django_capture_on_commit_callbacks)
    path = link_in(mail.outbox[0], "confirm")
    leave = path.replace("/confirm/", "/leave/")

    assert client.post(path[:-2] + "x/").status_code == 410
    assert client.post(leave).status_code == 410, "a link to confirm is none to leave"
    assert Subscriber.objects.get().state == SubscriberState.ASKED


def test_a_letter_goes_out_in_batches_and_goes_on_where_it_stopped(
    letter: Letter, door: Door
) -> None:
    readers(7)
    mailing = newsletter.start_mailing(letter=letter, by=door.library.director, at=LATER, on=ON)

    assert newsletter.send_batch(mailing=mailing.public_id, at=LATER, most=3) == 4
    assert len(mail.outbox) == 3
    again = newsletter.start_mailing(letter=letter, by=door.library.director, at=LATER, on=ON)
    assert again == mailing
    assert newsletter.send_batch(mailing=mailing.public_id, at=LATER, most=3) == 1
    assert newsletter.send_batch(mailing=mailing.public_id, at=LATER, most=3) == 0
    assert newsletter.send_batch(mailing=mailing.public_id, at=LATER, most=3) == 0

    assert sorted(message.to[0] for message in mail.outbox) == [
        f"reader{at}@example.org" for at in range(7)
    ]
    mailing.refresh_from_db()
    assert mailing.finished_at == LATER
    assert "OR 3.94" in str(mail.outbox[0].body)


def test_a_server_that_fails_is_asked_again_and_nobody_gets_two(
    letter: Letter, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers(3)
    mailing = newsletter.start_mailing(letter=letter, by=door.library.director, at=LATER, on=ON)
    send, fails = EmailMessage.send, iter([False, True, True, True, False])

    def sometimes(self: EmailMessage, fail_silently: bool = False) -> int:
        if self.to == ["reader1@example.org"] and next(fails):
            raise ConnectionResetError
        return send(self, fail_silently)

    next(fails)
    monkeypatch.setattr(EmailMessage, "send", sometimes)
    for _batch in range(4):
        newsletter.send_batch(mailing=mailing.public_id, at=LATER, most=2)

    states = dict(Delivery.objects.values_list("subscriber__email", "state"))
    assert states["reader1@example.org"] == DeliveryState.FAILED
    assert sorted(message.to[0] for message in mail.outbox) == [
        "reader0@example.org",
        "reader2@example.org",
    ]


def test_a_worker_killed_at_a_letter_goes_on_there_and_nobody_gets_two(
    letter: Letter, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers(5)
    mailing = newsletter.start_mailing(letter=letter, by=door.library.director, at=LATER, on=ON)
    send = EmailMessage.send

    def killed(self: EmailMessage, fail_silently: bool = False) -> int:
        if self.to == ["reader2@example.org"]:
            raise SystemExit
        return send(self, fail_silently)

    with monkeypatch.context() as dying:
        dying.setattr(EmailMessage, "send", killed)
        with pytest.raises(SystemExit):
            newsletter.send_batch(mailing=mailing.public_id, at=LATER)
    counts = queries.progress(mailing)
    assert (counts["sent"], counts["waiting"]) == (2, 3)

    assert newsletter.send_batch(mailing=mailing.public_id, at=LATER) == 0

    assert sorted(message.to[0] for message in mail.outbox) == [
        f"reader{at}@example.org" for at in range(5)
    ]


def test_leaving_is_one_click_for_a_mail_program_and_forgets_the_address(
    letter: Letter, door: Door
) -> None:
    row = readers(1)[0]
    mailing = newsletter.start_mailing(letter=letter, by=door.library.director, at=LATER, on=ON)
    newsletter.send_batch(mailing=mailing.public_id, at=LATER)
    message = mail.outbox[0]
    assert isinstance(message, EmailMessage)
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = link_in(message, "leave")
    assert path in message.extra_headers["List-Unsubscribe"]

    strict = Client(enforce_csrf_checks=True)
    assert strict.get(path).status_code == 200
    row.refresh_from_db()
    assert row.state == SubscriberState.CONFIRMED
    answer = strict.post(path, {"List-Unsubscribe": "One-Click"})

    row.refresh_from_db()
    assert answer.status_code == 200
    assert (row.state, row.email) == (SubscriberState.ENDED, "")


def test_who_left_meanwhile_gets_nothing(letter: Letter, door: Door) -> None:
    row = readers(1)[0]
    mailing = newsletter.start_mailing(letter=letter, by=door.library.director, at=LATER, on=ON)
    row.state, row.email, row.ended_at = SubscriberState.ENDED, "", LATER
    row.save_version()

    assert newsletter.send_batch(mailing=mailing.public_id, at=LATER) == 0
    assert mail.outbox == []


def test_a_letter_that_is_not_published_is_not_sent(door: Door) -> None:
    row = Letter.objects.create(slug="draft", language="en", created_at=LATER)
    text = door.write(row, [("lead", "Soon.")])
    assert text.state == PublicationState.DRAFT

    with pytest.raises(InvalidValue, match="reviewed and published"):
        newsletter.start_mailing(letter=row, by=door.library.director, at=LATER, on=ON)
    assert not Mailing.objects.exists()


def test_the_archive_shows_what_was_published(client: Client, letter: Letter) -> None:
    assert "Spring" in client.get("/newsletter/").content.decode()
    assert "3.94" in client.get("/newsletter/spring/").content.decode()


def test_the_job_comes_back_while_letters_wait(letter: Letter, door: Door) -> None:
    readers(newsletter.BATCH + 1)
    mailing = newsletter.start_mailing(letter=letter, by=door.library.director, at=LATER, on=ON)
    from afterglow.apps.frontdoor.jobs import send_letters

    with jobs.replace_connector(InMemoryConnector()) as replaced, clock.fixed(LATER):
        assert send_letters(str(mailing.public_id)) == 1
        connector = replaced.connector
        assert isinstance(connector, InMemoryConnector)
        assert len(connector.jobs) == 1
    assert len(mail.outbox) == newsletter.BATCH


def test_no_row_of_the_newsletter_points_at_a_patient() -> None:
    models = {Subscriber, Letter, Mailing, Delivery}
    related = {field.related_model for model in models for field in model._meta.get_fields()}
    assert Patient not in related
    assert not related & {
        each.related_model for each in Patient._meta.get_fields() if each.related_model in models
    }
