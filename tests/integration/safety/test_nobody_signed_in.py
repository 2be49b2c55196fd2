"""A room's screen whose sign-in has ended records a stop and calls an emergency all the same."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.treatment import handover
from afterglow.apps.treatment.emergencies import emergency_of
from afterglow.apps.treatment.facts.presence import PRESSED_UNSIGNED, signs_of
from afterglow.apps.treatment.models import Coverage, Infusion, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.models.offline import OfflineOutcome
from afterglow.apps.treatment.printed.during import drip, story
from afterglow.apps.treatment.printed.words import Clock
from afterglow.apps.treatment.record import record_content
from afterglow.apps.treatment.services import emergency
from afterglow.apps.treatment.services.unsigned import limits
from afterglow.apps.treatment.shown.events import entries
from afterglow.core.treatment.lifecycles import InfusionState
from afterglow.web import clock
from support.infusion_day import Day, infusing
from support.typed_offline import sent, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def day() -> Iterator[Day]:
    day = infusing()
    with clock.fixed(day.minute(12)):
        yield day


@pytest.fixture
def room(day: Day) -> Client:
    """The room's screen, once signed in as the clinician and now by nobody."""
    client = Client()
    client.force_login(day.clinician)
    client.get(reverse("treatment:infusion", args=[day.id]))
    client.cookies.pop("sessionid")
    return client


def press(client: Client, day: Day, what: str) -> int:
    address = reverse(f"treatment:{what}", args=[day.id])
    return client.post(address, {"key": str(uuid.uuid4())}).status_code


def state(day: Day) -> str:
    return Infusion.objects.get(session=day.session).state


def test_its_page_offers_the_stop_and_the_emergency_and_nothing_else(
    day: Day, room: Client
) -> None:
    page = room.get(reverse("treatment:infusion", args=[day.id])).content.decode()

    assert "Record pump stopped" in page
    assert reverse("treatment:emergency-declare", args=[day.id]) in page
    assert reverse("treatment:infusion-pause", args=[day.id]) not in page
    assert day.session.patient.family_name not in page


def test_its_stop_is_charted_as_nobodys_and_waits_for_a_name(day: Day, room: Client) -> None:
    press(room, day, "infusion-stop")
    press(room, day, "infusion-stop")

    assert state(day) != InfusionState.RUNNING
    mark = SessionEvent.objects.get(session=day.session, kind=EventKind.MARK)
    shown = next(entry for entry in entries(day.session) if entry.event == str(mark.public_id))
    assert shown.needs_name
    assert not shown.can_withdraw
    assert shown.by == "nobody signed in"
    assert "Pump stop pressed where nobody was signed in" in shown.text


@pytest.mark.parametrize(
    ("what", "kinds"),
    [("infusion-stop", {"mark"}), ("emergency-declare", {"mark", "emergency_called"})],
)
def test_no_chart_record_or_print_names_whoever_left_the_ticket_for_it(
    day: Day, room: Client, what: str, kinds: set[str]
) -> None:
    press(room, day, what)

    content = record_content(day.session, signed_by=day.prescriber, at=day.minute(13))
    stop = next(row for row in content["infusion"]["actions"] if row["kind"] == "stop")
    events = {row["kind"]: row["by"] for row in content["events"] if row["kind"] in kinds}
    assert stop["by"] == "nobody signed in"
    assert events == dict.fromkeys(kinds, "nobody signed in")
    clinic = Clock.of(content)
    [pump, _totals] = drip(content, clinic)
    assert pump["rows"][-1][-1] == "nobody signed in"
    [happened] = [part for part in story(content, clinic) if part["title"] == "Events and symptoms"]
    assert [row[-1] for row in happened["rows"]] == ["nobody signed in"] * len(kinds)
    since = [entry for entry in entries(day.session) if entry.at == day.minute(12)]
    assert {entry.kind for entry in since} == {"pump", *kinds}
    assert {entry.by for entry in since} == {"nobody signed in"}
    told = handover.sheet(day.session, at=day.minute(13))["entries"]
    assert [entry.by for entry in told[-len(since) :]] == ["nobody signed in"] * len(since)


def test_the_page_of_what_was_typed_offline_names_nobody_for_it_either(
    day: Day, room: Client
) -> None:
    press(room, day, "infusion-stop")
    sent(day, typed(day, 8, "pump", kind="pause", seen_sequence=9))
    client = Client()
    client.force_login(day.second)

    page = client.get(reverse("treatment:offline", args=[day.id])).content.decode()

    assert "<td>nobody signed in</td>" in page


def test_its_emergency_stops_and_calls_the_site_in_nobodys_name(day: Day, room: Client) -> None:
    press(room, day, "emergency-declare")

    current = emergency_of(day.session)
    assert current is not None
    assert current.is_open
    assert current.is_unsigned
    assert state(day) != InfusionState.RUNNING
    for person in (day.second, day.clinician):
        other = Client()
        other.force_login(person)
        said = other.get(reverse("treatment:alarms-elsewhere")).content.decode()
        assert "called on a screen where nobody was signed in" in said
        assert 'data-sound-level="red"' in said
        assert day.clinician.get_short_name() not in said
    page = room.get(reverse("treatment:emergency", args=[day.id])).content.decode()
    assert "Sign in to time the steps" in page
    assert "How did it end?" not in page


def test_it_bears_out_nobodys_presence(day: Day, room: Client) -> None:
    press(room, day, "emergency-declare")

    stretch = Coverage.objects.select_related("clinician", "session__patient").get(
        session=day.session, during__contains=day.minute(11)
    )
    assert signs_of([stretch], until=day.minute(13))[stretch.pk].acts == []
    assert AuditEntry.objects.get(action=PRESSED_UNSIGNED).by is None


@pytest.mark.parametrize("what", ["infusion-stop", "emergency-declare"])
def test_whoever_left_the_ticket_is_elsewhere_for_nobody(day: Day, room: Client, what: str) -> None:
    """Who looked into the room, signed out and has another patient now stays with that one."""
    other = infusing(site=day.site)
    client = Client()
    client.force_login(other.clinician)
    client.get(reverse("treatment:infusion", args=[day.id]))
    client.cookies.pop("sessionid")
    stretch = Coverage.objects.select_related("clinician", "session__patient").get(
        session=other.session, during__upper_inf=True
    )

    press(client, day, what)
    signs = signs_of([stretch], until=day.minute(13))[stretch.pk]

    assert (signs.elsewhere, signs.acts, signs.tried) == ([], [], [])


def test_a_stop_whose_answer_was_lost_is_nobodys_as_well_when_its_tablet_sends_it(
    day: Day,
) -> None:
    """Pressed after the page's sign-in had ended; the tablet sends it once somebody signs in."""
    stop = replace(typed(day, 12, "pump", kind="stop", unsigned=True), typed_by=None)

    for _ in range(2):
        [kept] = sent(day, stop, minute=14)

    assert kept.outcome == OfflineOutcome.CHARTED
    mark = SessionEvent.objects.get(session=day.session, kind=EventKind.MARK)
    assert mark.at == day.minute(12)
    since = [entry for entry in entries(day.session) if entry.at >= day.minute(12)]
    assert {entry.kind: entry.by for entry in since} == {
        "pump": "nobody signed in",
        "mark": "nobody signed in",
    }
    stretch = Coverage.objects.select_related("clinician", "session__patient").get(
        session=day.session, during__contains=day.minute(11)
    )
    stretch.clinician = day.second  # whoever sends it, had they been there
    assert signs_of([stretch], until=day.minute(15))[stretch.pk].acts == []


def test_called_again_and_again_it_is_held_and_says_what_to_do(day: Day, room: Client) -> None:
    for _ in range(limits().at_most):
        press(room, day, "emergency-declare")
        emergency.end_emergency(
            session=day.id, outcome="False", by=day.clinician, at=day.minute(12), key=uuid.uuid4()
        )

    with clock.fixed(day.minute(13)):
        held = room.post(
            reverse("treatment:emergency-declare", args=[day.id]), {"key": str(uuid.uuid4())}
        )

    assert held.status_code == 409
    stretch = Coverage.objects.select_related("clinician", "session__patient").get(
        session=day.session, during__upper_inf=True
    )
    assert signs_of([stretch], until=day.minute(14))[stretch.pk].tried == []
    said = held.content.decode()
    assert "the limit is 5 in 60 min" in said
    assert reverse("treatment:infusion-elsewhere", args=[day.id]) in said
    assert 'hx-get="?except' not in said
    current = emergency_of(day.session)
    assert current is not None
    assert not current.is_open
    signed_in = Client()
    signed_in.force_login(day.clinician)
    assert press(signed_in, day, "emergency-declare") == 302
    again = emergency_of(day.session)
    assert again is not None
    assert again.is_open


def test_without_the_rooms_own_ticket_nothing_is_done(day: Day, room: Client) -> None:
    other = infusing(site=day.site)
    stranger = Client()

    press(stranger, day, "infusion-stop")
    press(room, other, "infusion-stop")
    day.clinician.is_active = False
    day.clinician.save()
    press(room, day, "infusion-stop")

    assert (state(day), state(other)) == (InfusionState.RUNNING, InfusionState.RUNNING)
