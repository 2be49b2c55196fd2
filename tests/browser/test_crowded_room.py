"""The room with everything at once: two alarms of its own and three other rooms that call.

No vital sign is cut and no sentence of the foot, the graph keeps a height and a time axis, MOAA/S
is in sight or half of it says that there is more, the foot stays, and other rooms take one line in
which each red alarm has its word. In both languages.
"""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Callable, Iterable, Iterator

import pytest
from playwright.sync_api import Page, expect

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.services.escalation import pass_on_unanswered
from afterglow.apps.treatment.services import coverage, emergency
from afterglow.web import clock
from browser.test_infusion_states import open_room, says
from browser.test_ten_states import SETTLED, TOO_WIDE
from support.front import Front
from support.infusion_day import TO_START, Day, infusing
from support.long_infusion import lively_infusion

AtScreen = Callable[..., Page]
SHAPES = {"tablet": (1024, 768), "wide": (1440, 900), "phone": (390, 844)}
ROOMS = 3
RECORDS = {"en": "while this window stays open", "es": "mientras esta ventana siga abierta"}
"""The end of the longest that the foot says; at first it says that it is looking."""
GRAPH_PX = {"tablet": 85, "wide": 120}
"""The least height of the graph, its time axis of 25 px included."""
MEASURED = """() => {
  const box = (e) => e.getBoundingClientRect();
  const inside = (e, host) => box(e).top >= box(host).top - 1
    && box(e).bottom <= box(host).bottom + 1;
  const panel = document.querySelector(".infusion-numbers");
  const scroll = document.querySelector(".grid-scroll");
  const moaas = document.querySelector('[data-code="moaas"]').closest("tr");
  return {
    cut: [...panel.querySelectorAll(".vital")].filter((e) => !inside(e, panel)
      || e.scrollWidth > e.clientWidth + 1).map((e) => e.dataset.sign),
    graph: box(document.querySelector(".trend")).height,
    moaas: box(moaas).bottom <= box(scroll).bottom + 1
      || document.querySelector(".grid-more").textContent.includes("MOAA/S"),
    foot: [...document.querySelectorAll(".connection, .connection-tools :is(a, button)")]
      .filter((e) => e.checkVisibility() && box(e).bottom > innerHeight + 1)
      .map((e) => e.textContent.trim()),
    small: [...document.querySelectorAll(
        ".connection-tools :is(a, button), .with-whom a, .grid-more")]
      .filter((e) => e.checkVisibility() && box(e).height < (e.matches(".grid-more") ? 24 : 40))
      .map((e) => `${e.textContent.trim()} ${Math.round(box(e).height)}`),
    unsaid: [...document.querySelectorAll(".connection-primary, [data-recording-line]")]
      .filter((e) => e.scrollWidth > e.clientWidth || box(e).bottom > innerHeight + 1)
      .map((e) => e.textContent.trim()),
    words: [...document.querySelectorAll(".elsewhere-red .strong")]
      .filter((e) => !e.checkVisibility() || box(e).right > box(e.closest("p")).right + 1
        || box(e).bottom > box(e.closest("p")).bottom + 1)
      .map((e) => e.textContent.trim()),
    fine_print: [...panel.querySelectorAll(".vital-unit")]
      .filter((e) => e.checkVisibility() && parseFloat(getComputedStyle(e).fontSize) < 12)
      .map((e) => e.textContent.trim()),
    rows: [...document.querySelectorAll(".elsewhere-line")]
      .filter((e) => e.checkVisibility()).map((e) => e.classList.contains("elsewhere-red")),
    numbers: [box(panel).top - box(document.querySelector(".infusion-alarms")).bottom,
      box(document.querySelector(".infusion-actions")).top
        - box(panel.querySelector(".vital")).bottom].map(Math.round),
    elsewhere: box(document.querySelector("#alarms-elsewhere")).height,
  };
}"""


@pytest.fixture
def crowded(front: Front) -> Day:
    """A lively infusion; in three other rooms nobody is with the patient, and nobody answers."""
    day = lively_infusion(now=clock.now())
    for minutes in (9, 8, 7):
        other = infusing(at=clock.now() - TO_START - dt.timedelta(minutes=minutes), site=day.site)
        coverage.leave_alone(
            session=other.id,
            reason="Fire bell",
            by=other.clinician,
            at=clock.now() - dt.timedelta(minutes=1),
            key=uuid.uuid4(),
        )
    pass_on_unanswered(at=clock.now())
    assert Alarm.objects.filter(told_site_at__isnull=False).count() >= 3
    return day


def shapes(page: Page, day: Day, names: Iterable[str], called: str) -> Iterator[tuple[str, str]]:
    """Draw the room in both languages at each size, until it has settled; say which it is."""
    says(day, clock.now(), systolic=192, diastolic=118, heart_rate=88, spo2=84)
    for language in ("en", "es"):
        Account.objects.filter(pk=day.clinician.pk).update(language=language)
        open_room(page, day)
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("#panel-alarms .alarm-band").nth(1)).to_be_visible()
        expect(page.locator(f"#alarms-elsewhere {called}")).to_be_visible()
        expect(page.locator("[data-recording-line]")).to_contain_text(RECORDS[language])
        for shape in names:
            width, height = SHAPES[shape]
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(SETTLED)
            if os.environ.get("AFTERGLOW_LOOK"):
                page.screenshot(path=f"test-results/crowded-{called[1:]}-{language}-{shape}.png")
            yield language, shape


def test_nothing_that_counts_is_cut_when_everything_rings(
    crowded: Day, at_screen: AtScreen
) -> None:
    page = open_room(at_screen(crowded.clinician), crowded)
    wrong = []
    for language, shape in shapes(page, crowded, SHAPES, ".elsewhere-more"):
        wrong += [f"{language} {shape} {each}" for each in bad(page, shape)]
    assert wrong == []

    more = page.locator("#alarms-elsewhere .elsewhere-more")
    more.click()
    expect(more).to_have_attribute("aria-expanded", "true")
    expect(more).to_be_focused()
    assert page.locator("#alarms-elsewhere .elsewhere-line:visible").count() > ROOMS


def bad(page: Page, shape: str) -> list[str]:
    """What of the crowded room cannot be seen or touched."""
    seen = page.evaluate(MEASURED)
    if shape == "phone":
        after_the_alarm, above_the_buttons = seen["numbers"]
        fine = {"numbers": after_the_alarm <= 1 and above_the_buttons >= 0}
    else:
        fine = {
            "cut": seen["cut"] == [],
            "graph": seen["graph"] >= GRAPH_PX[shape],
            "moaas": seen["moaas"],
            "foot": seen["foot"] == [],
            "unsaid": seen["unsaid"] == [],
        }
    fine |= {
        "small": seen["small"] == [],
        "words": seen["words"] == [],
        "fine_print": seen["fine_print"] == [],
        "rows": seen["rows"] == [True] * ROOMS,  # every red one, and nothing else
        "elsewhere": seen["elsewhere"] <= (140 if shape == "phone" else 60),
        "wide": page.evaluate(TOO_WIDE) <= 0,
    }
    return [f"{name}: {seen.get(name)}" for name, is_fine in fine.items() if not is_fine]


OUT_OF_REACH = """() => [...document.querySelectorAll(
    ".infusion-actions .button, .connection-tools :is(a, button), .elsewhere-acts button")]
  .filter((e) => e.checkVisibility())
  .filter((e) => e.getBoundingClientRect().bottom > innerHeight + 1
    || e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => `${e.textContent.trim()} ${Math.round(e.getBoundingClientRect().bottom)}`)"""


def test_stop_stays_in_reach_when_another_rooms_emergency_calls_besides(
    crowded: Day, at_screen: AtScreen
) -> None:
    other = infusing(at=clock.now() - TO_START - dt.timedelta(minutes=6), site=crowded.site)
    emergency.declare_emergency(
        session=other.id, by=other.clinician, at=clock.now(), key=uuid.uuid4()
    )
    page = open_room(at_screen(crowded.clinician), crowded)
    wrong = []
    for language, shape in shapes(page, crowded, ("tablet", "wide"), ".elsewhere-emergency"):
        seen, out = page.evaluate(MEASURED), page.evaluate(OUT_OF_REACH)
        if out or seen["cut"] or seen["foot"]:
            wrong.append((language, shape, out, seen["cut"], seen["foot"]))
    assert wrong == []
