"""Who opened a chart is written down; breaking the glass takes a reason and ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import queries, services
from afterglow.apps.audit.models import AuditEntry, BreakGlass
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Role
from afterglow.web import clock
from factories import PatientFactory
from factories.base import AT, TODAY, make_site, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def nurse() -> Account:
    return make_staff(Role.MONITOR)


@pytest.fixture
def chart() -> Site:
    """Anything with a public id can stand for the chart here."""
    return make_site()


def test_reading_on_in_the_same_hour_is_one_opening(nurse: Account, chart: Site) -> None:
    minutes = [0, 1, 59, 60, 61]

    added = [
        services.record_chart_opened(patient=chart, by=nurse, at=AT + timedelta(minutes=m))
        for m in minutes
    ]

    assert added == [True, False, False, True, False]


def test_two_people_reading_one_chart_are_two_openings(nurse: Account, chart: Site) -> None:
    other = make_staff(Role.MONITOR)

    services.record_chart_opened(patient=chart, by=nurse, at=AT)
    services.record_chart_opened(patient=chart, by=other, at=AT)

    log = queries.access_log(chart.public_id)
    assert {line.who for line in log} == {nurse.full_name, other.full_name}
    assert {line.action for line in log} == {"chart-opened"}


def test_the_access_log_is_newest_first_and_names_the_system(nurse: Account, chart: Site) -> None:
    services.record("older", subject=chart, by=None, at=AT, patient=chart)
    services.record("newer", subject=chart, by=nurse, at=AT + timedelta(minutes=1), patient=chart)

    assert [(line.action, line.who) for line in queries.access_log(chart.public_id)] == [
        ("newer", nurse.full_name),
        ("older", "Afterglow"),
    ]


@pytest.mark.parametrize("reason", ["", "   ", "urgent"])
def test_breaking_the_glass_asks_for_words_that_explain(nurse: Account, reason: str) -> None:
    with pytest.raises(InvalidValue, match=r"has \d letters; write at least 8"):
        services.break_glass(patient=nurse.public_id, reason=reason, by=nurse, at=AT, on=TODAY)

    assert not BreakGlass.objects.exists()


def test_breaking_open_glass_again_is_the_same_access(nurse: Account) -> None:
    asked: dict[str, Any] = {
        "patient": nurse.public_id,
        "reason": "Found unresponsive",
        "by": nurse,
        "on": TODAY,
    }

    first = services.break_glass(**asked, at=AT)
    again = services.break_glass(**asked, at=AT + timedelta(hours=1))

    assert again == first
    assert AuditEntry.objects.filter(action="glass-broken").count() == 1


def test_the_page_breaks_the_glass_and_goes_back_only_within_the_house(
    client: Client, nurse: Account
) -> None:
    client.force_login(nurse)
    page = reverse("audit:break-glass", kwargs={"patient": nurse.public_id})

    refused = client.post(page, {"reason": "no"})
    with clock.fixed(AT):
        done = client.post(f"{page}?next=https://elsewhere.example/", {"reason": "Collapsed here"})

    assert refused.status_code == 422
    assert "write at least 8" in refused.content.decode()
    assert (done.status_code, done["Location"]) == (302, "/")


def test_who_opened_a_chart_is_shown_only_to_who_may_open_it(client: Client) -> None:
    patient = PatientFactory.create()
    here = make_staff(Role.MONITOR, site=patient.home_site)
    others = [
        make_staff(Role.FRONT_DESK, site=patient.home_site),
        make_staff(Role.MONITOR, site=make_site()),
    ]
    services.record_chart_opened(patient=patient, by=here, at=AT)
    address = reverse("audit:access-log", kwargs={"patient": patient.public_id})

    def asked(by: Account) -> tuple[int, bool]:
        client.force_login(by)
        page = client.get(address)
        return page.status_code, "chart-opened" in page.content.decode()

    assert asked(here) == (200, True)
    assert [asked(person) for person in others] == [(403, False)] * 2


def test_constraint_break_glass_ends_later(nurse: Account) -> None:
    with pytest.raises(DatabaseError, match="break_glass_ends_later"), transaction.atomic():
        BreakGlass.objects.create(
            by=nurse.public_id, patient=nurse.public_id, reason="x", at=AT, expires_at=AT
        )


def test_constraint_break_glass_carries_a_reason(nurse: Account) -> None:
    with pytest.raises(DatabaseError, match="break_glass_carries_a_reason"), transaction.atomic():
        BreakGlass.objects.create(
            by=nurse.public_id,
            patient=nurse.public_id,
            reason="",
            at=AT,
            expires_at=AT + timedelta(hours=1),
        )


def test_not_even_the_owner_changes_an_audit_row(nurse: Account, chart: Site) -> None:
    services.record("something", subject=chart, by=nurse, at=AT)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.update(action="something else")


def test_not_even_the_owner_deletes_an_audit_row(nurse: Account, chart: Site) -> None:
    services.record("something", subject=chart, by=nurse, at=AT)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.all().delete()
