"""One whole infusion day, driven from outside by HTTP and MLLP only.

``./run --smoke`` starts a fresh Afterglow and runs this as a process of its own. It knows what a
browser and a monitor know: addresses, sign-ins, what stands on a vial and on a device. It prints
one JSON object.

The protocol asks for five minutes between two baseline readings and half an hour in recovery. A
test of the whole does not wait: the prescriber overrides both with a reason, as the pages let a
prescriber do on any day, so nothing of the product is weakened and its overrides are driven too.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import json
import os
import re
import sys
import time
from collections.abc import Callable
from decimal import Decimal

from afterglow.config.demo.cast import MAIN, PASSWORD, PIN, PLACES, eui64_of
from afterglow.config.smoke_arrival import (
    Day,
    signed_in,
    the_gateway_listens,
    the_nurse_signs_in,
    the_pages_answer,
    the_patient_checks_in,
    well,
)
from afterglow.config.smoke_browser import Page
from afterglow.interop.hl7v2.client import MllpSender
from afterglow.simulator.main import RoomConfig, SimulatedRoom
from afterglow.simulator.monitor import MonitorSettings
from afterglow.simulator.pump import Charted

SECOND, PRESCRIBER = "nurse2", "doctor"
WHY = "Smoke run: a machine is tried, nobody is treated"
RESTED: dict[str, str | list[str]] = {
    "pressure": "122/78",
    "heart_rate": "72",
    "spo2": "98",
    "respiratory_rate": "14",
    "moaas": "5",
}
"""What the nurse reads and types."""


def the_order_is_signed(day: Day) -> None:
    """The prescriber signs today's order at a screen of their own, unless it was signed before."""
    if "No order is signed for today" not in day.page("plan/").text:
        return
    doctor = signed_in(day.origin, PRESCRIBER)
    page = well(doctor.get(f"/sessions/{day.session}/plan/"))
    well(doctor.submit(page, "/plan/", {"dose": "0.5", "minutes": "40", "basis": "actual"}))


def the_monitor_speaks(day: Day) -> None:
    """The bedside monitor of the room sends; the session's page shows who is in which room."""
    ready = day.page("ready/")
    found = re.search(
        r"Room and clinician : ([^,]+),", ready.text.replace("clinician:", "clinician :")
    )
    if found is None:
        raise AssertionError("The page does not say in which room the patient is.")
    day.room = found[1].strip()
    place = next(each for each in PLACES if each.code == MAIN)
    number = place.rooms.index(day.room) + 1
    day.bedside = SimulatedRoom(
        RoomConfig(
            name=day.room,
            facility="SMOKE",
            monitor_eui64=eui64_of("monitor", 0, number),
            pump_eui64=eui64_of("pump", 0, number),
            monitor=MonitorSettings(
                numerics_every=dt.timedelta(seconds=1),
                pressure_every=dt.timedelta(seconds=4),
                pressure_takes=dt.timedelta(seconds=1),
            ),
            pump_every=dt.timedelta(seconds=1),
        ),
        now=dt.datetime.now(dt.UTC),
    )
    _play(day, seconds=10)


def _play(day: Day, *, seconds: float, charted: Charted | None = None) -> None:
    """Let monitor and pump send for some seconds of real time; every message is acknowledged."""
    room = day.bedside
    if room is None:
        raise AssertionError("There are no devices yet.")

    async def play() -> None:
        async with MllpSender(day.gateway_host, day.gateway_port) as sender:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                room.follow(charted)
                for message in room.step(dt.datetime.now(dt.UTC)):
                    await sender.send(message)
                await asyncio.sleep(0.25)
            flushed = await sender.flush(20)
            day.messages_sent += sender.tally.sent
            day.messages_acknowledged += sender.tally.acknowledged
            if not flushed or sender.tally.rejected:
                raise AssertionError(
                    f"{sender.pending} messages are not acknowledged, {sender.tally.rejected} "
                    f"rejected: {sender.tally.last_rejection}"
                )

    asyncio.run(play())


def the_bag_is_prepared(day: Day) -> None:
    """The nurse draws before a witness; the second person reads it back."""
    page = day.page("prepare/")
    vial = re.search(
        r'href="\?vial=([0-9a-f-]{36})"[^>]*><span>([^<]*50 mg/mL[^<]*)</span>', page.body
    )
    if vial is None:
        raise AssertionError(f"There is no vial of 50 mg/mL: {page.text[:500]}")
    label = re.search(r"lot (\S+) · to (\d{1,2} \w{3} \d{4})", vial[2])
    if label is None:
        raise AssertionError(f"The vial shows no lot and expiry: {vial[2]}")
    expires = dt.datetime.strptime(label[2], "%d %b %Y").date()  # noqa: DTZ007 (a day)
    page = day.page(f"prepare/?vial={vial[1]}")
    drawn = re.search(r"Draw\s+(\d+(?:\.\d+)?)\s*mL", page.text)
    if drawn is None:
        raise AssertionError(f"The page does not say how much to draw: {page.text[:800]}")
    after = well(
        day.clinician.submit(
            page,
            "/prepare/",
            {
                "label_strength": "50",
                "label_lot": label[1],
                "label_expiry": expires.isoformat(),
                "drawn_ml": drawn[1],
                "diluent_name": "sodium_chloride_0_9",
                "username": SECOND,
                "secret": PIN,
            },
        )
    )
    read = {
        "patient": _after(after, r"MRN (\S+)"),
        "drug": "ketamine",
        "strength": "50",
        "drawn_ml": drawn[1],
        "bag_ml": _after(after, r"In the bag\s+(\d+(?:\.\d+)?)\s*mL"),
        "rate": _after(after, r"(\d+(?:\.\d+)?)\s*mL/h"),
        "volume": _after(after, r"To be infused\s+(\d+(?:\.\d+)?)\s*mL"),
    }
    day.bag = read
    well(
        day.clinician.submit(
            after,
            "/read-back/",
            {
                **{f"read_{name}": value for name, value in read.items()},
                "username": SECOND,
                "secret": PIN,
            },
        )
    )


def _after(page: Page, pattern: str) -> str:
    found = re.search(pattern, page.text)
    if found is None:
        raise AssertionError(f"{page.url} does not show {pattern!r}: {page.text[:900]}")
    return found[1]


def the_infusion_starts(day: Day) -> None:
    """Baseline by monitor and by hand, the prescriber's override of the wait, and the start."""
    for _ in range(2):
        _play(day, seconds=5)
        _by_hand(day)
    page = day.page("ready/")
    if "BASELINE" in page.body or "override/readiness" in page.body:
        _override(day, "readiness")
    after = well(day.clinician.submit(day.page("ready/"), "/start/"))
    if "/infusion/" not in after.url:
        raise AssertionError(f"The start led to {after.url}: {after.problem()[:600]}")


def _by_hand(day: Day) -> None:
    well(day.clinician.submit(day.page("ready/"), "/ready/baseline/", RESTED))


def _override(day: Day, gate: str) -> None:
    """The prescriber signs in beside the nurse and overrides what may be overridden."""
    page = day.page(f"override/{gate}/")
    form = page.form(f"/override/{gate}/")
    well(
        day.clinician.submit(
            page,
            f"/override/{gate}/",
            {
                "codes": form.choices.get("codes", []),
                "reason": WHY,
                "username": PRESCRIBER,
                "secret": PIN,
            },
        )
    )


def the_infusion_runs_and_stops(day: Day) -> None:
    """Monitor and pump send, the nurse charts a set, marks a moment and records the stop."""
    rate, volume = Decimal(day.bag["rate"]), Decimal(day.bag["volume"])
    plan = Charted(key=day.session, rate_ml_per_h=rate, volume_ml=volume, mg_per_ml=Decimal("0.6"))
    _play(day, seconds=8, charted=plan)
    well(day.clinician.submit(day.page("infusion/"), "/infusion/observations/", RESTED))
    well(day.clinician.submit(day.page("infusion/"), "/infusion/mark/"))
    well(day.clinician.submit(day.page("infusion/"), "/infusion/stop/"))
    _play(day, seconds=5, charted=None)


def the_patient_recovers(day: Day) -> None:
    """Readings after the stop, scores, and every criterion of going home."""
    well(day.clinician.submit(day.page("infusion/"), "/infusion/observations/", RESTED))
    for scale, best in (("aldrete", -1), ("dissociation", None)):
        page = day.page("recovery/")
        form = page.form(f"/scores/{scale}/")
        fields = sorted(name for name in form.names if name.startswith(f"{scale}-"))
        answers: dict[str, str | list[str]] = {
            name: "0" if best is None else sorted(form.choices[name])[best]
            for name in fields
            if name != f"{scale}-key"
        }
        well(day.clinician.submit(page, f"/scores/{scale}/", answers))
    page = day.page("recovery/")
    form = page.form("/criteria/")
    found: dict[str, str | list[str]] = {
        name: "yes" for name, values in form.choices.items() if "yes" in values
    }
    found |= {"suicide_statement_positive": "no", "suicide_level": "none", "oriented": "3"}
    well(day.clinician.submit(page, "/criteria/", found))


def the_bag_is_accounted_for(day: Day) -> None:
    """Given and wasted go into the ledger before a witness."""
    page = day.page("recovery/")
    after = day.clinician.submit(
        page, "/recovery/account/", {"waste-username": SECOND, "waste-secret": PIN}
    )
    if "Accounted for" not in well(after).text:
        raise AssertionError(f"The bag is not accounted for: {after.problem()[:600]}")


def the_patient_goes_home(day: Day) -> None:
    """The prescriber overrides the half hour, and the session ends as the drip did."""
    if "override/discharge" in day.page("recovery/").body:
        _override(day, "discharge")
    page = day.page("end/")
    form = page.form("/end/")
    typed = form.names - {"key", "ending", "csrfmiddlewaretoken"} - set(form.choices)
    answers: dict[str, str | list[str]] = dict.fromkeys(typed, WHY)
    answers |= dict.fromkeys(form.choices, "on")
    after = well(day.clinician.submit(page, "/end/", answers))
    if "/sign/" not in after.url:
        raise AssertionError(f"The session did not end: {after.problem()[:600]}")


def the_record_is_signed(day: Day) -> None:
    """What is open is answered, and the prescriber signs and locks at a screen of their own."""
    for _ in range(20):
        page = day.page("sign/")
        waiting = [form.action for form in page.forms if form.action.endswith("/acknowledge/")]
        if not waiting:
            break
        well(day.clinician.submit(page, waiting[0]))
    for due in sorted(set(re.findall(r'href="([^"]+/infusion/missed/\?due=[^"]+)"', page.body))):
        missed = well(day.clinician.get(due))
        well(day.clinician.submit(missed, "/infusion/missed/", {"reason": WHY}))
    if "override/sign" in day.page("sign/").body:
        _override(day, "sign")
    doctor = signed_in(day.origin, PRESCRIBER)
    page = well(doctor.get(f"/sessions/{day.session}/sign/"))
    after = well(doctor.submit(page, "/sign/now/", {"sign-secret": PASSWORD}))
    found = re.search(r"SHA-256 ([0-9a-f]{64})", after.text)
    if found is None:
        raise AssertionError(f"The record is not signed: {after.problem()[:600]}")
    day.session_state = "signed"
    document = doctor.get(f"/sessions/{day.session}/record.pdf")
    if document.status != 200:
        raise AssertionError(f"The record's PDF answered {document.status}.")


STEPS: tuple[Callable[[Day], None], ...] = (
    the_pages_answer,
    the_gateway_listens,
    the_nurse_signs_in,
    the_patient_checks_in,
    the_order_is_signed,
    the_monitor_speaks,
    the_bag_is_prepared,
    the_infusion_starts,
    the_infusion_runs_and_stops,
    the_patient_recovers,
    the_bag_is_accounted_for,
    the_patient_goes_home,
    the_record_is_signed,
)
"""The day, in order. Each step raises AssertionError with what it saw."""


def main() -> int:
    """Drive the day; exit 1 with the failed step's name and what it saw."""
    day = Day(
        origin=os.environ["AFTERGLOW_ORIGIN"],
        gateway_host=os.environ["AFTERGLOW_GATEWAY_HOST"],
        gateway_port=int(os.environ["AFTERGLOW_GATEWAY_PORT"]),
    )
    for step in STEPS:
        began = time.monotonic()
        try:
            step(day)
        except (AssertionError, OSError, http.client.HTTPException) as problem:
            day.failed = f"{step.__name__}: {problem}"
            break
        day.timings[step.__name__] = round(time.monotonic() - began, 3)
    if day.failed is None and day.session_state != "signed":
        day.failed = f"the day ended with session_state {day.session_state!r}, not 'signed'"
    sys.stdout.write(json.dumps(day.result()) + "\n")
    return 1 if day.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
