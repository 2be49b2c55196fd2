"""kill -9 of every part while monitors send: nothing acknowledged is lost, nothing comes twice.

The small campaign runs always; the large one (``slow``) writes docs/reference/reliability.md.
"""

from __future__ import annotations

import contextlib
import os
import random
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from afterglow.config.postgres import Role
from afterglow.web import clock
from support.clinic_messages import bed
from support.database import DatabaseUrl
from support.fault_campaign import (
    DISK,
    EVERY_FAULT,
    KILLS,
    SERVER_CLOCK,
    Campaign,
    Fault,
    Follower,
    table,
)
from support.live import cookie_of
from support.whole_clinic import serving, small_disk

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "reliability.md"
BEGIN, END = "<!-- numbers: written by the fault campaign -->", "<!-- end of numbers -->"
FEW_PARTS = ("gateway", "charter", "postgres", "supervisor")
DISK_MB = 600
"""Room for a fresh cluster and its journal, so that filling the rest takes a moment."""
DISK_MB_A_FAULT = 8
"""Room for what fifty devices say until one fault is over."""


def through(
    faults: Sequence[Fault],
    database: str,
    folder: Path,
    *,
    devices: int,
    every_s: float,
    disk: Path | None = None,
    longest_s: float | None = None,
) -> Campaign:
    """Run one campaign and hold the clinic to every promise."""
    beds = [bed(at=clock.now() - timedelta(minutes=5)) for _ in range(devices)]
    silent = bed(at=clock.now() - timedelta(minutes=5))
    followed = beds[0]
    cookie = cookie_of(followed.clinician)
    environment = {"AFTERGLOW_SECRET_KEY": settings.SECRET_KEY}
    with serving(database, folder / "clinic", environment, disk) as clinic:
        campaign = Campaign(
            clinic,
            clinic.cluster.url(Role.APPLICATION),
            beds,
            every_s,
            longest_s=longest_s,
            log=folder / "rows.md",
        )
        follower = Follower(clinic.port, f"/live/sessions/{followed.session.public_id}/", cookie)
        screen = threading.Thread(target=follower.follow)
        screen.start()
        try:
            while not follower.connections:
                time.sleep(0.05)
            campaign.run(faults)
            stored, readings = campaign.stored_by_device(), campaign.readings_of(followed)
            alarms, of_silent = campaign.alarms_of(followed), campaign.alarms_of(silent)
            for _ in range(200):
                if len(follower.heard) >= len(readings):
                    break
                time.sleep(0.1)
        finally:
            follower.stop.set()
            screen.join(10)

    assert sorted(campaign.acknowledged) == sorted(one for each in campaign.sent for one in each)
    assert stored == campaign.sent, "stored once each, and in the order of each device"
    assert all((row.lost, row.duplicated) == (0, 0) for row in campaign.rows)
    assert follower.told_to_start_anew == 0
    assert follower.heard == readings, "the screen heard every reading once"
    assert readings
    assert "SPO2_LOW" in alarms, "what should alarm has alarmed"
    assert "MONITOR_SILENT" in of_silent, "a monitor that says nothing is missed"
    return campaign


def test_nothing_acknowledged_is_lost_when_every_part_is_killed(
    database_url: DatabaseUrl, tmp_path: Path
) -> None:
    # The web server dies with the supervisor, as everything does.
    faults = [one for one in KILLS if one.part in FEW_PARTS] + [SERVER_CLOCK]

    campaign = through(faults, database_url(Role.OWNER), tmp_path, devices=10, every_s=0.25)

    assert all(sender.tally.connections > 1 for sender in campaign.senders)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_in_the_whole_campaign(
    database_url: DatabaseUrl, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    count = int(request.config.getoption("--faults"))
    chance = random.Random(count)  # noqa: S311 (an order, not a secret)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        possible, disk, left_out = EVERY_FAULT, None, ""
        place = Path(tempfile.gettempdir()) / f"afterglow-disk-{os.getpid()}"
        try:
            disk = stack.enter_context(small_disk(place, DISK_MB + DISK_MB_A_FAULT * count))
        except (PermissionError, FileNotFoundError) as problem:
            possible = tuple(each for each in EVERY_FAULT if each is not DISK)
            left_out = f" A full disk was left out: {problem}."
        faults = [*possible, *chance.choices(possible, k=max(0, count - len(possible)))]
        chance.shuffle(faults)

        minutes = request.config.getoption("--fault-minutes")
        campaign = through(
            faults,
            database_url(Role.OWNER),
            tmp_path,
            devices=50,
            every_s=1.0,
            disk=disk,
            longest_s=None if minutes is None else 60 * minutes,
        )

    acknowledged = len(campaign.acknowledged)
    words = (
        f"{clock.now():%d %b %Y}: 50 devices at about one message a second each, "
        f"{len(campaign.rows)} faults in {time.monotonic() - began:.0f} s, {os.cpu_count()} cores, "
        f"load average at the end {os.getloadavg()[0]:.1f}. In the end {acknowledged} messages "
        "were acknowledged, and each is stored once, in the order of its device."
        f"{left_out}"
    )
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{words}\n\n{table(campaign)}\n\n{END}{after}")
