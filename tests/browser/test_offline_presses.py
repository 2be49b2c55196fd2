"""Presses at a tablet: none waits for a sick disk, none counts twice; buttons say what is."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from afterglow.apps.treatment.models import OfflineEntry, PumpAction, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import infusions
from afterglow.apps.treatment.services.rates import fastest_rate
from afterglow.web import clock
from support.front import HEART, Front
from support.infusion_day import Day, taken_over
from support.lone_tablet import (
    ENTRIES,
    banner,
    can_record,
    is_back,
    is_cut,
    mark,
    note,
    rate,
    running_day,
    waits,
)
from support.wire import Wire

AtTablet = Callable[..., Page]
Look = Callable[..., None]

NEVER_SETTLES = """() => {
  const silent = new Proxy({}, {get: () => () => ({})});
  IDBDatabase.prototype.transaction = () => ({objectStore: () => silent});
}"""
"""A disk that takes every question and answers none."""
SLOW = """() => {
  const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
  const opened = new Promise((resolve) => { window.letGo = resolve; });
  crypto.subtle.encrypt = async (...given) => { await opened; return encrypt(...given); };
}"""
"""A disk that answers when the test lets it."""


@pytest.fixture
def day(transactional_db: None) -> Day:
    """An infusion that runs."""
    return running_day()


def pump(day: Day) -> list[str]:
    """What is charted of the pump, in order."""
    found = PumpAction.objects.filter(infusion=day.infusion).order_by("sequence")
    return [str(each.kind) for each in found]


# -- the disk ------------------------------------------------------------------------------------


def test_a_stop_does_not_wait_for_a_disk_that_never_answers(day: Day, at_tablet: AtTablet) -> None:
    page = at_tablet(day, day.clinician)
    page.evaluate(NEVER_SETTLES)

    page.keyboard.press("s")

    expect(page.locator(".infusion-clock")).to_contain_text("Stopped")
    assert pump(day) == ["start", "stop"]
    expect(banner(page)).to_contain_text("Without a connection this tablet does NOT record")
    expect(banner(page)).to_contain_text("disk does not answer")


def test_without_a_connection_what_the_disk_does_not_take_is_said_and_still_arrives(
    day: Day, wire: Wire, at_tablet: AtTablet, look: Look
) -> None:
    page = at_tablet(day, day.clinician)
    wire.pull()
    is_cut(page)

    page.evaluate(SLOW)
    mark(page)
    expect(banner(page)).to_contain_text("NOT RECORDING HERE: use paper")
    expect(banner(page)).to_contain_text(re.compile(r"On no record: Mark \d\d:\d\d:\d\d"))
    page.evaluate("window.letGo()")
    waits(page, 1)
    is_cut(page)

    page.evaluate(NEVER_SETTLES)
    page.keyboard.press("s")
    expect(banner(page)).to_contain_text("NOT RECORDING HERE: use paper")
    expect(banner(page)).to_contain_text(re.compile(r"On no record: Pump stopped \d\d:\d\d:\d\d"))
    expect(page.locator("#messages")).to_contain_text("Stop the pump by hand")
    expect(page.locator("#recording-stop")).to_be_hidden()
    look(page, "room-not-written")
    page.keyboard.press("s")
    expect(page.locator("#messages")).to_contain_text("Nothing was saved")
    wire.plug_in()

    expect(page.locator(".infusion-clock")).to_contain_text("Stopped", timeout=40_000)
    assert pump(day) == ["start", "stop"]
    stopped = OfflineEntry.objects.get(kind="pump")
    assert stopped.outcome == "charted"
    assert PumpAction.objects.get(kind="stop").at == stopped.happened_at
    expect(banner(page)).not_to_contain_text("On no record")


# -- a rate that cannot be -----------------------------------------------------------------------


def test_without_a_connection_a_rate_that_cannot_be_is_refused_at_once_and_a_stop_never(
    day: Day, wire: Wire, at_tablet: AtTablet
) -> None:
    most = f"{fastest_rate(day.infusion).value.normalize():f}"
    page = at_tablet(day, day.clinician)
    wire.pull()
    is_cut(page)
    ahead = (clock.now() + timedelta(hours=2)).astimezone(day.session.site.zone)
    dialog = page.get_by_role("dialog")
    errors = page.locator(".offline-errors")

    page.get_by_role("link", name=re.compile("^Rate")).click()
    for seen, when, said in (
        ("525", "", f"525 mL/h is faster than {most} mL/h"),
        ("0", "", "“0” is not a rate to run at"),
        ("abc", "", "“abc” is not a rate to run at"),
        ("45", f"{ahead:%H:%M}", f"{ahead:%H:%M} is not between the last pump entry at "),
    ):
        dialog.get_by_label("New rate").fill(seen)
        dialog.get_by_label(re.compile("^Time")).fill(when)
        dialog.get_by_role("button", name="Chart the new rate").click()
        expect(errors).to_contain_text(said)
        expect(dialog.get_by_label("New rate")).to_have_value(seen)
        assert page.evaluate(ENTRIES) == []
    dialog.get_by_label(re.compile("^Time")).fill("")
    dialog.get_by_label("New rate").fill(most)
    dialog.get_by_role("button", name="Chart the new rate").click()
    waits(page, 1)
    page.get_by_label("BP now").fill("131/84")
    page.locator("#entry-when").fill(f"{ahead:%H:%M}")
    page.locator("[data-grid-save]").click()
    expect(errors).to_contain_text(f"{ahead:%H:%M} is not between check-in and now")
    waits(page, 1)
    page.get_by_label("BP now").fill("")
    page.locator("#main").focus()
    page.keyboard.press("s")
    waits(page, 2)
    drug = page.locator("#panel-drug .drug-given").first
    expect(drug).to_contain_text(re.compile(r"Pump stopped \d\d:\d\d:\d\d waits"))
    expect(drug.get_by_text("pump agrees")).to_be_hidden()
    expect(page.locator(".vital-heart [data-value]")).to_have_css("font-weight", "400")
    wire.plug_in()
    is_back(page)
    expect(drug).not_to_contain_text("waits")
    assert page.locator("body[data-numbers-old]").count() == 0

    assert pump(day) == ["start", "change_rate", "stop"]


# -- the buttons ---------------------------------------------------------------------------------


def test_pause_resume_and_rate_follow_what_waits_and_a_double_tap_is_one_press(
    day: Day, wire: Wire, at_tablet: AtTablet
) -> None:
    paused = infusions.act_on_pump(
        session=day.id,
        kind=PumpActionKind.PAUSE,
        seen_sequence=1,
        by=day.clinician,
        at=clock.now(),
        key=uuid.uuid4(),
    )
    assert isinstance(paused, Done), paused.decision
    page = at_tablet(day, day.clinician)
    pause = page.get_by_role("button", name=re.compile("^Pause"))
    resume = page.get_by_role("button", name=re.compile("^Resume"))
    change = page.get_by_role("link", name=re.compile("^Rate"))
    expect(resume).to_be_visible()
    expect(pause).to_be_hidden()
    wire.pull()
    is_cut(page)

    resume.click()
    expect(pause).to_be_visible()
    expect(change).to_be_visible()
    page.wait_for_timeout(800)
    pause.dblclick()
    expect(resume).to_be_visible()
    waits(page, 2)
    expect(change).to_be_hidden()
    page.wait_for_timeout(800)
    waits(page, 2)
    resume.click()
    rate(page, "45")
    waits(page, 4)
    page.get_by_role("button", name="Emergency").dblclick()
    waits(page, 6)
    page.wait_for_timeout(800)
    waits(page, 6)
    for gone in (pause, resume, change):
        expect(gone).to_be_hidden()
    wire.plug_in()
    is_back(page)

    assert pump(day) == ["start", "pause", "resume", "pause", "resume", "change_rate", "stop"]
    said = SessionEvent.objects.filter(session=day.session, kind=EventKind.EMERGENCY_CALLED)
    assert [each.at < each.recorded_at for each in said] == [True]
    assert page.evaluate(ENTRIES) == []


# -- one entry that the server cannot take -------------------------------------------------------


def test_an_entry_that_the_server_fails_over_holds_back_nothing_and_one_it_cannot_read_is_listed(
    day: Day, wire: Wire, at_tablet: AtTablet
) -> None:
    page = at_tablet(day, day.clinician)
    wire.pull()
    is_cut(page)
    mark(page)
    note(page, "stumble")
    note(page, "riddle")
    note(page, "enigma")
    page.get_by_role("button", name="Record pump stopped").click()
    waits(page, 5)

    def taken(route: Route) -> None:
        sent = route.request.post_data or ""
        if "stumble" in sent:
            route.fulfill(status=500, body="")
        elif "enigma" in sent:
            route.fulfill(status=400, json={"error": "Not even its words."})
        elif "riddle" in sent and '"unread"' not in sent:
            route.fulfill(status=400, json={"error": "It could not be read."})
        else:
            route.continue_()

    page.route("**/offline/", taken)
    wire.plug_in()
    expect(page.locator(".infusion-clock")).to_contain_text("Stopped", timeout=30_000)
    waits(page, 1)
    expect(banner(page)).to_contain_text("The server fails over what waits here")
    assert pump(day) == ["start", "stop"]
    page.unroute("**/offline/")

    expect(banner(page)).to_contain_text(
        "1 entry typed here could not be read by the server", timeout=40_000
    )
    banner(page).get_by_role("button", name="Settle it").click()
    expect(page.get_by_role("dialog")).to_contain_text("Note: enigma")
    expect(page.get_by_role("dialog")).to_contain_text("Not even its words.")
    page.get_by_role("dialog").get_by_role("button", name="Charted by hand").click()
    expect(banner(page)).to_contain_text("was not charted by itself")
    assert [each["state"] for each in page.evaluate(ENTRIES)] == [
        "refused"
    ]  # the riddle, as listed
    assert SessionEvent.objects.filter(session=day.session, text="stumble").count() == 1
    unread = OfflineEntry.objects.get(kind="unread")
    assert unread.outcome == "refused"
    banner(page).get_by_role("link", name="Settle it").click()
    expect(page.locator("section.card").first).to_contain_text("riddle")


# -- nobody is signed in -------------------------------------------------------------------------


def test_a_signed_out_room_that_is_loaded_again_says_so_and_numbers_come(
    day: Day, wire: Wire, front: Front, at_tablet: AtTablet, look: Look
) -> None:
    page = at_tablet(day, day.clinician)
    page.context.clear_cookies(name="sessionid")

    page.reload()

    expect(banner(page)).to_contain_text("Signed out: sign in to record here")
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    front.says(day.monitor, {HEART: "83"})
    expect(page.locator(".vital-heart [data-value]")).to_have_text("83")
    expect(page.get_by_text("NOT RECORDING")).to_have_count(0)
    expect(page.get_by_text("not coming")).to_have_count(0)
    expect(page.get_by_role("link", name="take over")).to_have_count(0)
    look(page, "room-signed-out")

    wire.pull()
    expect(banner(page)).to_contain_text("NOT RECORDING HERE: use paper")
    expect(banner(page)).to_contain_text("Nobody is signed in")
    expect(page.locator("#recording-alarms")).to_contain_text("None comes without a connection")
    wire.plug_in()
    expect(banner(page)).to_contain_text("Signed out: sign in to record here", timeout=30_000)


# -- who has the patient -------------------------------------------------------------------------


def test_who_takes_the_patient_again_at_their_own_tablet_records_there_again(
    day: Day, at_tablet: AtTablet
) -> None:
    page = at_tablet(day, day.clinician)
    taken_over(day, to=day.second, at=clock.now())
    expect(banner(page)).to_contain_text("does NOT record", timeout=40_000)

    taken_over(day, to=day.clinician, at=clock.now())

    expect(banner(page)).to_be_hidden(timeout=40_000)
    can_record(page)
