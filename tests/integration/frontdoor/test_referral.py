"""A provider refers: a task with an owner and a clock, and no word about the patient."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.frontdoor.forms import ReferralForm
from afterglow.apps.frontdoor.models import Referral
from afterglow.apps.places.models import Site
from afterglow.apps.work.models import Task
from afterglow.core.roles import Role
from factories import SiteFactory, staff
from support.frontdoor import LATER

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    found: Site = SiteFactory.create()
    return found


def given(site: Site, **changed: Any) -> dict[str, Any]:
    return {
        "site": site.pk,
        "practice": "River Street Counselling",
        "name": "Ash Moreno",
        "kind": "therapist",
        "callback": "617-555-0166",
        "treats": ["depression", "trauma"],
        "times": ["weekday_morning"],
        "person_agreed": "on",
    } | changed


def test_a_referral_is_a_task_of_a_prescriber_with_a_clock(client: Client, site: Site) -> None:
    answer = client.post("/refer/", given(site))

    assert answer.headers["Location"] == "/refer/sent/"
    assert client.get("/refer/sent/").status_code == 200
    row, task = Referral.objects.get(), Task.objects.get()
    assert (task.kind, task.owner_role, task.site) == (
        "provider_referral",
        Role.PRESCRIBER,
        site.public_id,
    )
    assert task.due_at == LATER + dt.timedelta(days=1)
    assert task.escalate_to_role == Role.MEDICAL_DIRECTOR
    assert task.patient is None
    assert row.treats == ["depression", "trauma"]
    told = str(AuditEntry.objects.values_list("detail", flat=True)) + task.title
    assert "617-555-0166" not in told
    assert "River Street" not in told


def test_no_field_of_it_could_name_a_patient() -> None:
    assert set(ReferralForm.base_fields) == {
        "site", "practice", "name", "kind", "callback", "treats", "times", "person_agreed",
        "website",
    }  # fmt: skip
    kept = {field.name for field in Referral._meta.get_fields()}
    assert not {name for name in kept if "patient" in name or "note" in name or "birth" in name}


@pytest.mark.parametrize(
    "changed",
    [
        {"person_agreed": ""},
        {"practice": ""},
        {"callback": "1"},
        {"treats": ["gossip"]},
        {"kind": "friend"},
        {"website": "http://spam.example"},
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_kept(
    client: Client, site: Site, changed: dict[str, Any]
) -> None:
    assert client.post("/es/refer/", given(site, **changed)).status_code == 422
    assert not Referral.objects.exists()
    assert not Task.objects.exists()


def test_the_database_keeps_nobody_unasked(site: Site) -> None:
    row: dict[str, Any] = {
        "site": site,
        "practice": "p",
        "name": "n",
        "kind": "therapist",
        "callback": "617-555-0166",
        "language": "en",
        "sent_at": LATER,
    }
    with pytest.raises(IntegrityError, match="nobody_is_referred_unasked"), transaction.atomic():
        Referral.objects.create(**row, person_agreed=False)
    with pytest.raises(IntegrityError, match="referrer_kind_is_known"), transaction.atomic():
        Referral.objects.create(**row | {"kind": "friend"}, person_agreed=True)


def test_who_works_at_the_site_reads_it_and_that_is_noted(client: Client, site: Site) -> None:
    client.post("/refer/", given(site))
    row = Referral.objects.get()
    path = f"/frontdoor/referrals/{row.public_id}/"
    assert client.get(path).status_code == 302

    client.force_login(staff(Role.PRESCRIBER, site=SiteFactory.create()))
    assert client.get(path).status_code == 403
    client.force_login(staff(Role.PRESCRIBER, site=site))
    page = client.get(path).content.decode()

    assert "River Street Counselling" in page
    assert "Therapist" in page
    assert "Depression, Trauma" in page
    assert AuditEntry.objects.filter(action="referral-read", subject=row.public_id).count() == 1
    assert path in client.get("/tasks/").content.decode()


def test_one_place_sends_it_only_so_often(client: Client, site: Site) -> None:
    answers = [client.post("/refer/", given(site)).status_code for _time in range(21)]

    assert answers == [302] * 20 + [429]
