"""Every page of the base opens for who may, and says no to who may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account, RoleGrant
from afterglow.apps.accounts.shell import NAV
from afterglow.apps.definitions.models import Definition
from afterglow.apps.definitions.services import sync_definitions
from afterglow.apps.places.models import Room, Site
from afterglow.core.roles import ACTS, PERMITS, Action, Role
from afterglow.web import clock
from afterglow.web.sentences import sentence_of, value_words
from factories.base import make_site, make_staff

BEGINS_AT = {  # the page of the menu at which a how-to begins; "" where it is typed or no page
    "archive-readings": "definitions:list",
    "backup-and-restore": "",
    "devices": "devices:devices",
    "evidence": "evidence:library",
    "migrations": "",
    "network-fails": "treatment:board",
    "predicted-levels": "treatment:board",
    "production": "",
    "public-site": "frontdoor:pages",
    "rehearse": "rehearsal:page",
    "translate": "",
    "work-on-paper": "treatment:board",
}

PAGES = [
    ("accounts:me", "My account"),
    ("accounts:staff", "Staff"),
    ("accounts:new-member", "New member"),
    ("accounts:member", "Credentials"),
    ("definitions:list", "Definitions"),
    ("definitions:definition", "Every value with its source"),
    ("notices:list", "Notices"),
    ("places:sites", "Sites"),
    ("places:new-site", "New site"),
    ("places:site", "Rooms"),
    ("places:hours", "Opening hours"),
    ("places:new-room", "New room"),
    ("places:room", "Room 1"),
    ("places:equipment", "Emergency equipment"),
    ("work:tasks", "Tasks"),
    ("mfa_index", "Two-Factor"),
]
NEEDS_A_ROLE = [name for name, _ in PAGES if name.split(":")[0] in ("places", "work")] + [
    "accounts:staff",
    "accounts:new-member",
]


@pytest.fixture
def site(db: None) -> Site:
    sync_definitions(at=clock.now())
    return make_site()


@pytest.fixture
def director(site: Site) -> Account:
    return make_staff(Role.MEDICAL_DIRECTOR, username="director")


def _address(name: str, site: Site, person: Account) -> str:
    room = Room.objects.filter(site=site, name="Room 1").get()
    definition = Definition.objects.get(key="emergency_equipment")
    subjects = {
        "accounts:member": {"account": person.public_id},
        "definitions:definition": {"definition": definition.public_id},
        "places:site": {"site": site.public_id},
        "places:hours": {"site": site.public_id},
        "places:new-room": {"site": site.public_id},
        "places:equipment": {"site": site.public_id},
        "places:room": {"room": room.public_id},
    }
    return reverse(name, kwargs=subjects.get(name))


@pytest.mark.parametrize(("name", "words"), PAGES)
def test_a_page_opens_for_the_director(
    client: Client, site: Site, director: Account, name: str, words: str
) -> None:
    client.force_login(director)

    response = client.get(_address(name, site, director))

    assert response.status_code == 200
    assert words in response.content.decode()


@pytest.mark.parametrize(("name", "words"), PAGES)
def test_a_page_asks_a_stranger_to_sign_in(
    client: Client, site: Site, director: Account, name: str, words: str
) -> None:
    response = client.get(_address(name, site, director))

    assert response.status_code == 302
    assert reverse("account_login") in response["Location"]


@pytest.mark.parametrize("name", NEEDS_A_ROLE)
def test_a_page_says_no_to_a_person_without_a_role(
    client: Client, site: Site, director: Account, name: str
) -> None:
    client.force_login(make_staff(username="newcomer"))

    response = client.get(_address(name, site, director))

    assert response.status_code == 403
    assert "Your roles here (none) do not include this." in response.content.decode()


def test_a_refusal_by_role_names_the_role_the_act_and_who_may_in_the_readers_language(
    client: Client, site: Site
) -> None:
    nurse = make_staff(Role.MONITOR, site=site, username="nurse")

    decision = policies.may(Action.VIEW_REPORTS, by=nurse, site=site, on=clock.today(site))
    english = sentence_of(decision.reasons[0])
    with translation.override("es"):
        spanish = sentence_of(decision.reasons[0])

    assert english == (
        "Your roles here (infusion clinician) do not include this. Needed to see the reports: "
        "prescriber, medical director, administrator."
    )
    assert spanish == (
        "Sus funciones aquí (profesional de infusión) no incluyen esto. Se necesita para ver los "
        "informes: prescriptor, dirección médica, administrador."
    )


@pytest.mark.parametrize("action", Action)
def test_every_act_has_words_in_both_languages(action: Action) -> None:
    with translation.override("es"):
        assert value_words(ACTS[action]) != ACTS[action]


@pytest.mark.parametrize("role", sorted(PERMITS[Action.WRITE_PAGE]))
def test_whoever_may_write_public_pages_finds_them_in_the_menu(
    client: Client, site: Site, role: Role
) -> None:
    client.force_login(make_staff(role, site=site, username="writer"))

    shell = client.get(reverse("notices:list")).context["shell"]

    assert reverse("frontdoor:pages") in {link.url for link in shell.nav}


def test_every_how_to_begins_at_a_page_of_the_menu_or_says_that_it_is_typed() -> None:
    menu = {name for _label, names, _icon, _action in NAV for name in names.split()}
    how_to = {path.stem for path in (Path(__file__).parents[3] / "docs/how-to").glob("*.md")}

    assert how_to == set(BEGINS_AT)
    assert {page for page in BEGINS_AT.values() if page} <= menu


def test_the_sign_in_page_is_ours_and_signing_up_is_closed(client: Client, db: None) -> None:
    sign_in = client.get(reverse("account_login")).content.decode()
    sign_up = client.get(reverse("account_signup"))

    assert "Patients and partners use the link they were sent." in sign_in
    assert "afterglow/css/tokens.css" in sign_in
    assert "account/signup_closed.html" in {template.name for template in sign_up.templates}


def test_the_frame_shows_who_where_and_only_links_that_lead_somewhere(
    client: Client, site: Site
) -> None:
    desk = make_staff(Role.FRONT_DESK, site=site, username="desk")
    client.force_login(desk)

    page = client.get(reverse("notices:list"))

    shell = page.context["shell"]
    assert (shell.user_name, shell.user_role) == (desk.full_name, "Front desk")
    assert shell.site_name == site.name
    assert reverse("work:tasks") in {link.url for link in shell.nav}
    assert reverse("accounts:staff") not in {link.url for link in shell.nav}


def test_the_chosen_site_is_kept_and_a_foreign_one_refused(client: Client, site: Site) -> None:
    other, foreign = make_site("Hill"), make_site("Elsewhere")
    person = make_staff(Role.MONITOR, site=site, username="both")
    RoleGrant.objects.create(account=person, role=Role.MONITOR, site=other, starts_on="2020-01-01")
    client.force_login(person)

    chosen = client.post(reverse("accounts:choose-site"), {"site": str(other.public_id)})
    refused = client.post(reverse("accounts:choose-site"), {"site": str(foreign.public_id)})

    assert chosen.status_code == 302
    assert refused.status_code == 422
    assert client.get(reverse("notices:list")).context["shell"].site_name == other.name


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/devices/?sites=all", "/devices/"),
        ("http://elsewhere.example/devices/", "/"),
        ("", "/"),
    ],
)
def test_choosing_a_site_leads_back_to_the_page_it_was_chosen_on(
    client: Client, site: Site, referer: str, back: str
) -> None:
    person = make_staff(Role.MONITOR, site=site, username="both")
    client.force_login(person)

    chosen = client.post(
        reverse("accounts:choose-site"),
        {"site": str(site.public_id)},
        headers={"Referer": referer},
    )

    assert chosen["Location"] == back
