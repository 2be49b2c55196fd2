"""Notices: once per key, mailed after the commit, tried again, given up in the open."""

from __future__ import annotations

import socket
from datetime import timedelta
from uuid import UUID

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from afterglow.apps.accounts.models import Account
from afterglow.apps.notices import jobs, queries, services
from afterglow.apps.notices.models import Channel, DeliveryState, Notice
from afterglow.apps.notices.words import TEMPLATES
from afterglow.core.errors import InvalidValue
from factories.base import AT, make_site, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Account:
    account = make_staff()
    account.email = "robin@example.org"
    account.save()
    return account


def _send(person: Account, **more: object) -> list[Notice]:
    values: dict[str, object] = {"key": "k1", "by_email": True}
    return services.send_notice(
        to=person,
        template="task-escalated",
        subject=person,
        at=AT,
        **values | more,  # type: ignore[arg-type]
    )


def _email(notices: list[Notice]) -> UUID:
    found: UUID = next(one.public_id for one in notices if one.channel == Channel.EMAIL)
    return found


@pytest.fixture
def closed_port(settings: Settings) -> None:
    """Mail goes to a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = free.getsockname()[1]
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_USE_TLS = False


def test_the_same_key_sends_one_notice_a_channel_and_one_job(person: Account) -> None:
    first, again = _send(person), _send(person)

    assert first == again
    assert sorted(one.channel for one in first) == ["email", "screen"]
    job = ProcrastinateJob.objects.get(task_name="afterglow.apps.notices.jobs.deliver")
    assert job.args == {"notice": str(_email(first))}


def test_a_rollback_takes_the_job_back(person: Account) -> None:
    with transaction.atomic():
        _send(person)
        transaction.set_rollback(True)

    assert not ProcrastinateJob.objects.exists()


def test_a_person_without_an_address_gets_it_on_screen_only() -> None:
    assert [one.channel for one in _send(make_staff())] == [Channel.SCREEN]


def test_an_unknown_notice_is_refused_with_the_known_ones(person: Account) -> None:
    with pytest.raises(InvalidValue, match="known are alarm-unanswered, appointment-changed"):
        services.send_notice(to=person, template="poem", subject=person, at=AT)


def test_the_mail_names_nobody_and_is_sent_once(person: Account) -> None:
    notice = _email(_send(person))

    states = [services.deliver_email(notice=notice, at=AT) for _ in range(2)]

    assert states == [DeliveryState.SENT, DeliveryState.SENT]
    assert len(mail.outbox) == 1
    text = f"{mail.outbox[0].subject} {mail.outbox[0].body}"
    assert person.family_name not in text
    assert person.given_name not in text
    assert mail.outbox[0].to == ["robin@example.org"]


def test_the_job_that_the_worker_runs_delivers_it(person: Account) -> None:
    notice = _email(_send(person))

    assert jobs.deliver(notice=str(notice)) == "sent"


def test_a_mail_server_that_is_down_is_tried_six_times_then_the_notice_is_failed(
    person: Account, closed_port: None
) -> None:
    notice = _email(_send(person))
    for attempt in range(1, services.MOST_ATTEMPTS):
        with pytest.raises(services.DeliveryFailed, match=f"attempt {attempt} of 6"):
            services.deliver_email(notice=notice, at=AT)

    last = services.deliver_email(notice=notice, at=AT + timedelta(hours=1))

    row = Notice.objects.get(public_id=notice)
    assert last == row.state == DeliveryState.FAILED
    assert (row.attempts, row.failure) == (6, "ConnectionRefusedError")
    assert row.settled_at == AT + timedelta(hours=1)


def test_a_person_reads_their_own_notices_and_nobody_elses(client: Client, person: Account) -> None:
    screen = next(one for one in _send(person) if one.channel == Channel.SCREEN)
    read = reverse("notices:read", kwargs={"notice": screen.public_id})
    client.force_login(make_staff())
    client.post(read)
    after_a_stranger = queries.unread_count(person.public_id)
    client.force_login(person)
    page = client.get(reverse("notices:list")).content.decode()

    client.post(read)

    assert "A task is late and was passed to you" in page
    assert (after_a_stranger, queries.unread_count(person.public_id)) == (1, 0)


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_no_notice_has_a_place_for_a_name(template: str) -> None:
    words = TEMPLATES[template]

    assert "%" not in f"{words.subject}{words.body}"
    assert "{" not in f"{words.subject}{words.body}"


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"channel": "pigeon"}, "notice_channel_is_known"),
        ({"state": "lost"}, "notice_state_is_known"),
    ],
)
def test_constraints_of_a_notice(person: Account, changes: dict[str, str], constraint: str) -> None:
    _send(person)

    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        Notice.objects.update(**changes)


def test_a_notice_belongs_to_a_site_when_told(person: Account) -> None:
    site = make_site()

    assert {one.site for one in _send(person, site=site.public_id)} == {site.public_id}
