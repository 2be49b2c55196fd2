"""The demo's public pages: written, medically reviewed and published by its people."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Final

from afterglow.apps.accounts.models import Account
from afterglow.apps.evidence import services as evidence
from afterglow.apps.evidence.models import Record
from afterglow.apps.evidence.services import Refused
from afterglow.apps.frontdoor import queries, services
from afterglow.apps.frontdoor.files import PageFile, page_files
from afterglow.apps.frontdoor.services import prices
from afterglow.apps.frontdoor.services.prices import PriceDraft
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.frontdoor_prices import PriceStage

MARKS: Final = {
    "harbor-street": ("42.355", "-71.050"),
    "lakeside": ("41.885", "-87.625"),
    "foothills": ("39.740", "-104.990"),
    "saguaro": ("33.450", "-112.070"),
    "sound": ("47.605", "-122.335"),
}
"""Where the demo's invented sites stand on the map: degrees north, degrees east."""


def seed_marks(*, director: Account, at: dt.datetime, on: dt.date) -> int:
    """Put the demo's sites on the map, those that nobody has put there; return how many."""
    sites = Site.objects.filter(code__in=MARKS, mark=None)
    for site in sites:
        latitude, longitude = MARKS[site.code]
        services.mark_site(
            site=site,
            latitude=Decimal(latitude),
            longitude=Decimal(longitude),
            by=director,
            at=at,
            on=on,
        )
    return len(sites)


DEMO_PRICES: Final = (
    PriceDraft(
        PriceStage.BEFORE,
        "First talk",
        "Primera charla",
        Decimal("0"),
        1,
        "By telephone, with a doctor",
        "Por teléfono, con un médico",
    ),
    PriceDraft(
        PriceStage.BEFORE,
        "The check",
        "El examen",
        Decimal("320"),
        1,
        "History, heart, medicines, blood tests if needed",
        "Historia, corazón, medicinas, análisis si hace falta",
    ),
    PriceDraft(
        PriceStage.DRIP,
        "Each drip",
        "Cada goteo",
        Decimal("450"),
        6,
        "The drug, the room, one clinician for the whole visit, the calls after",
        "La droga, la sala, un profesional toda la visita, las llamadas de después",
    ),
    PriceDraft(
        PriceStage.AFTER,
        "The review",
        "La revisión",
        Decimal("180"),
        1,
        "Scores, advice, a letter to your own provider",
        "Puntajes, consejo, una carta a su profesional",
    ),
    PriceDraft(PriceStage.OTHER, "A later drip", "Un goteo más tarde", Decimal("450"), 0),
    PriceDraft(
        PriceStage.OTHER,
        "A visit called off on the day",
        "Una visita anulada el mismo día",
        Decimal("90"),
        0,
    ),
)
"""Invented, as everything of the demo; one site states none, so that this can be seen as well."""
NO_PRICES: Final = "sound"


def seed_prices(*, director: Account, at: dt.datetime, on: dt.date) -> int:
    """State the demo's prices at the sites that never stated any; return how many."""
    sites = Site.objects.filter(code__in=MARKS, price_lists=None).exclude(code=NO_PRICES)
    for site in sites:
        prices.state_prices(
            site=site,
            effective_from=site.local_date(at),
            prices=DEMO_PRICES,
            by=director,
            at=at,
            on=on,
        )
    return len(sites)


def seed_pages(
    *, author: Account, reviewer: Account, director: Account, at: dt.datetime, on: dt.date
) -> int:
    """Publish the pages that come with Afterglow and are not there yet; return how many.

    The director approves the records they cite: the gate is the same as for any page. What people
    wrote since is left alone. Raises InvalidValue when the gate refuses one of our own pages.
    """
    seed_marks(director=director, at=at, on=on)
    seed_prices(director=director, at=at, on=on)
    wanted = [page for page in page_files() if queries.newest_of(_key(page)) is None]
    keys = {key for page in wanted for key in page.records}
    for record in Record.objects.filter(key__in=keys, current=None, is_withdrawn=False):
        version = record.versions.order_by("-number")[0]
        done = evidence.approve_version(version=version.public_id, by=director, at=at, on=on)
        if isinstance(done, Refused):
            raise InvalidValue(f"The record {record.key} is not approved: {done.decision.codes}.")
    for page in wanted:
        _publish(page, author=author, reviewer=reviewer, director=director, at=at, on=on)
    return len(wanted)


def _key(page: PageFile) -> str:
    return f"page:{page.slug}:{page.language}"


def _publish(
    page: PageFile,
    *,
    author: Account,
    reviewer: Account,
    director: Account,
    at: dt.datetime,
    on: dt.date,
) -> None:
    row = services.make_page(
        slug=page.slug,
        language=page.language,
        menu_label=page.menu_label,
        position=page.position,
        by=author,
        at=at,
        on=on,
    )
    text = services.write_page(
        page=row, title=page.title, blocks=page.blocks, by=author, at=at, on=on
    )
    for step, by in (
        (evidence.submit, author),
        (evidence.review, reviewer),
        (evidence.publish, director),
    ):
        done = step(publication=text.public_id, by=by, at=at, on=on)
        if isinstance(done, Refused):
            why = "; ".join(f"{each.code} {each.seen}" for each in done.decision.blockers)
            raise InvalidValue(f"{row.key} is refused: {why}.")
