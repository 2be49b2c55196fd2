"""State what a site's care costs, from a day on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.frontdoor.models import PriceEntry, PriceList
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.writing import refuse_results
from afterglow.core.frontdoor_prices import PriceLine, PriceStage, check_prices
from afterglow.core.permission import check
from afterglow.core.roles import Action

LONGEST_AHEAD: Final = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """One price as its writer gives it, in both languages."""

    stage: PriceStage
    name_en: str
    name_es: str
    amount: Decimal
    times: int
    includes_en: str = ""
    includes_es: str = ""


@transaction.atomic
def state_prices(
    *,
    site: Site,
    effective_from: dt.date,
    prices: Sequence[PriceDraft],
    by: Account,
    at: dt.datetime,
    on: dt.date,
) -> PriceList:
    """State the prices of a site from a day on; without prices, that none is stated any more.

    What stood before is kept for ever and holds until that day. The same list stated again is the
    list that stands. Raises InvalidValue for a day gone by, a list that cannot be meant, or a
    result in its words.
    """
    check(Action.PUBLISH_PAGE, by=by, site=None, on=on)
    today = site.local_date(at)
    if not today <= effective_from <= today + LONGEST_AHEAD:
        raise InvalidValue(
            "%(seen)s cannot be the first day of a price list; it lies between %(first)s and "
            "%(last)s.",
            seen=effective_from.isoformat(),
            first=today.isoformat(),
            last=(today + LONGEST_AHEAD).isoformat(),
        )
    for language in ("en", "es"):
        check_prices([_line(price, language) for price in prices])
    for price in prices:
        for words in (price.name_en, price.name_es, price.includes_en, price.includes_es):
            refuse_results(words, loose=True)  # no reviewer reads these
    Site.objects.select_for_update().get(pk=site.pk)
    newest = PriceList.objects.filter(site=site).order_by("-pk").first()
    if newest and newest.effective_from == effective_from and _drafts(newest) == list(prices):
        return newest
    row = PriceList.objects.create(
        site=site,
        effective_from=effective_from,
        effective_at=dt.datetime.combine(effective_from, dt.time(), tzinfo=site.zone),
        stated_by=by,
        stated_at=at,
    )
    PriceEntry.objects.bulk_create(
        PriceEntry(
            price_list=row,
            place=place,
            stage=price.stage,
            name_en=price.name_en.strip(),
            name_es=price.name_es.strip(),
            includes_en=price.includes_en.strip(),
            includes_es=price.includes_es.strip(),
            amount=price.amount,
            times=price.times,
        )
        for place, price in enumerate(prices, start=1)
    )
    detail = {"from": effective_from.isoformat(), "prices": len(prices)}
    audit.record("prices-stated", subject=row, by=by, at=at, site=site, detail=detail)
    return row


def _line(price: PriceDraft, language: str) -> PriceLine:
    name = price.name_es if language == "es" else price.name_en
    return PriceLine(name, price.amount, price.stage, price.times)


def _drafts(row: PriceList) -> list[PriceDraft]:
    return [
        PriceDraft(
            PriceStage(each.stage),
            each.name_en,
            each.name_es,
            each.amount,
            each.times,
            each.includes_en,
            each.includes_es,
        )
        for each in row.entries.all()
    ]
