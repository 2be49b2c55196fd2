"""The first steps that documents promise: the address of `./run`, the first administrator."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import Account
from afterglow.apps.places.models import Site
from afterglow.core.roles import Role
from factories import SiteFactory, staff

pytestmark = pytest.mark.django_db


def test_the_address_that_run_prints_leads_to_the_sign_in_and_then_to_the_board(
    client: Client,
) -> None:
    first = client.get("/", follow=True)
    client.force_login(staff(Role.MONITOR, site=SiteFactory.create()))
    then = client.get("/", follow=True)

    assert first.status_code == 200
    assert first.request["PATH_INFO"] == reverse("account_login"), "nothing is published yet"
    assert then.status_code == 200
    assert then.request["PATH_INFO"] == reverse("visits:board")


def test_the_first_administrator_makes_a_site_and_a_member_of_staff(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "glow-worm-lantern-9")
    call_command(
        "createsuperuser",
        interactive=False,
        username="avery",
        given_name="Avery",
        family_name="Lund",
        verbosity=0,
    )
    client.force_login(Account.objects.get(username="avery"))

    made = client.post(
        reverse("places:new-site"),
        {
            "code": "harbor",
            "name": "Harbor Street",
            "time_zone": "America/New_York",
            "phone": "555-0102",
            "after_hours_phone": "555-0103",
            "emergency_number": "911",
            "is_active": "on",
        },
    )
    pages = [
        client.get(reverse(name)).status_code for name in ("accounts:new-member", "work:tasks")
    ]

    assert made.status_code == 302
    assert Site.objects.get().code == "harbor"
    assert pages == [200, 200]
    assert Account.objects.get(username="avery").staff.title == ""
