"""The public explainer: drawn from definitions in force, bilingual, bounded, without a script."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from django.test import Client

from afterglow.apps.definitions import services as definitions
from afterglow.apps.definitions.models import Definition
from afterglow.apps.frontdoor import cache
from afterglow.apps.frontdoor.services import limits
from afterglow.apps.pharmacology.explainer import DRAWN_FROM, WORDS
from afterglow.core.evidence.writing import bare_numbers
from afterglow.core.pharmacology import BaseMass, Regimen
from afterglow.core.pharmacology.mechanism import mechanism_timeline
from afterglow.core.roles import Role
from afterglow.web import clock
from factories import staff
from support import pk_definitions
from support.evidence import AT
from support.frontdoor import LATER, Door, visible

pytestmark = pytest.mark.django_db
BLOCKS = [
    ("description", "How it may work."),
    ("mechanism", "## In one picture\nA model draws it."),
]


@pytest.fixture(autouse=True)
def _later() -> object:
    pk_definitions.seed(AT)
    with clock.fixed(LATER):
        yield


def get(client: Client, path: str, status: int = 200, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == status
    return response.content.decode().replace("\xa0", " ")


def test_every_strand_of_the_model_has_words_and_a_definition() -> None:
    strands = mechanism_timeline(
        Regimen.constant(BaseMass(35), over_min=40), accept_unconfirmed=True
    )

    assert {one.key for one in strands} == set(WORDS) == set(DRAWN_FROM)


def test_the_page_draws_three_phases_with_how_sure_and_no_number_stands_bare(
    client: Client, door: Door
) -> None:
    door.published("how-it-works", BLOCKS)
    door.published("how-it-works", BLOCKS, language="es", title="Cómo actúa")

    english = get(client, "/how-it-works/")
    spanish = get(client, "/es/how-it-works/")

    for words in (
        "A picture from models, not a measurement of anybody.",
        "In the cells",
        "In the experience",
        "In the days after",
        "Seen in animals only",
        "Seen in people",
        "Assumed by the model",
        "proposed, not approved",
        "PMC4819286",
        "10.1007/s00228-021-03104-1",
    ):
        assert words in english
    assert english.count('class="mech-spark"') == 7
    assert english.count('class="pk-chart"') == 3
    assert "Visto solo en animales" in spanish
    assert "Seen in animals only" not in spanish
    for page in (english, spanish):
        assert "<script" not in page.replace('<script type="application/ld+json">', "")
        assert "style=" not in page
        words = visible(page)
        assert bare_numbers(words) == ()
        assert "%" not in words


def test_a_dose_is_simulated_inside_limits_and_kept(client: Client, door: Door) -> None:
    usual = get(client, "/simulation/")
    strong = get(client, "/simulation/", dose="1", minutes="40")
    beyond = get(client, "/simulation/", status=422, dose="3", minutes="40")
    words = get(client, "/es/simulation/", status=422, dose="mucho", minutes="40")
    began = time.process_time()
    again = client.get("/simulation/", {"dose": "1.0", "minutes": "40"})
    spent = time.process_time() - began

    assert "given 0.5 mg/kg over 40 min" in usual
    assert "given 1 mg/kg over 40 min" in strong
    assert "drawn with doubt" in strong
    assert "3 mg/kg" in beyond
    assert "1 mg/kg" in beyond
    assert "given 0.5 mg/kg" in beyond
    assert "«mucho» no es un número" in words
    assert again.content.decode().replace("\xa0", " ") == strong
    assert again.headers["ETag"]
    assert spent < 0.2


def test_a_dose_between_two_steps_leads_to_the_nearest_and_is_told_when_unchanged(
    client: Client, door: Door
) -> None:
    between = client.get("/es/simulation/", {"dose": "0.52", "minutes": "43"})
    first = client.get("/simulation/", {"dose": "0.55", "minutes": "45"})
    seen = {"If-None-Match": first.headers["ETag"]}
    again = client.get("/simulation/", {"dose": "0.55", "minutes": "45"}, headers=seen)

    assert between.status_code == 302
    assert between.headers["Location"] == "/es/simulation/?dose=0.5&minutes=45#mech-try-title"
    assert first.status_code == 200
    assert again.status_code == 304
    assert again.content == b""


def test_one_place_may_draw_so_many_anew_and_the_kept_ones_ever_after(
    client: Client, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_limits", lambda: {"simulation": (2, dt.timedelta(minutes=10))})
    kept = get(client, "/simulation/", dose="0.5", minutes="60")
    get(client, "/simulation/", status=422, dose="mucho", minutes="60")
    refused = get(client, "/simulation/", status=429, dose="0.6", minutes="60")
    no_number = get(client, "/simulation/", status=429, dose="mucho", minutes="60")

    for page in (refused, no_number):
        assert "Please wait 10 minutes" in page
        assert "pk-chart" not in page
    assert get(client, "/simulation/", dose="0.5", minutes="60") == kept
    with clock.fixed(LATER + dt.timedelta(minutes=11)):
        assert "given 0.6 mg/kg" in get(client, "/simulation/", dose="0.6", minutes="60")


def test_simulated_doses_push_no_page_out(client: Client, door: Door) -> None:
    door.published("how-it-works", BLOCKS)
    get(client, "/how-it-works/")
    pages = dict(cache._kept)
    get(client, "/simulation/", dose="0.65", minutes="60")

    assert ("/how-it-works/",) in pages
    assert cache._kept == pages


def test_an_approval_that_begins_or_ends_at_its_hour_is_shown_at_that_hour(
    client: Client, door: Door
) -> None:
    door.published("how-it-works", BLOCKS)
    begins, ends = LATER + dt.timedelta(hours=1), LATER + dt.timedelta(hours=2)
    director = staff(Role.MEDICAL_DIRECTOR, site=None)
    for row in Definition.objects.filter(kind__in=pk_definitions.KINDS):
        definitions.approve_definition(
            definition=row.public_id,
            by=director,
            at=LATER,
            effective_from=begins,
            effective_to=ends,
        )

    assert "proposed, not approved" in get(client, "/how-it-works/")
    with clock.fixed(begins):
        assert "proposed, not approved" not in get(client, "/how-it-works/")
    with clock.fixed(ends):
        assert "mech-spark" not in get(client, "/how-it-works/")


def test_a_retired_definition_takes_the_picture_off_the_kept_page(
    client: Client, door: Door
) -> None:
    door.published("how-it-works", BLOCKS)
    before = get(client, "/how-it-works/")
    pk_definitions.retire("plasticity", at=LATER)
    after = get(client, "/how-it-works/")

    assert "mech-spark" in before
    assert "mech-spark" not in after
    assert "being reviewed" in after
    assert "mech-spark" not in get(client, "/simulation/")
