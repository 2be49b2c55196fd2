"""Stories of the infusion room: two screens, a lost line, the lock, the keyboard, an emergency."""

from __future__ import annotations

import datetime as dt
import io
import re
import uuid
from collections.abc import Callable
from decimal import Decimal

import pypdf
import pytest
from playwright.sync_api import Page, Route, expect

from afterglow.apps.medicines.services import sync_medicines
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.treatment.models import (
    Infusion,
    MedicineGiven,
    PumpAction,
    SessionEvent,
)
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import charting
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web import clock
from support.clinic_morning import PIN, site_at_noon, with_pin
from support.front import BREATH, DIASTOLIC, HEART, SPO2, SYSTOLIC, Front
from support.infusion_day import TO_START, Day, infusing, ready

AtScreen = Callable[..., Page]
Look = Callable[..., None]


def charted(day: Day, **signs: int) -> None:
    """Chart what another hand has measured by now."""
    at = clock.now()
    done = charting.chart_observations(
        session=day.id,
        readings={VitalSignCode(sign): Decimal(value) for sign, value in signs.items()},
        scales={},
        taken_at=at,
        by=day.clinician,
        at=at,
        key=uuid.uuid4(),
    )
    assert isinstance(done, Done)


@pytest.fixture
def day(front: Front) -> Day:
    """An infusion that has run for three minutes, in real time."""
    at = clock.now() - TO_START - dt.timedelta(minutes=3)
    return infusing(at=at, site=site_at_noon(at))


def open_infusion(page: Page, day: Day) -> Page:
    """Open the infusion page and wait for its stream."""
    page.goto(f"/sessions/{day.id}/infusion/")
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    return page


def test_the_second_screen_sees_the_start_and_is_told_of_a_rate_that_changed_meanwhile(
    front: Front, at_screen: AtScreen
) -> None:
    at = clock.now() - TO_START
    day = ready(at=at, site=site_at_noon(at))
    nurse, board = at_screen(day.clinician), at_screen(day.second)
    board.goto("/board/")
    expect(board.locator("body")).to_have_attribute("data-live", "connected")
    expect(board.locator(".board-session")).to_contain_text("Ready")

    nurse.goto(f"/sessions/{day.id}/ready/")
    nurse.get_by_role("button", name="Start the infusion").dblclick()

    expect(nurse.locator(".infusion-clock")).to_contain_text("elapsed")
    expect(board.locator(".board-session")).to_contain_text("Infusing")
    assert Infusion.objects.count() == 1

    board.locator(".board-session").click()
    first, second = nurse, board
    for page in (first, second):
        expect(page).to_have_url(re.compile("/infusion/"))
        expect(page.locator("body")).to_have_attribute("data-live", "connected")
        page.get_by_role("link", name=re.compile("^Rate")).click()
    first.get_by_role("dialog").get_by_label("New rate").fill("60")
    first.get_by_role("dialog").get_by_role("button", name="Chart the new rate").click()
    expect(first.locator("#panel-drug")).to_contain_text("60 mL/h")
    second.get_by_role("dialog").get_by_label("New rate").fill("45")
    with second.expect_response(re.compile("/infusion/rate/")) as answered:
        second.get_by_role("dialog").get_by_role("button", name="Chart the new rate").click()

    assert answered.value.status == 409
    expect(second.get_by_role("dialog")).to_contain_text("60")
    expect(second.get_by_role("dialog")).to_contain_text("45")
    changes = PumpAction.objects.filter(kind=PumpActionKind.CHANGE_RATE)
    assert [str(each.rate_ml_per_h.value.normalize()) for each in changes] == ["6E+1"]


def test_the_back_button_after_the_stop_shows_what_is_true_now(
    day: Day, at_screen: AtScreen
) -> None:
    page = open_infusion(at_screen(day.clinician), day)
    page.get_by_role("button", name="Record pump stopped").click()
    expect(page.locator(".infusion-clock")).to_contain_text("Stopped")
    page.get_by_role("link", name="Recovery").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery")

    page.go_back()

    expect(page.locator(".infusion-clock")).to_contain_text("Stopped")
    expect(page.get_by_role("button", name="Record pump stopped")).to_have_count(0)
    assert PumpAction.objects.filter(kind=PumpActionKind.STOP).count() == 1


def test_a_line_that_was_cut_is_shown_and_what_was_missed_is_caught_up(
    day: Day, front: Front, at_screen: AtScreen
) -> None:
    page = open_infusion(at_screen(day.clinician), day)
    front.says(day.monitor, {HEART: "81", SPO2: "97"})
    expect(page.locator(".vital-heart [data-value]")).to_have_text("81")

    page.context.set_offline(True)
    page.evaluate("window.dispatchEvent(new Event('online'))")  # the browser tries at once
    expect(page.locator("body")).to_have_attribute("data-live", "lost")
    expect(page.get_by_text("stream lost")).to_be_visible()
    front.says(day.monitor, {HEART: "93", SPO2: "96", BREATH: "12"})
    page.context.set_offline(False)

    expect(page.locator("body")).to_have_attribute("data-live", "connected", timeout=15_000)
    expect(page.locator(".vital-heart [data-value]")).to_have_text("93")
    expect(page.locator(".vital-breath [data-value]")).to_have_text("12")
    front.says(day.monitor, {HEART: "88"})
    expect(page.locator(".vital-heart [data-value]")).to_have_text("88")


def test_a_locked_screen_keeps_numbers_and_alarms_and_acts_only_after_the_pin(
    day: Day, front: Front, at_screen: AtScreen, look: Look
) -> None:
    with_pin(day.clinician, clock.now())
    page = open_infusion(at_screen(day.clinician), day)
    page.get_by_role("button", name="Lock this screen").click()
    expect(page.get_by_role("link", name="Unlock to act")).to_be_visible()
    expect(page.locator("body")).to_have_attribute("data-live", "connected")

    front.says(day.monitor, {SYSTOLIC: "191", DIASTOLIC: "104", HEART: "118", SPO2: "97"})

    expect(page.locator(".vital-heart [data-value]")).to_have_text("118")
    expect(page.locator("#panel-alarms .alarm-band").first).to_be_visible()
    expect(page.get_by_text(day.session.patient.family_name)).to_have_count(0)
    for word in ("Rate", "Drug", "Note", "Hand over"):
        expect(page.get_by_role("link", name=re.compile(f"^{word}"))).to_have_count(0)
    expect(page.get_by_role("button", name="Record pump stopped")).to_be_visible()  # always
    look(page, "room-locked")
    page.get_by_role("link", name="Unlock to act").click()
    page.get_by_label(re.compile("PIN")).fill("111111")
    page.get_by_role("button", name=re.compile("Unlock")).click()
    expect(page.get_by_text("4 more tries").first).to_be_visible()
    page.get_by_label(re.compile("PIN")).fill(PIN)
    page.get_by_role("button", name=re.compile("Unlock")).click()

    expect(page.get_by_role("link", name=re.compile("^Rate"))).to_be_visible()
    expect(page.locator(".patient-banner")).to_contain_text(day.session.patient.family_name)
    day.infusion.refresh_from_db()
    assert day.infusion.ended_at is None


def test_alarms_numbers_and_sound_outlive_the_sign_in_and_acting_asks_for_it(
    day: Day, front: Front, at_screen: AtScreen, look: Look
) -> None:
    page = open_infusion(at_screen(day.clinician), day)
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name=re.compile("^Mark now")).click()  # acts: no
    expect(page.get_by_text("you are signed out here")).to_be_visible()
    expect(page.get_by_text("Numbers and alarms go on; sign in to act.")).to_be_visible()

    front.says(day.monitor, {HEART: "121", SPO2: "84"})

    expect(page.locator("#panel-alarms .alarm-band.alarm-red").first).to_be_visible()
    expect(page.locator("[data-sound-level=red]")).to_have_count(1)
    expect(page.locator(".vital-heart [data-value]")).to_have_text("121")
    page.wait_for_timeout(32_000)  # every panel has looked again by the clock
    for _again in range(2):
        expect(page.locator("#panel-alarms .alarm-band.alarm-red").first).to_be_visible()
        expect(page.locator("#panel-grid table")).to_be_visible()
        expect(page.locator("input[type=password]")).to_have_count(0)
        expect(page.get_by_text(day.session.patient.family_name)).to_have_count(0)
        expect(page.get_by_role("button", name=re.compile("Acknowledge"))).to_have_count(0)
        look(page, "room-signed-out")
        page.reload()
    assert not SessionEvent.objects.filter(kind=EventKind.MARK).exists()

    page.context.clear_cookies(name="live_grant")
    page.reload()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_the_core_of_an_infusion_needs_no_mouse(day: Day, at_screen: AtScreen) -> None:
    page = open_infusion(at_screen(day.clinician), day)
    press = page.keyboard.press

    press("m")
    expect(page.get_by_role("button", name="Undo").first).to_be_visible()
    press("n")
    expect(page.get_by_role("dialog").get_by_label("Note")).to_be_focused()
    page.keyboard.type("Hums a tune.")
    press("Tab")
    for _ in range(6):
        if page.evaluate("document.activeElement?.type") == "submit":
            break
        press("Tab")
    press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    press("r")
    expect(page.get_by_role("dialog").get_by_label("New rate")).to_be_focused()
    page.keyboard.type("60")
    press("Enter")
    expect(page.locator("#panel-drug")).to_contain_text("60 mL/h")
    press("p")  # at once: its answer may still be on its way
    expect(page.locator(".infusion-clock")).to_contain_text("paused")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    press("p")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_label("BP now").focus()
    page.keyboard.type("13181")
    press("Enter")
    page.keyboard.type("77")
    press("Escape")
    page.locator("[data-grid-save]").focus()
    press("Enter")
    expect(page.locator(".vital-pressure [data-value]")).to_have_text("131/81")
    page.locator("#main").focus()
    press("s")
    expect(page.locator(".infusion-clock")).to_contain_text("Stopped")

    kinds = list(PumpAction.objects.order_by("sequence").values_list("kind", flat=True))
    assert kinds == ["start", "change_rate", "pause", "resume", "stop"]
    assert SessionEvent.objects.filter(kind=EventKind.NOTE, text="Hums a tune.").count() == 1


def test_a_key_that_is_pressed_before_the_answer_has_come_is_done_after_it(
    day: Day, at_screen: AtScreen
) -> None:
    page = open_infusion(at_screen(day.clinician), day)

    def slowly(route: Route) -> None:
        answer = route.fetch()  # charted, and every panel hears of it before this screen's dialog
        expect(page.locator("#panel-drug")).to_contain_text("60 mL/h")
        page.keyboard.press("p")
        route.fulfill(response=answer)

    page.route(
        "**/infusion/rate/", lambda r: slowly(r) if r.request.method == "POST" else r.continue_()
    )
    page.keyboard.press("r")
    expect(page.get_by_role("dialog").get_by_label("New rate")).to_be_focused()
    page.keyboard.type("60")
    page.keyboard.press("Enter")

    expect(page.locator(".infusion-clock")).to_contain_text("paused")
    expect(page.get_by_role("dialog")).to_have_count(0)
    kinds = list(PumpAction.objects.order_by("sequence").values_list("kind", flat=True))
    assert kinds == ["start", "change_rate", "pause"]


def test_a_key_answers_no_alarm_that_rose_while_an_answer_was_on_its_way_and_a_mark_waits_for_none(
    day: Day, at_screen: AtScreen
) -> None:
    page = open_infusion(at_screen(day.clinician), day)

    def slowly(route: Route) -> None:
        answer = route.fetch()
        charted(day, spo2=80)
        expect(page.locator("#panel-alarms .alarm-red [data-key=a]")).not_to_have_count(0)
        page.keyboard.press("a")
        page.keyboard.press("m")
        expect(page.locator("#panel-events")).to_contain_text(
            "Mark"
        )  # before the dialog has closed
        route.fulfill(response=answer)

    page.route(
        "**/infusion/rate/", lambda r: slowly(r) if r.request.method == "POST" else r.continue_()
    )
    page.keyboard.press("r")
    expect(page.get_by_role("dialog").get_by_label("New rate")).to_be_focused()
    page.keyboard.type("60")
    page.keyboard.press("Enter")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#messages")).to_contain_text("A was not done")
    page.locator("#main").focus()
    page.keyboard.press("n")  # whatever was held would have been pressed before it
    expect(page.get_by_role("dialog").get_by_role("heading", name="Note")).to_be_visible()
    assert SessionEvent.objects.filter(session=day.session, kind=EventKind.MARK).count() == 1
    reds = Alarm.objects.filter(session=day.session, priority=AlarmPriority.HIGH)
    assert reds.exists()
    assert not reds.exclude(acknowledged_at=None).exists()


def test_a_key_that_is_dropped_says_so(day: Day, at_screen: AtScreen) -> None:
    page = open_infusion(at_screen(day.clinician), day)

    def lost(route: Route) -> None:
        page.keyboard.press("p")
        route.abort()

    page.route(
        "**/infusion/rate/", lambda r: lost(r) if r.request.method == "POST" else r.continue_()
    )
    page.keyboard.press("r")
    expect(page.get_by_role("dialog").get_by_label("New rate")).to_be_focused()
    page.keyboard.type("60")
    page.keyboard.press("Enter")

    expect(page.locator("#messages")).to_contain_text("P was not done")
    assert PumpAction.objects.filter(infusion__session=day.session).count() == 1


def test_an_emergency_stops_the_drip_times_every_step_and_hands_over_on_paper(
    day: Day, front: Front, at_screen: AtScreen, look: Look
) -> None:
    sync_medicines(at=clock.now())
    page, other = open_infusion(at_screen(day.clinician), day), at_screen(day.second)
    open_infusion(other, day)

    page.get_by_role("button", name="Emergency").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Emergency")
    expect(other.get_by_role("link", name="Emergency is open")).to_be_visible()
    day.infusion.refresh_from_db()
    assert day.infusion.ending == InfusionEnding.STOPPED_IN_EMERGENCY
    look(page, "room-emergency")
    steps = page.locator(".emergency-taps form[action*='/steps/'] button")
    steps.first.click()
    expect(page.locator(".emergency-log li")).not_to_have_count(0)
    drugs = page.locator(".emergency-taps form[action*='/drugs/'] button")
    drugs.first.click()
    expect(page.locator(".emergency-log")).to_contain_text("mg")
    page.get_by_role("link", name="Hand-over sheet").click()
    expect(page.get_by_text(day.session.patient.mrn).first).to_be_visible()
    look(page, "room-hand-over")
    answer = page.request.get(f"/sessions/{day.id}/infusion/emergency/sheet.pdf")
    words = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(answer.body())).pages)
    assert day.session.patient.mrn in words
    assert "Time zero" in words
    assert MedicineGiven.objects.filter(indication="emergency").count() == 1
    day.refreshed()
    assert day.session.state == SessionState.RECOVERY
