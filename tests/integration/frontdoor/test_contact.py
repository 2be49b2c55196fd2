"""Asking to be called: a task with an owner and a clock, and the crisis page at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.frontdoor.models import ContactRequest
from afterglow.apps.frontdoor.services.contact import ask_for_contact
from afterglow.apps.places.models import Site
from afterglow.apps.work.models import Task
from afterglow.core.errors import InvalidValue
from afterglow.core.frontdoor import ContactReason
from afterglow.core.roles import Role
from factories import SiteFactory, staff
from support.frontdoor import LATER

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    found: Site = SiteFactory.create()
    return found


def given(where: Site, **changed: Any) -> dict[str, Any]:
    return {
        "danger": "no",
        "site": where.pk,
        "name": "Sol",
        "reach_at": "617-555-0142",
        "times": ["weekday_morning"],
        "reason": "consultation",
        "may_contact": "on",
    } | changed


def test_a_request_becomes_a_task_of_the_front_desk_with_a_clock(
    client: Client, site: Site
) -> None:
    answer = client.post("/contact/", given(site))

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/contact/sent/"
    row, task = ContactRequest.objects.get(), Task.objects.get()
    assert (task.kind, task.owner_role, task.site) == (
        "contact_request",
        Role.FRONT_DESK,
        site.public_id,
    )
    assert task.due_at == LATER + dt.timedelta(days=1)
    assert row.name not in task.title
    assert row.reach_at not in str(AuditEntry.objects.values_list("detail", flat=True))


def test_danger_leads_to_the_crisis_page_at_once_and_to_a_task_within_the_half_hour(
    client: Client, site: Site
) -> None:
    answer = client.post("/contact/", given(site, danger="yes"))

    assert answer.headers["Location"] == "/crisis/"
    task = Task.objects.get()
    assert (task.kind, task.owner_role) == ("contact_crisis", Role.PRESCRIBER)
    assert task.due_at == LATER + dt.timedelta(minutes=30)


def test_danger_leads_there_however_little_was_filled_in(client: Client, site: Site) -> None:
    answer = client.post("/es/contact/", {"danger": "yes"})

    assert answer.headers["Location"] == "/es/crisis/?unsent"
    assert not ContactRequest.objects.exists()
    page = client.get("/es/crisis/?unsent").content.decode()
    assert 'href="tel:988"' in page
    assert "Su pedido no nos llegó. Llame ahora." in page
    assert "no nos llegó" not in client.get("/es/crisis/").content.decode()


@pytest.mark.parametrize(
    "changed",
    [
        {"may_contact": ""},
        {"danger": ""},
        {"reason": "sales"},
        {"name": "x" * 121},
        {"site": "999999"},
        {"website": "http://spam.example"},
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_kept(
    client: Client, site: Site, changed: dict[str, str]
) -> None:
    answer = client.post("/contact/", given(site, **changed))

    assert answer.status_code == 422
    assert not ContactRequest.objects.exists()
    assert not Task.objects.exists()


def test_nobody_is_kept_without_consent(site: Site) -> None:
    asked: dict[str, Any] = {
        "site": site,
        "name": "Sol",
        "reach_at": "617-555-0142",
        "times": [],
        "reason": ContactReason.QUESTION,
        "language": "en",
        "in_crisis": False,
        "at": LATER,
    }
    with pytest.raises(InvalidValue, match="agreed"):
        ask_for_contact(**asked, may_contact=False)
    row = {"site": site, "name": "Sol", "reach_at": "617-555-0142", "reason": "question"}
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactRequest.objects.create(
            **row, language="en", may_contact=False, in_crisis=False, sent_at=LATER
        )


def test_who_works_at_the_site_reads_it_and_that_is_noted(client: Client, site: Site) -> None:
    client.post("/contact/", given(site))
    row = ContactRequest.objects.get()
    path = f"/frontdoor/requests/{row.public_id}/"
    assert client.get(path).status_code == 302

    client.force_login(staff(Role.FRONT_DESK, site=SiteFactory.create()))
    assert client.get(path).status_code == 403
    client.force_login(staff(Role.FRONT_DESK, site=site))
    page = client.get(path)

    assert "617-555-0142" in page.content.decode()
    assert AuditEntry.objects.filter(action="contact-read", subject=row.public_id).count() == 1
    tasks = client.get("/tasks/").content.decode()
    assert path in tasks


@pytest.mark.parametrize(
    ("reach_at", "is_taken"),
    [
        ("617-555-0142", True),
        ("(617) 555 0142 after six", True),
        ("+44 20 7946 0958", True),
        ("sol@example.org", True),
        ("not a phone", False),
        ("555-0142", False),
        ("sol@example", False),
        ("12345678901234567890", False),
    ],
)
def test_only_who_can_be_reached_is_promised_a_call(
    client: Client, site: Site, reach_at: str, is_taken: bool
) -> None:
    answer = client.post("/contact/", given(site, reach_at=reach_at))

    assert ContactRequest.objects.exists() is is_taken
    assert (answer.status_code == 302) is is_taken
    if not is_taken:
        assert (
            f"“{reach_at}” is neither a telephone number nor an e-mail" in answer.content.decode()
        )


def test_no_site_is_chosen_beforehand_but_that_of_a_sites_own_page(
    client: Client, site: Site
) -> None:
    plain = client.get("/contact/").content.decode()
    of_site = client.get("/contact/", {"site": str(site.public_id)}).content.decode()
    blank = client.post("/contact/", given(site, site=""))

    assert '<option value="" selected>Choose a site</option>' in plain
    assert f'<option value="{site.pk}" selected>' in of_site
    assert blank.status_code == 422
    assert not ContactRequest.objects.exists()


def test_the_way_to_help_now_is_in_the_menu_and_the_line_is_named_in_both_languages(
    client: Client, site: Site
) -> None:
    contact = client.get("/es/contact/").content.decode()
    crisis = client.get("/es/crisis/").content.decode()
    english = client.get("/crisis/").content.decode()

    menu = contact[contact.index("pub-menu") : contact.index("</nav>")]
    assert "/es/crisis/" in menu
    assert "988 Línea de Prevención del Suicidio y Crisis" in crisis
    assert "988 Suicide &amp; Crisis Lifeline" in crisis
    assert "988 Línea" not in english
