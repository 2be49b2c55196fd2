"""The prices of a site as a visitor sees them: lines, arithmetic and the sum, or that none is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from afterglow.apps.frontdoor import queries
from afterglow.apps.frontdoor.models import PriceList
from afterglow.apps.places.models import Site
from afterglow.core.frontdoor_prices import Estimate, PriceLine, PriceStage, estimate, money


@dataclass(frozen=True, slots=True)
class ShownPrices:
    """What one site states, or several that state the same from the same day.

    Without a list they state nothing, and the page says whom to ask.
    """

    sites: tuple[Site, ...]
    row: PriceList | None = None
    estimate: Estimate | None = None
    coming: PriceList | None = None

    @property
    def site(self) -> Site:
        """The first of the sites."""
        return self.sites[0]

    @property
    def names(self) -> str:
        """The names of the sites."""
        return " · ".join(site.name for site in self.sites)

    def money(self, amount: Decimal) -> str:
        """Return an amount in the list's currency."""
        return money(amount, self.row.currency if self.row else "USD")

    @property
    def counted(self) -> list[tuple[PriceLine, str, str]]:
        """What the first course is made of: the line, its price, price times number."""
        lines = self.estimate.counted if self.estimate else ()
        return [(line, self.money(line.amount), self.money(line.together)) for line in lines]

    @property
    def others(self) -> list[tuple[PriceLine, str]]:
        """What is no part of it."""
        lines = self.estimate.others if self.estimate else ()
        return [(line, self.money(line.amount)) for line in lines]

    @property
    def total(self) -> str:
        """The sum of the first course."""
        return self.money(self.estimate.total) if self.estimate else ""

    @property
    def stops(self) -> list[tuple[int, str]]:
        """What has been paid when it ends sooner: after how many drips, how much."""
        found = self.estimate.stops if self.estimate else ()
        return [(stop.drips, self.money(stop.total)) for stop in found]


def prices_shown(language: str, *, at: dt.datetime) -> list[ShownPrices]:
    """Return every open site with what it states at an instant, in the words of a language."""
    return [prices_of(site, language, at=at) for site in queries.open_sites()]


def bills_shown(language: str, *, at: dt.datetime) -> list[ShownPrices]:
    """Return the same with sites that state the same together; those that state none come last."""
    together: dict[object, ShownPrices] = {}
    for each in prices_shown(language, at=at):
        day = each.row.effective_from if each.row else None
        then = each.coming.effective_from if each.coming else None
        same = (each.estimate, day, then, each.row and each.row.currency)
        known = together.get(same)
        sites = (*known.sites, each.site) if known else each.sites
        together[same] = replace(known or each, sites=sites)
    return sorted(together.values(), key=lambda each: each.row is None)


def prices_of(site: Site, language: str, *, at: dt.datetime) -> ShownPrices:
    """Return what one site states."""
    lists = PriceList.objects.filter(site=site).prefetch_related("entries")
    row = lists.filter(effective_at__lte=at).first()
    # Of two lists for the same coming day the later one counts.
    coming = lists.filter(effective_at__gt=at).order_by("effective_at", "-pk").first()
    lines = [
        PriceLine(
            each.name_es if language == "es" else each.name_en,
            each.amount,
            PriceStage(each.stage),
            each.times,
            each.includes_es if language == "es" else each.includes_en,
        )
        for each in (row.entries.all() if row else ())
    ]
    return ShownPrices((site,), row if lines else None, estimate(lines), coming)
