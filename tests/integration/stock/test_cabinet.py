"""The drug cabinet's pages: a delivery, the balance, the rest of a vial before a witness."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import Account
from afterglow.apps.accounts.services import set_pin
from afterglow.apps.places.models import Site
from afterglow.apps.stock import queries
from afterglow.apps.stock.models import LedgerEntry, Vial
from afterglow.core.roles import Role
from afterglow.core.stock import LedgerKind
from afterglow.web import clock
from factories import PASSWORD, KetamineFactory, SiteFactory, staff

AT = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
PIN = "804217"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.fixed(AT):
        yield


@pytest.fixture
def site() -> Site:
    return SiteFactory.create()


@pytest.fixture
def custodian(site: Site) -> Account:
    return staff(Role.CUSTODIAN, site=site)


@pytest.fixture
def witness(site: Site) -> Account:
    person = staff(Role.MONITOR, site=site)
    set_pin(account=person, pin=PIN, password=PASSWORD, by=person, at=AT)
    return person


def screen(person: Account) -> Client:
    client = Client()
    client.force_login(person)
    return client


def delivery(**changed: object) -> dict[str, object]:
    product = KetamineFactory.create(schedule="III", key=f"ketamine-{uuid.uuid4().hex[:6]}")
    return {
        "key": uuid.uuid4(),
        "product": product.public_id,
        "lot": "L-77",
        "expires_on": "2027-06-30",
        "contents_ml": "10",
        "how_many": "3",
        "first_number": "K-0099",
        **changed,
    }


def test_a_delivery_is_numbered_counted_and_balanced(site: Site, custodian: Account) -> None:
    client = screen(custodian)

    response = client.post(reverse("stock:receive"), delivery(), follow=True)

    html = response.content.decode()
    assert [vial.number for vial in Vial.objects.order_by("pk")] == ["K-0099", "K-0100", "K-0101"]
    assert "3 vials received." in html
    assert "1500" in html.replace(",", "")
    assert queries.site_balance(site).balances
    assert not queries.broken_links(site)


def test_the_same_delivery_sent_twice_is_received_once(custodian: Account) -> None:
    client, sent = screen(custodian), delivery()

    client.post(reverse("stock:receive"), sent)
    again = client.post(reverse("stock:receive"), sent)

    assert again.status_code == 302
    assert Vial.objects.count() == 3


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"expires_on": "2026-11-26"}, "The expiry 26 Nov 2026 is past"),
        ({"expires_on": "soon"}, "“soon” is not a date"),
        (
            {"contents_ml": "0"},
            "0\u00a0mL is below the lowest value that can be entered, 0.1\u00a0mL",
        ),
        ({"contents_ml": "ten"}, "“ten” is not a number"),
        ({"how_many": "101"}, "101 is above the highest value that can be entered, 100"),
        ({"how_many": "1.5"}, "1.5 is not a whole number"),
        ({"first_number": "K-"}, "“K-” does not end in digits"),
        ({"lot": ""}, "Please fill this in."),
        ({"product": uuid.uuid4()}, "Select a valid choice"),
    ],
)
def test_a_delivery_with_one_bad_field_is_refused_whole(
    custodian: Account, changed: dict[str, object], said: str
) -> None:
    response = screen(custodian).post(reverse("stock:receive"), delivery(**changed))

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Vial.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_a_number_that_stands_on_another_vial_receives_none(custodian: Account) -> None:
    client = screen(custodian)
    client.post(reverse("stock:receive"), delivery(how_many="1", first_number="K-0101"))

    response = client.post(reverse("stock:receive"), delivery(first_number="K-0100"))

    assert "These numbers stand on vials of this site already: K-0101" in response.content.decode()
    assert Vial.objects.count() == 1


def test_only_a_custodian_or_director_receives(site: Site, witness: Account) -> None:
    response = screen(witness).post(reverse("stock:receive"), delivery())

    assert response.status_code == 403
    assert not Vial.objects.exists()


def test_the_rest_of_a_vial_is_wasted_before_a_witness_and_the_vial_closes(
    site: Site, custodian: Account, witness: Account
) -> None:
    client = screen(custodian)
    client.post(reverse("stock:receive"), delivery(how_many="1"))
    vial = Vial.objects.get()
    given = {
        "key": uuid.uuid4(),
        "kind": "wasted",
        "reason": "Cap was off",
        "username": witness.username,
        "secret": PIN,
    }

    response = client.post(reverse("stock:vial", args=[vial.public_id]), given, follow=True)
    again = client.post(reverse("stock:vial", args=[vial.public_id]), given)

    vial.refresh_from_db()
    line = LedgerEntry.objects.get(kind=LedgerKind.WASTED)
    assert "Cap was off" in response.content.decode()
    assert again.status_code in (302, 409)
    assert line.amount_mg.value == Decimal(500)
    assert line.witness is not None
    assert line.witness.account == witness
    assert vial.closed_at == AT
    assert queries.site_balance(site).on_hand == 0
    assert queries.site_balance(site).balances


def test_one_person_alone_wastes_nothing(custodian: Account) -> None:
    client = screen(custodian)
    client.post(reverse("stock:receive"), delivery(how_many="1"))
    vial = Vial.objects.get()

    response = client.post(
        reverse("stock:vial", args=[vial.public_id]),
        {
            "key": uuid.uuid4(),
            "kind": "wasted",
            "reason": "x",
            "username": custodian.username,
            "secret": PIN,
        },
    )

    assert response.status_code == 409
    assert not LedgerEntry.objects.filter(kind=LedgerKind.WASTED).exists()


def test_a_site_sees_its_own_vials_only(custodian: Account) -> None:
    screen(custodian).post(reverse("stock:receive"), delivery(how_many="1"))
    vial = Vial.objects.get()
    elsewhere = staff(Role.CUSTODIAN, site=SiteFactory.create())

    assert vial.number not in screen(elsewhere).get(reverse("stock:stock")).content.decode()
    assert screen(elsewhere).get(reverse("stock:vial", args=[vial.public_id])).status_code == 403


def test_the_chain_is_checked_on_demand(custodian: Account) -> None:
    client = screen(custodian)
    client.post(reverse("stock:receive"), delivery())

    html = client.get(reverse("stock:stock") + "?check=1").content.decode()

    assert "Every line of the ledger is whole." in html
