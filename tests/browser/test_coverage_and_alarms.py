"""Stories of who is there and who hears: two take one patient, four screens, the sound."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.services import acknowledge_alarm
from afterglow.apps.monitoring.services.escalation import pass_on_unanswered
from afterglow.apps.treatment.models import Coverage, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.services import coverage, emergency, helping
from afterglow.apps.work.models import Task
from afterglow.core.roles import Role
from afterglow.core.treatment.calls import CallAct
from afterglow.web import clock
from factories import PASSWORD, staff
from support.clinic_morning import site_at_noon, with_pin
from support.front import HEART, SPO2, Front
from support.infusion_day import TO_START, Day, infusing

AtScreen = Callable[..., Page]
Look = Callable[..., None]


@pytest.fixture
def day(front: Front) -> Day:
    """An infusion that has run for three minutes, in real time."""
    at = clock.now() - TO_START - dt.timedelta(minutes=3)
    return infusing(at=at, site=site_at_noon(at))


def open_infusion(page: Page, day: Day) -> Page:
    """Open the infusion page and wait for its stream."""
    page.goto(f"/sessions/{day.id}/infusion/", timeout=60_000)  # the server's first page is slow
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    return page


def take(page: Page, username: str) -> None:
    """Fill in and send the open dialog."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Sign-in name of who takes the patient").fill(username)
    dialog.get_by_label("Their PIN or password").fill(PASSWORD)
    dialog.get_by_role("button", name=re.compile("The patient is mine now")).click()


def test_two_take_one_patient_and_the_second_reads_who_has_them(
    day: Day, at_screen: AtScreen, look: Look
) -> None:
    one, two = (
        open_infusion(at_screen(day.clinician), day),
        open_infusion(at_screen(day.second), day),
    )
    for page in (one, two):
        page.get_by_role("link", name="take over").click()
        expect(page.get_by_role("dialog")).to_contain_text("Who could take the patient")
    look(one, "room-take-over", within="dialog")

    take(two, day.second.username)
    expect(two.locator("#with-whom")).to_contain_text(day.second.get_short_name())
    expect(one.locator("#with-whom")).to_contain_text(day.second.get_short_name())
    take(one, day.prescriber.username)

    expect(one.get_by_role("dialog")).to_contain_text(
        f"Meanwhile the patient is with {day.second.get_short_name()}"
    )
    rows = Coverage.objects.filter(session=day.session)
    assert [row.clinician for row in rows.order_by("during")] == [day.clinician, day.second]


SIZES_OF_NUMBERS = """(room) => Object.fromEntries([...document.querySelectorAll(`${room} .vital`)]
    .map((tile) => [tile.className.match(/vital-(?!alarm)\\w+/)[0],
                    parseFloat(getComputedStyle(tile.querySelector("[data-value]")).fontSize)]))"""
WIDTHS = ((390, 844), (1024, 768), (1440, 900))


def sizes_of_numbers(page: Page, room: str) -> dict[tuple[int, str], float]:
    """Return how large each vital sign is drawn, in px, at each width."""
    found: dict[tuple[int, str], float] = {}
    before = page.viewport_size
    for width, height in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        sizes = page.evaluate(SIZES_OF_NUMBERS, room)
        found |= {(width, name): size for name, size in sizes.items()}
    page.set_viewport_size(before or {"width": 1024, "height": 768})
    return found


def test_an_emergency_is_on_the_other_screens_at_once_and_who_comes_is_named_in_the_room(
    day: Day, at_screen: AtScreen, look: Look
) -> None:
    assert day.session.room is not None
    room = open_infusion(at_screen(day.clinician), day)
    board = at_screen(day.prescriber)
    board.goto("/board/")
    expect(board.locator("body")).to_have_attribute("data-live", "connected")
    band = board.locator("#alarms-elsewhere .elsewhere-emergency")

    in_the_room = sizes_of_numbers(room, ".infusion-numbers")
    room.get_by_role("button", name="Emergency").click()

    expect(band).to_contain_text(f"EMERGENCY: {day.session.room.name}")
    expect(band).to_contain_text(f"called by {day.clinician.get_short_name()}")
    expect(band).not_to_contain_text(day.session.patient.family_name)
    expect(board.locator("#alarms-elsewhere [data-sound-level=red]")).to_have_count(1)
    expect(board.locator("#board")).to_contain_text("Emergency")
    look(board, "board-emergency")
    look(room, "emergency-called")
    in_the_emergency = sizes_of_numbers(room, ".emergency-numbers")
    assert len(in_the_room) >= 12
    smaller = {
        k: (v, in_the_emergency[k]) for k, v in in_the_room.items() if v > in_the_emergency[k]
    }
    assert smaller == {}

    band.get_by_role("button", name="I am on the way").click()

    expect(band).to_contain_text(f"on the way: {day.prescriber.get_short_name()}")
    expect(board.locator("#alarms-elsewhere [data-sound-level]")).to_have_count(0)
    board.set_viewport_size({"width": 390, "height": 844})
    expect(band).to_be_in_viewport()
    help_ = room.locator("#emergency-help")
    expect(help_).to_contain_text(f"on the way: {day.prescriber.get_short_name()}")
    help_.get_by_role("button", name="Enough help is here").click()
    expect(help_).to_contain_text("no screen sounds any more")
    expect(band).to_contain_text("enough help is there")
    room.get_by_label("How did it end?").fill("Awake, 97 %")
    room.get_by_role("button", name="The emergency is over").click()
    expect(band).to_have_count(0)
    assert Task.objects.get(kind="emergency_called").closed_by == day.clinician.public_id


def test_a_desk_whose_sound_was_switched_off_is_called_and_its_buttons_stay_under_the_finger(
    day: Day, at_screen: AtScreen, look: Look
) -> None:
    board = at_screen(day.prescriber)
    board.add_init_script("localStorage.setItem('afterglow-sound', 'off')")
    board.goto("/board/")
    expect(board.locator("body")).to_have_attribute("data-live", "connected")
    band = board.locator("#alarms-elsewhere .elsewhere-emergency")
    coming = band.get_by_role("button", name="I am on the way")

    emergency.declare_emergency(session=day.id, by=day.clinician, at=clock.now(), key=uuid.uuid4())
    expect(band).to_contain_text("No sound on this screen: tap anywhere.")
    expect(band.get_by_role("button", name="Switch it on")).to_be_hidden()
    look(board, "board-emergency-sound-was-off")
    coming.focus()
    helping.answer_call(
        session=day.id, act=CallAct.COMING, by=day.second, at=clock.now(), key=uuid.uuid4()
    )
    expect(band).to_contain_text(f"on the way: {day.second.get_short_name()}")
    expect(coming).to_be_focused()

    board.get_by_role("heading", level=1).click()
    expect(board.locator("body")).to_have_attribute("data-sound", "on")
    expect(band.locator("[data-no-sound]")).to_be_hidden()


def test_four_screens_hear_of_an_alarm_that_nobody_answers_and_no_longer_when_somebody_does(
    day: Day, front: Front, at_screen: AtScreen, look: Look
) -> None:
    other = infusing(at=day.arrived, site=day.site)
    with_pin(other.clinician, clock.now())
    room = open_infusion(at_screen(day.second), day)
    locked = open_infusion(at_screen(other.clinician), other)
    locked.get_by_role("button", name="Lock this screen").click()
    expect(locked.get_by_role("link", name="Unlock to act")).to_be_visible()
    board, tasks = at_screen(other.second), at_screen(day.prescriber)
    board.goto("/board/")
    tasks.goto("/tasks/")
    coverage.leave_alone(
        session=day.id, reason="Fire bell", by=day.clinician, at=clock.now(), key=uuid.uuid4()
    )
    expect(room.locator("#panel-alarms")).to_contain_text("Nobody with the patient")
    expect(board.locator("#board")).to_contain_text("Nobody is with the patient")
    raised = Alarm.objects.get(session=day.session, condition="NOBODY_WITH_PATIENT").raised_at
    for row in Alarm.objects.filter(ended_at=None).exclude(condition="NOBODY_WITH_PATIENT"):
        acknowledge_alarm(alarm=row.public_id, by=day.second, at=clock.now())

    assert pass_on_unanswered(at=raised + dt.timedelta(seconds=29)) == 0
    pass_on_unanswered(at=raised + dt.timedelta(seconds=31))

    assert day.session.room is not None
    for page in (locked, board, tasks):
        band = page.locator("#alarms-elsewhere .elsewhere-line").filter(has_text="Nobody with")
        expect(band).to_contain_text(day.session.room.name)
        expect(page.locator("#alarms-elsewhere")).not_to_contain_text(
            day.session.patient.family_name
        )
    expect(room.locator("#alarms-elsewhere")).not_to_contain_text("Nobody with the patient")
    look(board, "board-alarm-passed-on")
    look(locked, "room-locked-other-alarm")
    assert not Task.objects.filter(kind="alarm_unanswered").exists()
    pass_on_unanswered(at=raised + dt.timedelta(seconds=91))
    expect(board.locator("#alarms-elsewhere")).to_contain_text(
        "the prescriber is told", timeout=25_000
    )
    tasks.reload()
    expect(tasks.locator("#main")).to_contain_text("An alarm was acknowledged by nobody")

    band = room.locator(".alarm-band").filter(has_text="Nobody with the patient").first
    band.get_by_role("button", name=re.compile("^Acknowledge")).click()

    for page in (locked, board, tasks):
        expect(
            page.locator("#alarms-elsewhere .elsewhere-line").filter(has_text="Nobody with")
        ).to_have_count(0)
    assert Task.objects.get(kind="alarm_unanswered", subject=_alarm(day)).closed_by == (
        day.second.public_id
    )


def _alarm(day: Day) -> uuid.UUID:
    return Alarm.objects.get(session=day.session, condition="NOBODY_WITH_PATIENT").public_id


# An ear at the loudspeaker: the loudest sample and the loudest pitch of what really goes out.
EAR = """
(() => {
  window.heard = { peak: 0, pitch: 0 };
  const connect = AudioNode.prototype.connect;
  let ear = null;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) {
      if (!ear) {
        ear = this.context.createAnalyser();
        ear.smoothingTimeConstant = 0;  // each look stands alone: an earlier tone is not in it
        const wave = new Float32Array(ear.fftSize);
        const pitches = new Float32Array(ear.frequencyBinCount);
        setInterval(() => {
          ear.getFloatTimeDomainData(wave);
          const peak = wave.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
          if (peak <= window.heard.peak) return;
          ear.getFloatFrequencyData(pitches);
          const loudest = pitches.indexOf(Math.max(...pitches));
          window.heard = { peak, pitch: (loudest * ear.context.sampleRate) / ear.fftSize };
        }, 40);
      }
      connect.call(this, ear);
    }
    return connect.call(this, to, ...rest);
  };
})();
"""


def heard(page: Page, *, seconds: float = 3) -> tuple[float, float]:
    """Return the peak and the pitch (Hz) of what sounds within some seconds; zeros for silence."""
    page.evaluate("window.heard = { peak: 0, pitch: 0 }")
    page.wait_for_timeout(seconds * 1000)
    found = page.evaluate("window.heard")
    return found["peak"], found["pitch"]


def acknowledge_all(page: Page) -> None:
    """Press A until no band of the room asks for it."""
    asks = page.locator("#panel-alarms form[id^=acknowledge-]")
    while asks.count() > 0:
        # Two bands stand at a time: another may take the place of the one that is answered.
        first = asks.first.get_attribute("id")
        page.keyboard.press("a")
        expect(page.locator(f"#{first}")).to_have_count(0)


def test_the_page_says_that_sound_is_off_until_it_was_tested_and_heard(
    day: Day, front: Front, at_screen: AtScreen, look: Look
) -> None:
    page = at_screen(day.clinician)
    page.add_init_script(EAR)
    page = open_infusion(page, day)
    strip = page.locator("[data-sound-panel]")
    expect(strip).to_contain_text("Sound is off on this screen.")
    expect(page.locator("body")).to_have_attribute("data-sound", "blocked")
    look(page, "room-sound-off")

    strip.get_by_role("button", name="Test the sound").click()
    expect(page.locator("body")).to_have_attribute("data-sound", "on")
    page.wait_for_function("() => window.heard.peak > 0.2")
    strip.get_by_role("button", name="Heard", exact=True).click()
    expect(strip).to_be_hidden()

    front.says(day.monitor, {HEART: "141", SPO2: "86"})
    expect(page.locator("#panel-alarms .alarm-red").first).to_be_visible()
    peak, pitch = heard(page, seconds=11)  # red sounds every ten seconds
    assert peak > 0.2
    assert abs(pitch - 880) < 40

    acknowledge_all(page)
    assert heard(page, seconds=3)[0] == 0
    # What came and went is said once and softly.
    page.evaluate("document.querySelector('[data-sound-level]').dataset.soundLevel = 'gone'")
    peak, pitch = heard(page, seconds=2)
    assert 0.02 < peak < 0.15
    assert abs(pitch - 440) < 40
    assert heard(page, seconds=3)[0] == 0
    event = SessionEvent.objects.get(session=day.session, kind=EventKind.SOUND_TEST)
    assert event.data["heard"] is True


def test_a_number_is_dimmed_at_the_second_it_becomes_old(
    day: Day, front: Front, at_screen: AtScreen
) -> None:
    page = open_infusion(at_screen(day.clinician), day)
    front.says(day.monitor, {HEART: "81", SPO2: "97"})
    tile = page.locator(".vital-heart")
    expect(tile.locator("[data-value]")).to_have_text("81")
    expect(tile).not_to_have_class(re.compile("stale"))
    limit = float(tile.get_attribute("data-stale-after") or "0")
    assert limit > 0

    # As if it had been read that long ago, and nothing came since.
    old = (clock.now() - dt.timedelta(seconds=limit + 1)).isoformat()
    # A panel that looks again meanwhile draws the true time, so it is said until the clock ticks.
    page.wait_for_function(
        """at => {
            const tile = document.querySelector(".vital-heart");
            tile.dataset.at = at;
            return tile.classList.contains("stale");
        }""",
        arg=old,
    )


def test_a_director_reads_the_month_and_saves_it(day: Day, at_screen: AtScreen, look: Look) -> None:
    coverage.leave_alone(
        session=day.id, reason="Fire bell", by=day.clinician, at=clock.now(), key=uuid.uuid4()
    )
    page = at_screen(staff(Role.MEDICAL_DIRECTOR, site=day.site))
    page.goto("/reports/coverage/")
    expect(page.locator("#main")).to_contain_text("0 of 1 infusions were covered throughout")
    look(page, "report-coverage")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as CSV").click()
    assert saved.value.suggested_filename.startswith(f"coverage-{day.site.code}-")

    page.get_by_role("navigation", name="Reports").get_by_role("link", name="Alarms").click()

    expect(page.locator("#main")).to_contain_text("Nobody with the patient")
    look(page, "report-alarms")
