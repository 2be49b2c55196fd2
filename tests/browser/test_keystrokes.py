"""A routine 40-minute infusion by keyboard alone, every key counted, from check-in to discharge.

What is counted is published in docs/reference/keystrokes.md; ``AFTERGLOW_WRITE=1`` writes it anew.
The servers' clock is moved on between readings, so that 40 minutes and the wait afterwards pass.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web import clock
from support.clinic_messages import DELIVERED, RATE
from support.clinic_morning import PIN, site_at_noon, with_pin
from support.database import DatabaseUrl
from support.front import BREATH, DIASTOLIC, HEART, SPO2, SYSTOLIC, Front, served
from support.infusion_day import Day, checked_in
from support.live import cookie_of
from support.whole_clinic import CLOCK_SEAM

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "keystrokes.md"
BEGIN = "<!-- keystrokes by {}: written by its test -->"
END = "<!-- end of keystrokes -->"
READINGS = 5
MOST_STEPS = 44
"""What is not typed data: moves, answers, confirmations. The aim is to stay clearly below 45."""
NAMES = {
    "aldrete": "the Aldrete score, five answers",
    "moaas": "MOAA/S",
    "dissociation": "dissociation",
    "criteria": "the criteria of the way home, each answered",
}
FOR = {
    "Enter": ("Enter", "a reading is saved, a form is sent, the start and the end are pressed"),
    "Tab": ("Tab", "to the next value, where only a person knows that the last one is whole"),
    "g": ("`G`", "leads to what is next, and presses nothing that cannot be taken back"),
    "s": ("`S`", "stop"),
}
ANSWERS = "oriented 0 to 3; `A` for the statements of a box; two about suicide, one by one"
ACTIVE = "e => e === document.activeElement"


@dataclass
class Hand:
    """Somebody at a keyboard. A typed character is a key, and so is every Tab on the way."""

    page: Page
    steps: list[tuple[str, int, int, int]] = field(default_factory=list)
    keys: int = 0
    taps: int = 0
    typed: int = 0
    pressed: Counter[str] = field(default_factory=Counter)
    """Each key that is not typed data, for the whole walk."""

    def press(self, key: str) -> None:
        """Press one key."""
        self.page.keyboard.press(key)
        self.keys += 1
        self.pressed[key] += 1

    def act(self, key: str) -> None:
        """Press one key where a tablet would be tapped once."""
        self.press(key)
        self.taps += 1

    def type(self, text: str) -> None:
        """Type what a person reads off a device, or knows."""
        self.page.keyboard.type(text)
        self.keys += len(text)
        self.typed += len(text)

    def to(self, target: Locator, *, back: bool = False) -> None:
        """Tab until the target has the cursor; on a tablet it is one tap unless it is there."""
        expect(target).to_be_visible()
        if not target.evaluate(ACTIVE):
            self.taps += 1
        for _ in range(60):
            if target.evaluate(ACTIVE):
                return
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"{target} was not reached in 60 steps.")

    def step_done(self, words: str) -> None:
        """Close a line of the table."""
        self.steps.append((words, self.keys, self.taps, self.typed))
        self.keys = self.taps = self.typed = 0


@pytest.fixture
def jump(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: DatabaseUrl
) -> Iterator[tuple[Front, Callable[[float], None]]]:
    """The product's servers, and a way to let minutes pass for them and for the test."""
    file = tmp_path / "ahead"
    file.write_text("0")
    monkeypatch.setenv("AFTERGLOW_TEST_CLOCK_FILE", str(file))
    path = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", f"{CLOCK_SEAM}{os.pathsep}{path}" if path else str(CLOCK_SEAM))
    ahead = dt.timedelta()

    def now() -> dt.datetime:
        return dt.datetime.now(dt.UTC) + ahead

    def pass_minutes(minutes: float) -> None:
        nonlocal ahead
        ahead += dt.timedelta(minutes=minutes)
        file.write_text(str(ahead.total_seconds()))

    with ExitStack() as stack:
        front = stack.enter_context(served(database_url()))
        stack.enter_context(clock.fixed(now))
        yield front, pass_minutes


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", ["hand", "monitor"])
def test_a_routine_infusion_by_keyboard_alone(
    by: str, jump: tuple[Front, Callable[[float], None]], open_screen: Callable[..., Page]
) -> None:
    """``by``: who takes the pressures of the readings, a person or the monitor's own cuff."""
    front, pass_minutes = jump
    at = clock.now() - dt.timedelta(minutes=10)
    day = checked_in(at=at, site=site_at_noon(at))
    day.second.username = "mo"
    day.second.save()
    for each in (day.clinician, day.second):
        with_pin(each, clock.now())
    page = open_screen(front.url)
    name, _, value = cookie_of(day.clinician).partition("=")
    page.context.add_cookies([{"name": name, "value": value, "url": front.url}])
    hand = Hand(page)

    page.goto(f"/sessions/{day.id}/plan/")
    expect(page.locator("html")).to_have_attribute("data-ready", "true")  # its keys are heard
    hand.act("g")
    prepare(hand, day)
    cuff = by == "monitor"
    baseline(hand, day, front, pass_minutes, cuff=cuff)
    for number in range(2, READINGS + 1):
        pass_minutes(10)
        reading(hand, day, front, number, cuff=cuff)
    stop(hand, day, front)
    pass_minutes(31)
    recover(hand, day, front)
    leave(hand)

    session = TreatmentSession.objects.get(public_id=day.id)
    assert session.state == SessionState.DISCHARGED
    assert VitalSign.objects.filter(session=session, source="hand", code="systolic").count() == (
        0 if cuff else READINGS
    )
    steps = sum(keys - typed for _, keys, _, typed in hand.steps)
    assert steps <= MOST_STEPS, hand.steps
    publish(hand, by)


def says(front: Front, day: Day, pressure: bool = False) -> None:
    """The monitor goes on by itself; pressures are taken by hand here."""
    values = {HEART: "76", SPO2: "97", BREATH: "14"}
    front.says(day.monitor, values | ({SYSTOLIC: "126", DIASTOLIC: "80"} if pressure else {}))


def prepare(hand: Hand, day: Day) -> None:
    """Choose the vial, draw before a witness, read back."""
    page = hand.page
    expect(page.get_by_role("heading", level=1)).to_have_text("Preparation")
    draw = page.locator("#draw")  # the one vial that fits is chosen; of several a digit chooses
    expect(draw.get_by_label("Strength on the vial")).to_be_focused()
    hand.step_done("On to preparation")
    hand.type(f"{day.vial.strength_mg_per_ml.value.normalize():f}")
    hand.to(draw.get_by_label("Lot on the vial"))
    hand.type(day.vial.lot)
    hand.to(draw.get_by_label("Expiry on the vial"))
    hand.type(day.vial.expires_on.strftime("%m%d%Y"))
    hand.to(draw.get_by_label("Drawn"))
    hand.type("0.7")
    hand.to(draw.get_by_label("Second person's sign-in name"))
    hand.type(day.second.username)
    hand.to(draw.get_by_label("Their PIN or password"))
    hand.type(PIN)
    hand.act("Enter")
    read = page.locator("#read-back")
    expect(read.get_by_label("Record number on the wristband")).to_be_focused()
    expect(read.get_by_label("Second person's sign-in name")).to_have_value(day.second.username)
    hand.step_done("Draw: what the vial says, what was drawn, the witness signs in")
    preparation = day.refreshed().preparations.get()
    for label, value in (
        ("Record number on the wristband", day.session.patient.mrn),
        ("Drug on the vial", "ketamine"),
        ("Strength on the vial", f"{preparation.strength_mg_per_ml.value.normalize():f}"),
        ("Drawn in the syringe", f"{preparation.drawn_ml.value.normalize():f}"),
        ("In the bag", f"{preparation.bag_ml.value.normalize():f}"),
        ("Rate set at the pump", f"{preparation.rate_ml_per_h.value.normalize():f}"),
        ("Volume set at the pump", f"{preparation.to_be_infused_ml.value.normalize():f}"),
        ("Their PIN or password", PIN),
    ):
        hand.to(read.get_by_label(label))
        hand.type(value)
    hand.act("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Baseline and start")
    hand.step_done("Read-back by the second person: seven values and their sign-in")


def baseline(
    hand: Hand, day: Day, front: Front, pass_minutes: Callable[[float], None], *, cuff: bool
) -> None:
    """A baseline by the monitor and one by hand, and the start."""
    page = hand.page
    says(front, day, pressure=True)
    pass_minutes(6)
    says(front, day, pressure=cuff)
    page.reload()
    form = page.locator("#baseline")
    expect(form.get_by_label("Blood pressure")).to_be_focused()
    if cuff:
        hand.to(form.get_by_label("MOAA/S"))
    else:
        hand.type("12480")
    expect(form.get_by_label("MOAA/S")).to_be_focused()
    hand.type("5")
    expect(form.get_by_role("button")).to_be_focused()
    hand.act("Enter")
    expect(page.locator("#messages")).to_contain_text("Readings charted")
    expect(page.get_by_role("button", name="Start the infusion")).to_be_enabled()
    hand.step_done(f"Reading 1, the baseline: {taken(cuff)}")
    expect(page.locator("html")).to_have_attribute("data-ready", "true")
    hand.press("g")
    expect(page.get_by_role("button", name="Start the infusion")).to_be_focused()
    hand.act("Enter")
    expect(page.locator(".infusion-clock")).to_contain_text("elapsed")
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    hand.step_done("Start")


def taken(cuff: bool) -> str:
    """Say what a person types of a reading."""
    return "MOAA/S" if cuff else "pressure and MOAA/S"


def reading(hand: Hand, day: Day, front: Front, number: int, *, cuff: bool) -> None:
    """What is due: MOAA/S, and the pressure where no cuff reports; the first digit goes there."""
    page = hand.page
    says(front, day, pressure=cuff)
    front.says(day.pump, {RATE: "150", DELIVERED: str(25 * (number - 1))})
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    due = re.compile("^Due: MOAA" if cuff else "^Due: BP")
    expect(page.get_by_role("button", name=due)).to_be_visible()
    if not cuff:
        hand.type(f"12{number}8{number}")
        expect(page.get_by_label("BP now")).to_have_value(f"12{number}/8{number}")
        expect(page.get_by_label(re.compile("^MOAA/S"))).to_be_focused()
    hand.taps += 1
    hand.type("4")
    expect(page.locator("[data-grid-save]")).to_be_focused()
    hand.act("Enter")
    expect(page.locator("#messages")).to_contain_text("Readings charted")
    if not cuff:
        expect(page.locator(".vital-pressure [data-value]")).to_have_text(f"12{number}/8{number}")
    hand.step_done(f"Reading {number}: {taken(cuff)}")


def stop(hand: Hand, day: Day, front: Front) -> None:
    """Forty minutes are over."""
    page = hand.page
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    hand.act("s")
    expect(page.locator(".infusion-clock")).to_contain_text("Stopped")
    front.says(day.pump, {RATE: "0", DELIVERED: "100"})
    hand.act("g")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery")
    hand.step_done("Stop, and on to recovery")


def recover(hand: Hand, day: Day, front: Front) -> None:
    """Scores, every criterion, the bag's rest before a witness."""
    page = hand.page
    says(front, day, pressure=True)
    page.reload()
    waiting = page.locator(".waiting-list a").first
    scores = {"aldrete": "22222", "moaas": "5", "dissociation": "0"}
    hand.act("g")  # from there on what was saved leads to the next that waits
    for _ in range(4):
        place = str(waiting.get_attribute("href")).rpartition("#")[2]
        expect(page.locator(f"#{place} :focus")).to_have_count(1)
        if place == "criteria":
            # Oriented 3; A answers the open statements of a box; what is asked of suicide is
            # answered one by one.
            for key in "3aanna":
                hand.act(key)
            hand.to(page.get_by_role("button", name="Save what was found"))
            hand.act("Enter")
            expect(page.get_by_text("Saved.")).to_be_visible()
        else:
            hand.type(scores[place])
            hand.taps += len(scores[place])
            hand.act("Enter")
            expect(page.locator(f"#{place}")).to_contain_text("Last:")
        expect(page.locator(f".waiting-list a[href$='#{place}']")).to_have_count(0)
        hand.step_done(f"Recovery: {NAMES[place]}")
        if not waiting.count():
            break
    waste = page.locator("#milligrams")
    expect(waste.get_by_label("Second person's sign-in name")).to_have_value(day.second.username)
    expect(waste.get_by_label("Their PIN or password")).to_be_focused()
    hand.type(PIN)
    hand.act("Enter")
    expect(waste).to_contain_text("Accounted for")
    hand.step_done("Waste the rest before a witness")


def leave(hand: Hand) -> None:
    """The patient goes home."""
    page = hand.page
    hand.act("g")
    expect(page.get_by_role("heading", level=1)).to_have_text("How does the session end?")
    hand.press("g")
    hand.act("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign the record")
    hand.step_done("Discharge")


def publish(hand: Hand, by: str) -> None:
    """Compare with the published table of this variant, or write it."""
    lines = [
        "| Step | Keys | of which typed | Taps |",
        "|---|---|---|---|",
        *(f"| {words} | {keys} | {typed} | {taps} |" for words, keys, taps, typed in hand.steps),
    ]
    keys = sum(step[1] for step in hand.steps)
    taps = sum(step[2] for step in hand.steps)
    typed = sum(step[3] for step in hand.steps)
    lines.append(f"| **Together** | **{keys}** | **{typed}** | **{taps}** |")
    lines.append("")
    lines.append(f"Not typed data: **{keys - typed}** keys.")
    answers = sum(hand.pressed.values()) - sum(hand.pressed[key] for key in FOR)
    lines += ["", "| Key | Times | What it is for |", "|---|---|---|"]
    lines += [f"| {name} | {hand.pressed[key]} | {why} |" for key, (name, why) in FOR.items()]
    lines.append(f"| Answers | {answers} | {ANSWERS} |")
    begin = BEGIN.format(by)
    text = DOCS.read_text()
    before, rest = text.split(begin, 1)
    now = f"{before}{begin}\n\n" + "\n".join(lines) + f"\n\n{END}{rest.split(END, 1)[1]}"
    if os.environ.get("AFTERGLOW_WRITE"):
        DOCS.write_text(now)
    assert text == now or os.environ.get("AFTERGLOW_WRITE"), "AFTERGLOW_WRITE=1 writes the table."
