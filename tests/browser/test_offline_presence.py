"""A tablet without a connection asks only who is asked for whether they are with the patient."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from afterglow.web import clock
from support.infusion_day import Day
from support.lone_tablet import banner, is_cut, running_day, waits
from support.wire import Wire

AtTablet = Callable[..., Page]
Look = Callable[..., None]


@pytest.fixture
def day(transactional_db: None) -> Day:
    """An infusion that runs."""
    return running_day()


def nothing_was_done_for_long(page: Page) -> None:
    """Give the tablet a kit by which the last sign of the clinician is half an hour old."""

    def answer(route: Route) -> None:
        kit = route.fetch()
        said = kit.json()
        said["presence"]["last_sign"] = (clock.now() - timedelta(minutes=30)).isoformat()
        route.fulfill(response=kit, json=said)

    page.route("**/infusion/kit.json", answer)
    with page.expect_response("**/infusion/kit.json"):
        page.reload()
    expect(page.locator("[data-recording-line]")).to_contain_text("This tablet can record")
    page.unroute("**/infusion/kit.json")


def test_a_colleague_reads_that_only_who_is_asked_for_answers_and_who_is_asked_for_answers(
    day: Day, wire: Wire, at_tablet: AtTablet, look: Look
) -> None:
    name = day.clinician.get_short_name()
    theirs = at_tablet(day, day.second)
    mine = at_tablet(day, day.clinician)
    nothing_was_done_for_long(theirs)
    nothing_was_done_for_long(mine)
    wire.pull()
    is_cut(theirs)
    is_cut(mine)

    expect(banner(theirs)).to_contain_text(f"Is {name} with the patient?")
    expect(banner(theirs)).to_contain_text(f"Only {name} answers")
    expect(banner(theirs).get_by_role("button", name="They answer by PIN")).to_be_visible()
    expect(banner(theirs).get_by_role("button", name="Yes, here")).to_have_count(0)
    look(theirs, "room-offline-asked-of-another")
    theirs.keyboard.press("h")
    expect(banner(theirs)).to_contain_text(f"Only {name} answers")
    mine.keyboard.press("h")
    waits(mine, 1)
    expect(banner(mine)).not_to_contain_text("with the patient?")
