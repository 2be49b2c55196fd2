"""The smoke run's morning: what is known of the day, the sign-in, the check-in at the door."""

from __future__ import annotations

import datetime as dt
import http.client
import re
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from afterglow.config.demo.cast import MAIN, PASSWORD, PLACES
from afterglow.config.smoke_browser import Browser, Page
from afterglow.simulator.main import SimulatedRoom

CLINICIAN = "nurse"


@dataclass
class Day:
    """What is known of the day so far; ``result`` is what is printed."""

    origin: str
    gateway_host: str
    gateway_port: int
    messages_sent: int = 0
    messages_acknowledged: int = 0
    messages_stored: int = 0
    session_state: str = ""
    timings: dict[str, float] = field(default_factory=dict)
    failed: str | None = None
    nurse: Browser | None = None
    session: str = ""
    room: str = ""
    bedside: SimulatedRoom | None = None
    bag: dict[str, str] = field(default_factory=dict)

    @property
    def clinician(self) -> Browser:
        """The browser of the infusion nurse."""
        if self.nurse is None:
            raise AssertionError("Nobody is signed in.")
        return self.nurse

    def page(self, name: str) -> Page:
        """Open one page of the session; anything but 200 fails."""
        return well(self.clinician.get(f"/sessions/{self.session}/{name}"))

    def result(self) -> dict[str, object]:
        """The object that goes to stdout."""
        told: dict[str, object] = {
            "messages_sent": self.messages_sent,
            "messages_acknowledged": self.messages_acknowledged,
            "messages_stored": self.messages_stored,
            "session_state": self.session_state,
            "timings": self.timings,
        }
        return told | ({"failed": self.failed} if self.failed else {})


def well(page: Page) -> Page:
    """Return the page when the server did what was asked. Raises AssertionError with its words."""
    if page.status != 200:
        raise AssertionError(f"{page.url} answered {page.status}: {page.problem()[:900]}")
    return page


def the_pages_answer(day: Day) -> None:
    """The sign-in page answers."""
    host = urlsplit(day.origin).netloc
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request("GET", "/accounts/login/")
    status = connection.getresponse().status
    if status >= 400:
        raise AssertionError(f"GET /accounts/login/ answered {status}")


def the_gateway_listens(day: Day) -> None:
    """The monitor gateway takes a connection."""
    socket.create_connection((day.gateway_host, day.gateway_port), timeout=10).close()


def the_nurse_signs_in(day: Day) -> None:
    """The infusion nurse signs in on the sign-in page."""
    day.nurse = signed_in(day.origin, CLINICIAN)


def signed_in(origin: str, who: str) -> Browser:
    """Return the browser of somebody who has just signed in."""
    browser = Browser(origin)
    page = well(browser.get("/accounts/login/"))
    after = browser.submit(page, "/accounts/login/", {"login": who, "password": PASSWORD})
    if "/accounts/login/" in after.url:
        raise AssertionError(f"The sign-in of {who} was refused: {after.problem()[:300]}")
    return browser


def the_patient_checks_in(day: Day) -> None:
    """The board's button opens the session; every question of the door is answered."""
    opened = well(_begin(day.clinician))
    found = re.search(r"/sessions/([0-9a-f-]{36})/", opened.url)
    if found is None:
        raise AssertionError(f"Checking in led to {opened.url}.")
    day.session = found[1]
    page = day.page("check-in/")
    form = page.form("/check-in/")
    ago = {hours: _typed(hours) for hours in (4, 9)}
    answers: dict[str, str | list[str]] = {
        "identifiers": ["full_name", "date_of_birth"],
        "weight_kg": _weight(page),
        "last_solid_at": ago[9],
        "last_clear_fluid_at": ago[4],
        "alcohol": "none",
        "cannabis": "none",
        "appears_intoxicated": "no",
        "acutely_ill": "no",
        "antihypertensive": "not_prescribed",
        "decongestant_taken_today": "no",
        "glp1_agonist": "no",
        "cpap": "not_needed",
        "pregnancy_test": "not_due",
        "escort_state": "confirmed",
        "escort_name": "Robin Ellery",
        "escort_relation": "partner",
        "escort_phone": "555-0142",
        "suicide_statement_positive": "no",
        "phq9_item9": "0",
        "suicide_level": "none",
        "medicines_reviewed": "on",
    }
    if "could be pregnant: a test is due" in page.text:
        answers |= {"pregnancy_test": "negative", "pregnancy_tested_on": _typed(0)[:10]}
    for name in form.names:
        if re.fullmatch(r"medicine_[0-9a-f]{32}", name):
            answers[name] = "held"
    well(day.clinician.submit(page, "/check-in/", answers))


def _begin(nurse: Browser) -> Page:
    """Press the board's button of the first patient who can be checked in."""
    board = well(nurse.get("/board/"))
    due = [form.action for form in board.forms if form.action.endswith("/begin/")]
    if not due:
        raise AssertionError(f"Nobody on the board can be checked in: {board.text[:400]}")
    return nurse.submit(board, due[0])


def _typed(hours: int) -> str:
    """Return an instant some hours ago, as the site's wall clock shows it."""
    place = next(each for each in PLACES if each.code == MAIN)
    then = dt.datetime.now(ZoneInfo(place.time_zone)) - dt.timedelta(hours=hours)
    return then.strftime("%Y-%m-%dT%H:%M")


def _weight(page: Page) -> str:
    """Return the last weight that the page shows, else a plausible one: what the scale shows."""
    found = re.search(r"(\d{2,3}\.\d) kg", page.text)
    return found[1] if found else "74.0"
