"""kill -9 of the gateway, the web server and PostgreSQL while ten monitors send.

What was acknowledged is stored exactly once, everything is acknowledged in the end, no device's
messages change their order, and a screen hears every reading once.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from afterglow.apps.devices.models import Device
from afterglow.config.postgres import Role
from afterglow.interop.hl7v2.client import MllpSender
from afterglow.web import clock
from support.clinic_messages import PULSE, Bed, bed, oru
from support.database import DatabaseUrl
from support.live import Screen, cookie_of
from support.whole_clinic import Clinic, serving

pytestmark = pytest.mark.django_db(transaction=True)

DEVICES = 10
EVERY_S = 0.1
THREE = ("gateway", "web", "postgres")


@dataclass
class Follower:
    """A screen that follows one session and comes back with the last id it heard."""

    port: int
    path: str
    cookie: str
    heard: list[int] = field(default_factory=list)
    told_to_start_anew: int = 0
    connections: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def follow(self) -> None:
        """Read until told to stop, through every loss of the connection."""
        last_id = ""
        while not self.stop.is_set():
            try:
                with Screen(
                    self.port, self.path, cookie=self.cookie, last_event_id=last_id, timeout=3
                ) as screen:
                    if screen.status == 200:
                        self.connections += 1
                        while not self.stop.is_set():
                            event = screen.next()
                            last_id = screen.last_id
                            self.told_to_start_anew += event.event == "resync"
                            for reading in event.data.get("readings", []):
                                self.heard.append(reading["id"])
            except (OSError, EOFError, http.client.HTTPException, json.JSONDecodeError):
                pass
            time.sleep(0.1)


@dataclass
class Campaign:
    """What was sent and what became of it."""

    senders: list[MllpSender]
    sent: list[list[str]]

    @property
    def acknowledged(self) -> list[str]:
        return [one for sender in self.senders for one in sender.tally.acknowledged_ids]


async def send_all_the_time(
    number: int, monitor: Device, sender: MllpSender, sent: list[str], stop: asyncio.Event
) -> None:
    while not stop.is_set():
        control_id = f"{number}-{len(sent)}"
        # Another value each time: the same one in the same second would be the same reading.
        pulse = str(60 + len(sent) % 40)
        await sender.send(oru(monitor, {PULSE: pulse}, at=clock.now(), control_id=control_id))
        sent.append(control_id)
        await asyncio.sleep(EVERY_S)


async def run_campaign(clinic: Clinic, beds: Sequence[Bed], kills: Sequence[str]) -> Campaign:
    """Send from every monitor while parts are killed, each as soon as the last has come back."""
    senders = [
        MllpSender(
            "127.0.0.1",
            clinic.gateway_port,
            answer_within_s=3,
            pause_s=0.05,
            longest_pause_s=0.5,
            window=4,
            keep_ids=True,
        )
        for _ in beds
    ]
    sent: list[list[str]] = [[] for _ in beds]
    stop = asyncio.Event()
    for sender in senders:
        sender.start()
    sending = [
        asyncio.create_task(send_all_the_time(n, here.monitor, senders[n], sent[n], stop))
        for n, here in enumerate(beds)
    ]
    await asyncio.sleep(1)
    for part in kills:
        await asyncio.to_thread(clinic.kill, part)
        before = [sender.tally.acknowledged for sender in senders]
        deadline = time.monotonic() + 40
        while not (
            all(s.tally.acknowledged > b for s, b in zip(senders, before, strict=True))
            and await asyncio.to_thread(clinic.serves)
        ):
            assert time.monotonic() < deadline, f"{part} did not come back"
            await asyncio.sleep(0.2)
        await asyncio.sleep(0.5)
    stop.set()
    await asyncio.gather(*sending)
    for sender in senders:
        assert await sender.flush(30), f"{sender.pending} messages were never acknowledged"
        await sender.close()
    return Campaign(senders, sent)


def stored_by_device(url: str, beds: Sequence[Bed]) -> list[list[str]]:
    """The control ids that each monitor's stored messages carry, in the order they were stored."""
    with psycopg.connect(url) as connection:
        return [
            [
                row[0]
                for row in connection.execute(
                    "SELECT control_id FROM devices_rawmessage WHERE device_id = %s ORDER BY id",
                    [here.monitor.pk],
                )
            ]
            for here in beds
        ]


def readings_of(url: str, here: Bed) -> list[int]:
    with psycopg.connect(url) as connection:
        return [
            row[0]
            for row in connection.execute(
                "SELECT id FROM monitoring_vitalsign WHERE session_id = %s ORDER BY id",
                [here.session.pk],
            )
        ]


def through(kills: Sequence[str], database: str, folder: Path) -> None:
    """Run one campaign and hold the clinic to every promise."""
    beds = [bed(at=clock.now() - timedelta(minutes=5)) for _ in range(DEVICES)]
    followed = beds[0]
    cookie = cookie_of(followed.clinician)
    environment = {"AFTERGLOW_SECRET_KEY": settings.SECRET_KEY}
    with serving(database, folder / "clinic", environment) as clinic:
        follower = Follower(clinic.port, f"/live/sessions/{followed.session.public_id}/", cookie)
        screen = threading.Thread(target=follower.follow)
        screen.start()
        try:
            while not follower.connections:
                time.sleep(0.05)
            campaign = asyncio.run(run_campaign(clinic, beds, kills))
            url = clinic.cluster.url(Role.APPLICATION)
            stored = stored_by_device(url, beds)
            readings = readings_of(url, followed)
            for _ in range(100):
                if len(follower.heard) >= len(readings):
                    break
                time.sleep(0.1)
        finally:
            follower.stop.set()
            screen.join(10)

    assert sorted(campaign.acknowledged) == sorted(one for each in campaign.sent for one in each)
    assert stored == campaign.sent, "stored once each, and in the order of each device"
    assert all(sender.tally.connections > 1 for sender in campaign.senders)
    assert follower.connections > 1
    assert follower.told_to_start_anew == 0
    assert follower.heard == readings, "the screen heard every reading once"
    assert len(readings) == len(campaign.sent[0])


def test_nothing_acknowledged_is_lost_when_gateway_web_and_database_are_killed(
    database_url: DatabaseUrl, tmp_path: Path
) -> None:
    through(THREE, database_url(Role.OWNER), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_nothing_acknowledged_is_lost_in_twelve_kills_in_any_order(
    database_url: DatabaseUrl, tmp_path: Path, seed: int
) -> None:
    kills = [*THREE, *THREE, *THREE, *THREE]
    random.Random(seed).shuffle(kills)  # noqa: S311 (an order, not a secret)
    through(kills, database_url(Role.OWNER), tmp_path)
