"""Stories of a tablet that loses its server: it records on, nothing is lost, nothing comes twice.

The network is a wire that is pulled; five minutes pass for the tablet's clock and the server's at
once.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.treatment.models import (
    MedicineGiven,
    OfflineEntry,
    PumpAction,
    SessionEvent,
)
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.web import clock
from support.database import DatabaseUrl
from support.front import DIASTOLIC, HEART, SPO2, SYSTOLIC, Front, served
from support.infusion_day import Day
from support.lone_tablet import (
    ENTRIES,
    banner,
    can_record,
    column,
    is_back,
    is_cut,
    mark,
    note,
    open_infusion,
    rate,
    running_day,
    signed_in,
    waits,
)
from support.whole_clinic import CLOCK_SEAM
from support.wire import Wire, wire_to

OpenScreen = Callable[..., Page]
Look = Callable[..., None]


@pytest.fixture
def day(transactional_db: None) -> Day:
    """An infusion that runs."""
    return running_day()


# -- five minutes, twenty entries -----------------------------------------------------------------


@pytest.fixture
def ahead(
    transactional_db: None, database_url: DatabaseUrl, tmp_path: Path
) -> Iterator[tuple[Front, Callable[[float], None]]]:
    """Real servers whose clock a test can put ahead; says how many seconds."""
    file = tmp_path / "clock"
    file.write_text("0")

    def put(seconds: float) -> None:
        draft = tmp_path / "clock.new"
        draft.write_text(str(seconds))
        draft.rename(file)

    with pytest.MonkeyPatch.context() as seam, ExitStack() as stack:
        seam.setenv("PYTHONPATH", str(CLOCK_SEAM))
        seam.setenv("AFTERGLOW_TEST_CLOCK_FILE", str(file))
        front = stack.enter_context(served(database_url()))
        yield front, put


def test_five_minutes_without_a_server_and_twenty_entries_each_arrive_once_at_their_own_time(
    ahead: tuple[Front, Callable[[float], None]], day: Day, open_screen: OpenScreen
) -> None:
    front, put_clock = ahead
    with wire_to(front.port) as wire:
        page = signed_in(open_screen(wire.url), wire.url, day.clinician)
        page.context.clock.install()
        open_infusion(page, day)
        front.says(day.monitor, {HEART: "81", SPO2: "97", SYSTOLIC: "122", DIASTOLIC: "78"})
        expect(page.locator(".vital-heart [data-value]")).to_have_text("81")
        passed = 0.0
        began = clock.now()

        def later(seconds: float) -> None:
            nonlocal passed
            passed += seconds
            put_clock(passed)
            page.clock.fast_forward(int(seconds * 1000))

        wire.pull()
        is_cut(page)
        for minute in range(5):
            later(12)
            column(page, f"{120 + minute}/80", str(70 + minute))
            later(16)
            mark(page)
            later(16)
            if minute == 0:
                note(page, "Hums a tune.")
            elif minute == 1:
                rate(page, "50")
            elif minute == 2:
                page.get_by_role("link", name=re.compile("^Drug")).click()
                page.get_by_role("dialog").get_by_role("radio").first.check()
                page.get_by_role("dialog").get_by_label("Another dose").fill("4")
                page.get_by_role("dialog").get_by_role("button", name="Chart as given").click()
            elif minute == 3:
                page.get_by_role("button", name=re.compile("^Pause")).click()
            else:
                page.get_by_role("button", name=re.compile("^Resume")).click()
            waits(page, minute * 4 + 3)
            if minute == 1:  # the monitor goes on; its gateway is not on this wire
                front.says(
                    day.monitor,
                    {HEART: "93", SPO2: "96"},
                    at=clock.now() + dt.timedelta(seconds=passed),
                )
            later(16)
            if minute == 0:
                page.locator(".event-strip").get_by_role("button", name="Name it").first.click()
                page.get_by_role("dialog").get_by_label("What was it?").fill("First tears")
                page.get_by_role("dialog").get_by_role("button", name="Save").click()
            elif minute == 4:
                page.get_by_role("button", name="Record pump stopped").click()
            else:
                rate(page, str(45 + minute)) if minute == 2 else note(page, f"Note {minute}")
        waits(page, 20)
        expect(page.locator("#recording-stop")).to_contain_text("Stop the pump by hand")
        expect(page.locator("table[data-grid] thead .is-waiting")).to_have_count(5)
        expect(page.locator(".vital-heart")).to_have_class(re.compile("stale"))
        assert not OfflineEntry.objects.exists()

        wire.plug_in()

        is_back(page)
        expect(page.locator(".infusion-clock")).to_contain_text("Stopped")
        assert page.evaluate(ENTRIES) == []
    kept = list(OfflineEntry.objects.order_by("happened_at"))
    amiss = [(each.kind, each.outcome, each.reasons) for each in kept if each.outcome != "charted"]
    assert amiss == []
    assert (len(kept), len({each.key for each in kept})) == (20, 20)
    apart = [later.happened_at - sooner.happened_at for sooner, later in pairwise(kept)]
    assert all(dt.timedelta(seconds=10) < each < dt.timedelta(seconds=120) for each in apart)
    assert kept[-1].happened_at - kept[0].happened_at > dt.timedelta(seconds=280)
    assert kept[0].happened_at - began > dt.timedelta(seconds=12)
    hand = VitalSign.objects.filter(
        session=day.session, code="systolic", source="hand", by=day.clinician, arrived_at__gt=began
    )
    by_time = [
        (each.happened_at, Decimal(each.body["readings"]["systolic"]))
        for each in kept
        if each.kind == "readings"
    ]
    assert list(hand.order_by("taken_at").values_list("taken_at", "value")) == by_time
    pump = PumpAction.objects.filter(infusion=day.infusion).order_by("sequence")
    assert [each.kind for each in pump] == [
        *("start", "change_rate", "change_rate", "pause", "resume", "stop")
    ]
    assert [each.at for each in pump][1:] == [
        each.happened_at for each in kept if each.kind == "pump"
    ]
    marks = SessionEvent.objects.filter(session=day.session, kind=EventKind.MARK)
    named = SessionEvent.objects.get(session=day.session, kind=EventKind.NAME_MARK)
    assert (marks.count(), named.label, named.about_id) == (
        5,
        "First tears",
        marks.earliest("at").pk,
    )
    assert MedicineGiven.objects.filter(session=day.session).count() == 1
    device = VitalSign.objects.filter(session=day.session, source="device", code="heart_rate")
    assert [str(each.value.normalize()) for each in device.order_by("taken_at")] == ["81", "93"]


def test_without_a_server_the_tablet_asks_whether_somebody_is_there_and_keeps_the_answer(
    ahead: tuple[Front, Callable[[float], None]], day: Day, open_screen: OpenScreen
) -> None:
    front, put_clock = ahead
    asks = f"Is {day.clinician.get_short_name()} with the patient?"
    with wire_to(front.port) as wire:
        page = signed_in(open_screen(wire.url), wire.url, day.clinician)
        page.context.clock.install()
        open_infusion(page, day)
        wire.pull()
        is_cut(page)
        expect(banner(page)).not_to_contain_text("with the patient?")

        put_clock(21 * 60)
        page.clock.fast_forward(21 * 60_000)
        expect(banner(page)).to_contain_text(asks)
        page.keyboard.press("h")
        waits(page, 1)
        expect(banner(page)).not_to_contain_text("with the patient?")

        wire.plug_in()
        is_back(page)
    said = SessionEvent.objects.get(session=day.session, kind=EventKind.PRESENCE_CONFIRMED)
    assert said.by == day.clinician
    assert dt.timedelta(minutes=20) < said.at - clock.now() < dt.timedelta(minutes=23)


def test_a_screen_that_was_locked_without_a_server_is_locked_when_it_is_back(
    ahead: tuple[Front, Callable[[float], None]], day: Day, open_screen: OpenScreen
) -> None:
    front, _put_clock = ahead
    name = day.session.patient.family_name
    with wire_to(front.port) as wire:
        page = signed_in(open_screen(wire.url), wire.url, day.clinician)
        open_infusion(page, day)
        expect(page.locator("#panel-header")).to_contain_text(name)
        wire.pull()
        is_cut(page)
        page.get_by_role("button", name="Lock this screen").click()
        expect(page.locator("body")).to_have_attribute("data-kept", "")
        expect(page.locator("body")).not_to_contain_text(name)

        wire.plug_in()

        expect(page.locator("body:not([data-kept])")).to_have_attribute(
            "data-locked", "", timeout=30_000
        )
        expect(page.locator("body")).not_to_contain_text(name)
        page.reload()
        expect(page.locator("body")).to_have_attribute("data-locked", "")


# -- one answer is lost ---------------------------------------------------------------------------


def test_what_was_charted_while_its_answer_was_lost_is_not_charted_twice(
    day: Day, wire: Wire, at_tablet: Callable[..., Page], look: Look
) -> None:
    page = at_tablet(day, day.clinician)

    wire.loses_answers = True
    mark(page)
    page.locator("#entry-pressure").fill("131/84")
    page.locator("[data-grid-save]").click()
    page.locator("#entry-heart_rate").fill("99")  # of the next column, before any answer
    expect(page.locator("#entry-pressure")).to_have_value("")
    expect(page.locator("#entry-heart_rate")).to_have_value("99")
    page.locator("#entry-heart_rate").fill("")
    for _ in range(100):
        if SessionEvent.objects.filter(session=day.session, kind=EventKind.MARK).exists():
            break
        time.sleep(0.1)
    is_cut(page)
    wire.pull()
    page.get_by_role("button", name="Record pump stopped").click()
    waits(page, 3)
    look(page, "room-offline")
    wire.plug_in()
    is_back(page)

    assert SessionEvent.objects.filter(session=day.session, kind=EventKind.MARK).count() == 1
    taken = VitalSign.objects.filter(session=day.session, code="systolic", value=131)
    assert taken.count() == 1
    assert PumpAction.objects.filter(infusion=day.infusion, kind="stop").count() == 1
    outcomes = OfflineEntry.objects.values_list("outcome", flat=True)
    assert list(outcomes) == ["charted"] * 3
    assert page.evaluate(ENTRIES) == []


# -- two tablets ----------------------------------------------------------------------------------


def test_two_rates_of_two_tablets_stand_side_by_side_and_a_person_settles_them(
    day: Day, wire: Wire, front: Front, at_tablet: Callable[..., Page], open_screen: OpenScreen
) -> None:
    page = at_tablet(day, day.clinician)
    other = signed_in(open_screen(front.url), front.url, day.second)  # on a network of its own
    open_infusion(other, day)

    wire.pull()
    is_cut(page)
    rate(page, "50")
    rate(page, "40")
    rate(other, "60")
    expect(other.locator("#panel-drug")).to_contain_text("60 mL/h")
    wire.plug_in()

    expect(banner(page)).to_contain_text("2 entries typed without a connection were not charted")
    expect(banner(page)).to_contain_text("Another screen charted the pump")
    changes = PumpAction.objects.filter(infusion=day.infusion, kind="change_rate")
    assert [str(each.rate_ml_per_h.value.normalize()) for each in changes] == ["6E+1"]
    banner(page).get_by_role("link", name="Settle it").click()
    expect(page.get_by_text("The offline tablet says")).to_have_count(2)
    for choice in ("Keep it as a note", "Leave it out, for this reason"):
        first = page.locator("section.card form").first
        first.get_by_label("Reason").fill("The pump shows 60.")
        first.get_by_role("button", name=choice).click()
    expect(page.get_by_text("The offline tablet says")).to_have_count(0)
    page.goto(f"/sessions/{day.id}/infusion/")
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    can_record(page)
    expect(banner(page)).to_be_hidden()
    assert page.evaluate(ENTRIES) == []
