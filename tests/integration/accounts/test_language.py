"""Whoever signs in reads Afterglow in their own language, on every screen, until they change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po
from django.test import Client
from django.urls import reverse
from django.utils import translation

from afterglow.apps.accounts import services
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit.models import AuditEntry
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Role
from afterglow.web import clock, translations
from factories.base import AT, make_site, make_staff
from support.infusion_day import Day, checked_in, infusing, ready, recovered

pytestmark = pytest.mark.django_db


class Texts(HTMLParser):
    """Collects what a page says, text by text."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in ("script", "style", "title")
        spoken = ("title", "alt", "aria-label", "placeholder")
        self.said += [value.strip() for name, value in attrs if name in spoken and value]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in ("script", "style", "title")

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._unread:
            self.said.append(data.strip())


def texts(page: str) -> list[str]:
    reader = Texts()
    reader.feed(page)
    return reader.said


@pytest.fixture(scope="session")
def english() -> frozenset[str]:
    """Everything that has other words in Spanish than in English."""
    with translations.po_file("es").open("rb") as text:
        catalog = read_po(text, locale="es")
    same = {str(message.string) for message in catalog if message.id}
    return frozenset(
        str(message.id)
        for message in catalog
        if message.id and message.context != "reason" and str(message.id) not in same
    ) - {"English"}  # each language is offered in itself


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """Leave no language behind: Django keeps the browser's until the thread's next request."""
    with translation.override("en"):
        yield


@pytest.fixture
def person() -> Account:
    make_site()
    return make_staff(Role.MONITOR, Role.FRONT_DESK)


def speaks_spanish(account: Account) -> Client:
    services.choose_language(language="es", by=account, at=AT)
    client = Client(headers={"Accept-Language": "en-US,en"})
    client.force_login(account)
    return client


def read(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.content.decode()[:600]
    assert answer.headers["Content-Language"] == "es"
    return answer.content.decode()


def test_before_signing_in_the_browser_chooses() -> None:
    page = Client(headers={"Accept-Language": "es-MX,es"}).get(reverse("account_login"))

    assert '<html lang="es"' in page.content.decode()
    assert "Iniciar sesión" in page.content.decode()


def test_who_signs_in_reads_their_own_language_whatever_the_browser_asks(person: Account) -> None:
    page = read(speaks_spanish(person), reverse("visits:board"))

    assert '<html lang="es"' in page
    assert "Se esperan hoy" in page


def test_the_button_in_the_frame_changes_the_language_for_good(person: Account) -> None:
    client = Client()
    client.force_login(person)
    board = reverse("visits:board")
    assert f'action="{reverse("accounts:language")}"' in client.get(board).content.decode()

    answer = client.post(reverse("accounts:language"), {"language": "es", "next": board})

    assert (answer.status_code, answer.headers["Location"]) == (302, board)
    another_screen = Client()
    another_screen.force_login(person)
    assert '<html lang="es"' in another_screen.get(board).content.decode()


def test_my_account_offers_each_language_in_its_own_words(person: Account) -> None:
    page = read(speaks_spanish(person), reverse("accounts:me"))

    assert ">English<" in page.replace("\n", "")
    assert 'value="es" selected' in page


def test_a_language_that_the_pages_do_not_have_is_refused(person: Account) -> None:
    client = Client()
    client.force_login(person)

    answer = client.post(reverse("accounts:language"), {"language": "tlh"})

    assert answer.status_code == 422
    with pytest.raises(InvalidValue, match="no language 'tlh'"):
        services.choose_language(language="tlh", by=person, at=AT)
    person.refresh_from_db()
    assert person.language == "en"


def test_a_choice_is_audited_once_and_the_same_one_again_changes_nothing(person: Account) -> None:
    for _time in range(2):
        services.choose_language(language="es", by=person, at=AT)

    entries = AuditEntry.objects.filter(action="language-chosen")
    assert [entry.detail for entry in entries] == [{"from": "en", "to": "es"}]


def test_nobody_is_sent_to_another_site_after_choosing(person: Account) -> None:
    client = Client()
    client.force_login(person)

    answer = client.post(
        reverse("accounts:language"), {"language": "es", "next": "https://evil.example/"}
    )

    assert answer.headers["Location"] == "/"


PAGES = [
    (checked_in, "check-in", "Registro de llegada"),
    (checked_in, "plan", "La orden vigente"),
    (checked_in, "prepare", "Lea el vial"),
    (ready, "ready", "Iniciar la infusión"),
    (infusing, "infusion", "Marcar ahora"),
    (recovered, "recovery", "¿Puede irse a casa el paciente?"),
]


@pytest.mark.parametrize(("walk", "name", "words"), PAGES, ids=[name for _w, name, _x in PAGES])
def test_the_pages_of_a_day_are_spanish_throughout(
    walk: Callable[[], Day], name: str, words: str, english: frozenset[str]
) -> None:
    day = walk()
    client = speaks_spanish(day.clinician)

    with clock.fixed(day.minute(-5) if walk is not infusing else day.minute(10)):
        page = read(client, reverse(f"treatment:{name}", args=[day.id]))

    assert '<html lang="es"' in page
    assert words in page
    assert [text for text in texts(page) if text in english] == []


def test_the_board_is_spanish_throughout_and_so_are_its_dates(english: frozenset[str]) -> None:
    day = infusing()
    client = speaks_spanish(day.clinician)

    with clock.fixed(day.minute(10)):
        page = read(client, reverse("visits:board"))

    assert "nov 2026" in page
    assert "Nov 2026" not in page
    assert [text for text in texts(page) if text in english] == []


def test_a_refusal_gives_its_reasons_in_spanish() -> None:
    day = checked_in()
    client = speaks_spanish(day.clinician)

    with clock.fixed(day.arrived + timedelta(minutes=2)):
        page = read(client, reverse("treatment:ready", args=[day.id]))

    assert "No se ha preparado nada." in page
    assert "Nothing has been prepared." not in page
