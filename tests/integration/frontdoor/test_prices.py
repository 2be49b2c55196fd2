"""A site's own prices: stated by a person, dated, summed before the visitor, never guessed."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.frontdoor.models import PriceEntry, PriceList
from afterglow.apps.frontdoor.pricing import prices_of
from afterglow.apps.frontdoor.services.prices import PriceDraft, state_prices
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.frontdoor_prices import PriceStage
from afterglow.web import clock
from factories import SiteFactory
from support.frontdoor import LATER, Door, visible

CHECK = PriceDraft(PriceStage.BEFORE, "The check", "El examen", Decimal("320.00"), 1)
DRIP = PriceDraft(PriceStage.DRIP, "Each drip", "Cada goteo", Decimal("450.00"), 6, "Drug and room")
LATE = PriceDraft(PriceStage.OTHER, "A later drip", "Otro goteo", Decimal("400.00"), 0)
LIST = (CHECK, DRIP, LATE)
BLOCKS = [("description", "What it costs."), ("prices", "## What each site charges")]


@pytest.fixture
def site(door: Door) -> Site:
    Site.objects.update(is_active=False)
    found: Site = SiteFactory.create(name="Harbor", phone="555-0177")
    return found


def state(door: Door, site: Site, prices: Any = LIST, **changed: Any) -> PriceList:
    given: dict[str, Any] = {"effective_from": site.local_date(LATER), "at": LATER, **changed}
    by, on = door.library.director, site.local_date(given["at"])
    return state_prices(site=site, prices=prices, by=by, on=on, **given)


def words(client: Client, path: str = "/costs/") -> str:
    body = client.get(path).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("\xa0", " ")


def test_a_site_without_a_list_says_so_and_whom_to_ask(
    client: Client, door: Door, site: Site
) -> None:
    door.published("costs", BLOCKS, title="Costs")

    shown = words(client)

    assert "No prices are stated here." in shown
    assert "555-0177" in shown
    assert "$" not in shown


def test_what_a_site_states_is_shown_with_its_arithmetic_and_its_day(
    client: Client, door: Door, site: Site
) -> None:
    door.published("costs", BLOCKS, title="Costs")
    assert "$" not in words(client)
    row = state(door, site)

    shown = words(client)

    for part in (
        "The check $320",
        "Each drip Drug and room 6 × $450 = $2,700",
        "The first course, all of it $3,020",
        "after 1 drip $770",
        "after 5 drips $2,570",
        "A later drip $400",
        f"In force since {row.effective_from:%-d %b %Y}",
    ):
        assert part in shown, part
    assert f'data-price-list="{row.public_id}"' in client.get("/costs/").content.decode()
    assert AuditEntry.objects.filter(action="prices-stated", subject=row.public_id).count() == 1


def test_sites_that_state_the_same_share_a_bill_and_others_do_not(
    client: Client, door: Door, site: Site
) -> None:
    door.published("costs", BLOCKS, title="Costs")
    other, dearer = SiteFactory.create(name="Lakeside"), SiteFactory.create(name="Mesa")
    SiteFactory.create(name="Quiet")
    state(door, site)
    state(door, other)
    state(door, dearer, (DRIP,))

    body = client.get("/costs/").content.decode()
    titles = re.findall(r'<h3 id="bill-[^"]*">([^<]*)</h3>', body)

    assert titles == ["Harbor · Lakeside", "Mesa", "Quiet"]


def test_the_spanish_page_has_the_spanish_words(client: Client, door: Door, site: Site) -> None:
    door.published("costs", BLOCKS, title="Costos", language="es")
    state(door, site)

    assert "Cada goteo" in words(client, "/es/costs/")
    assert "Each drip" not in words(client, "/es/costs/")


def test_a_later_list_takes_over_at_its_day_and_the_old_one_stays_for_ever(
    client: Client, door: Door, site: Site
) -> None:
    door.published("costs", BLOCKS, title="Costs")
    state(door, site)
    begins = site.local_date(LATER) + dt.timedelta(days=10)
    dearer = (DRIP.__class__(PriceStage.DRIP, "Each drip", "Cada goteo", Decimal("500.00"), 6),)
    state(door, site, dearer, effective_from=begins)

    now = words(client)
    assert "$3,020" in now
    assert f"Other prices hold from {begins:%-d %b %Y}" in now
    with clock.fixed(dt.datetime.combine(begins, dt.time(0, 1), tzinfo=site.zone)):
        then = words(client)
    assert "$3,000" in then
    assert "$3,020" not in then
    assert PriceList.objects.count() == 2


def test_of_two_lists_for_one_coming_day_the_later_is_the_coming_one(
    door: Door, site: Site
) -> None:
    begins = site.local_date(LATER) + dt.timedelta(days=10)
    state(door, site)
    state(door, site, (DRIP,), effective_from=begins)

    corrected = state(door, site, (CHECK, DRIP), effective_from=begins)

    assert prices_of(site, "en", at=LATER).coming == corrected
    assert prices_of(site, "en", at=corrected.effective_at).row == corrected


def test_the_same_list_twice_is_one_and_an_empty_one_states_nothing(
    client: Client, door: Door, site: Site
) -> None:
    door.published("costs", BLOCKS, title="Costs")
    assert state(door, site) == state(door, site)
    assert PriceEntry.objects.count() == 3
    state(door, site, ())

    assert "No prices are stated here." in words(client)


def test_a_list_is_not_dated_back_nor_far_ahead(door: Door, site: Site) -> None:
    today = site.local_date(LATER)
    for day in (today - dt.timedelta(days=1), today + dt.timedelta(days=367)):
        with pytest.raises(InvalidValue, match="cannot be the first day"):
            state(door, site, effective_from=day)
    assert not PriceList.objects.exists()


@pytest.mark.parametrize("field", ["name_en", "name_es", "includes_en", "includes_es"])
@pytest.mark.parametrize("words", ["Each drip, helps 75 %", "Ayuda a tres de cada cuatro", "84"])
def test_no_result_slips_in_by_the_words_of_a_price(
    door: Door, site: Site, field: str, words: str
) -> None:
    changed: dict[str, Any] = {field: words}
    with pytest.raises(InvalidValue):
        state(door, site, (replace(DRIP, **changed),))
    assert not PriceList.objects.exists()


def posted(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "effective_from": "2026-11-27",
        "price-TOTAL_FORMS": len(lines),
        "price-INITIAL_FORMS": 0,
        **more,
    }
    return data | {
        f"price-{at}-{name}": v for at, line in enumerate(lines) for name, v in line.items()
    }


def test_staff_state_prices_on_a_page_without_code(client: Client, door: Door, site: Site) -> None:
    drip = {
        "stage": "drip",
        "name_en": "Each drip",
        "name_es": "Cada goteo",
        "amount": "450",
        "times": "6",
    }
    left_out = {"stage": "before", "name_en": "", "name_es": "", "amount": "", "times": "1"}
    path = f"/frontdoor/prices/{site.public_id}/"
    client.force_login(door.library.author)
    assert client.get(path).status_code == 403
    client.force_login(door.library.director)
    assert "nothing stated" in client.get("/frontdoor/prices/").content.decode()

    refused = client.post(path, posted(drip | {"times": "0"}))
    done = client.post(path, posted(drip, left_out))

    assert refused.status_code == 422
    assert "must be 1 to 30" in refused.content.decode()
    assert done.status_code == 302, done.content.decode()
    assert [(e.name_en, e.amount, e.times) for e in PriceEntry.objects.all()] == [
        ("Each drip", Decimal("450.00"), 6)
    ]
    again = client.get(path).content.decode()
    assert "$2,700" in again
    assert 'value="Cada goteo"' in again
    assert "$2,700" in client.get("/frontdoor/prices/").content.decode()


def test_a_price_typed_into_a_page_s_words_is_not_how_it_is_said(
    client: Client, door: Door, site: Site
) -> None:
    """The pages that come with Afterglow type no price: each stands in a list with its day."""
    door.published("costs", BLOCKS, title="Costs")
    state(door, site)

    outside = re.sub(
        r"<section[^>]*data-price-list=.*?</section>",
        "",
        client.get("/costs/").content.decode(),
        flags=re.S,
    )

    assert "$" not in visible(outside)
