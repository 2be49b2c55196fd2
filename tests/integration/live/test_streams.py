"""Screens follow a session over a real socket from the product's own web server."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
import pytest

from afterglow.apps.events import outbox
from afterglow.apps.events import services as events
from afterglow.apps.treatment.tickets import GRANT_COOKIE
from afterglow.apps.visits.models import TreatmentSession
from afterglow.config.postgres import Role as DatabaseRole
from afterglow.core.roles import Role
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web import clock
from factories import AccountFactory, staff
from support.clinic_messages import SPO2, Bed, arrive, bed, oru
from support.database import DatabaseUrl
from support.live import Screen, cookie_of, web_server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def port(database_url: DatabaseUrl) -> Iterator[int]:
    """The port of a running web server."""
    with web_server(database_url()) as number:
        yield number


@pytest.fixture
def here() -> Bed:
    """A patient on a monitor, since five minutes ago."""
    return bed(at=clock.now() - timedelta(minutes=5))


def send(here: Bed, value: str, control_id: str, *, ago_s: float = 0) -> None:
    """The monitor sends a saturation now, or did so a while ago."""
    at = clock.now() - timedelta(seconds=ago_s)
    arrive(oru(here.monitor, {SPO2: value}, at=at, control_id=control_id), at=at)


def path_of(here: Bed) -> str:
    return f"/live/sessions/{here.session.public_id}/"


def test_a_reading_reaches_the_screen_with_value_unit_time_and_source(port: int, here: Bed) -> None:
    with Screen(port, path_of(here), cookie=cookie_of(here.clinician)) as screen:
        assert screen.next().event == "beat"
        send(here, "97", "1")
        heard = screen.until("vital-signs")

    [reading] = heard.data["readings"]
    assert (reading["code"], reading["value"], reading["unit"]) == ("spo2", "97", "%")
    assert (reading["source"], reading["flag"]) == ("device", "")
    assert here.session.patient.family_name not in str(heard)


def test_a_screen_that_was_away_hears_what_it_missed_and_nothing_twice(
    port: int, here: Bed
) -> None:
    cookie = cookie_of(here.clinician)
    with Screen(port, path_of(here), cookie=cookie) as screen:
        send(here, "97", "1")
        screen.until("vital-signs")
        last = screen.last_id

    send(here, "96", "2")
    send(here, "95", "3")
    with Screen(port, path_of(here), cookie=cookie, last_event_id=last) as screen:
        missed = [screen.until("vital-signs").data["readings"][0]["value"] for _ in range(2)]
        send(here, "94", "4")
        after = screen.until("vital-signs").data["readings"][0]["value"]

    assert (missed, after) == (["96", "95"], "94")


def test_what_happens_between_the_page_and_its_stream_is_not_lost(port: int, here: Bed) -> None:
    page_made_at = outbox.position()
    send(here, "97", "1")

    path = f"{path_of(here)}?after={page_made_at}"
    with Screen(port, path, cookie=cookie_of(here.clinician)) as screen:
        heard = screen.until("vital-signs")

    assert heard.data["readings"][0]["value"] == "97"


def test_open_alarms_are_told_at_once_and_when_they_change(port: int, here: Bed) -> None:
    with Screen(port, path_of(here), cookie=cookie_of(here.clinician)) as screen:
        at_once = screen.until("alarms").data["alarms"]
        for ago_s in (50, 30, 10):
            send(here, "70", str(ago_s), ago_s=ago_s)
        screen.until("alarm-raised")
        heard = screen.until("alarms").data

    assert heard["session"] == str(here.session.public_id)
    alarm = next(a for a in heard["alarms"] if a["code"] == "SPO2_LOW")
    assert "70 %" in alarm["sentence"]
    assert alarm["acknowledged"] is False
    assert "SPO2_LOW" not in {a["code"] for a in at_once}


def test_other_events_carry_ids_only(port: int, here: Bed) -> None:
    session = here.session
    with Screen(port, path_of(here), cookie=cookie_of(here.clinician)) as screen:
        screen.next()
        events.publish(
            "infusion-started",
            topic=session.public_id,
            subject=session.patient.public_id,
            site=session.site.public_id,
            at=clock.now(),
        )
        heard = screen.until("infusion-started")

    assert heard.data.keys() == {"event", "subject", "at"}
    assert heard.data["subject"] == str(session.patient.public_id)


def test_nobody_follows_without_a_sign_in_and_a_role(port: int, here: Bed) -> None:
    stranger = cookie_of(AccountFactory.create())
    elsewhere = cookie_of(staff(Role.MONITOR, site=bed().session.site))
    other = "00000000-0000-7000-8000-000000000000"

    asked = {
        "signed out": Screen(port, path_of(here)).status,
        "made-up cookie": Screen(port, path_of(here), cookie="sessionid=abc").status,
        "no role": Screen(port, path_of(here), cookie=stranger).status,
        "another site": Screen(port, path_of(here), cookie=elsewhere).status,
        "no session": Screen(
            port, f"/live/sessions/{other}/", cookie=cookie_of(here.clinician)
        ).status,
        "no such stream": Screen(port, "/live/patients/", cookie=stranger).status,
        "no place": Screen(port, path_of(here), cookie=stranger, last_event_id="zzz").status,
    }

    assert asked == {
        "signed out": 401,
        "made-up cookie": 401,
        "no role": 403,
        "another site": 403,
        "no session": 404,
        "no such stream": 404,
        "no place": 400,
    }


def test_the_numbers_of_a_running_infusion_outlive_the_login(port: int, here: Bed) -> None:
    with Screen(port, path_of(here), cookie=cookie_of(here.clinician)) as screen:
        line = screen.response.getheader("Set-Cookie") or ""
    grant = line.partition(";")[0]
    assert grant.startswith(GRANT_COOKIE)

    with Screen(port, path_of(here), cookie=grant) as screen:
        assert screen.status == 200
        send(here, "97", "1")
        assert screen.until("vital-signs").data["readings"][0]["value"] == "97"

    other = bed(at=clock.now())
    assert Screen(port, path_of(other), cookie=grant).status == 401
    TreatmentSession.objects.filter(pk=here.session.pk).update(state=SessionState.DISCHARGED)
    assert Screen(port, path_of(here), cookie=grant).status == 401


def test_a_screen_that_does_not_read_holds_up_nobody(port: int, here: Bed) -> None:
    slow = socket.create_connection(("127.0.0.1", port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    cookie = cookie_of(here.clinician)
    slow.sendall(
        f"GET {path_of(here)} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()
    )
    subject, site = here.session.public_id, here.session.site.public_id
    with Screen(port, path_of(here), cookie=cookie, timeout=30) as quick:
        quick.next()
        for batch in range(40):
            events.publish_all(
                [(f"mark-{batch}-{n}", subject, subject) for n in range(100)],
                site=site,
                at=clock.now(),
            )
        quick.until("mark-39-99")
        send(here, "97", "1")
        assert quick.until("vital-signs").data["readings"][0]["value"] == "97"
    slow.close()


def test_pages_are_served_beside_the_streams(port: int, here: Bed) -> None:
    with Screen(port, path_of(here), cookie=cookie_of(here.clinician)) as screen:
        screen.next()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/accounts/login/", headers={"Host": "localhost"})
        response = connection.getresponse()
        body = response.read()

    assert response.status == 200
    assert b"</html>" in body


def test_a_stream_that_an_open_transaction_holds_back_says_so_and_then_tells_everything(
    port: int, here: Bed, database_url: DatabaseUrl
) -> None:
    with Screen(port, path_of(here), cookie=cookie_of(here.clinician)) as screen:
        assert screen.until("beat").data["reading"] is True
        with psycopg.connect(database_url(DatabaseRole.OWNER)) as elsewhere:
            elsewhere.execute("SELECT pg_current_xact_id()")
            send(here, "97", "1")
            stalled = screen.until("stream-stalled").data
            elsewhere.rollback()
        told = screen.until("vital-signs").data["readings"][0]["value"]
        screen.until("stream-resumed")

    age = datetime.fromisoformat(stalled["now"]) - datetime.fromisoformat(stalled["proof"])
    assert timedelta(seconds=5) <= age < timedelta(seconds=30)
    assert told == "97"
