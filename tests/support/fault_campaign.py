"""A fault campaign: monitors send through a wire that can be cut while parts are killed or frozen.

After each fault every message acknowledged so far must be stored exactly once, and everything must
be acknowledged in the end, in the order of each device.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg

from afterglow.apps.devices.models import Device
from afterglow.interop.hl7v2.client import MllpSender
from afterglow.web import clock
from support.clinic_messages import PULSE, SPO2, Bed, oru
from support.live import Screen
from support.whole_clinic import SUPERVISOR, Clinic

FREEZE_S = 5.0
RECOVERS_WITHIN_S = 120.0


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: ``what`` happens to ``part``."""

    what: str
    part: str

    def __str__(self) -> str:
        return f"{self.what} {self.part}"


EVERY_PART = (*("gateway", "charter", "judge", "web", "postgres", "supervisor", "watch", "worker"),)
KILLS = tuple(Fault("kill -9", part) for part in EVERY_PART)
FREEZES = tuple(Fault("freeze", part) for part in EVERY_PART)
CUT = Fault("cut", "every connection in the middle of a frame")
DEVICE_CLOCKS = Fault("jump", "the clocks of all devices, three minutes ahead")
SERVER_CLOCK = Fault("jump", "the server's clock, ten minutes ahead and back")
DISK = Fault("fill", "the database's disk")
EVERY_FAULT = (*KILLS, *FREEZES, CUT, DEVICE_CLOCKS, SERVER_CLOCK, DISK)
DISK_FULL_AT_MOST_S = 60.0
JOB = """
INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status)
VALUES ('default', 'afterglow.apps.monitoring.jobs.make_months_of_readings', 0,
        '{"timestamp": 0}', 'todo') RETURNING id
"""


@dataclass
class Row:
    """What one fault did. Counts are of messages acknowledged up to its recovery."""

    fault: Fault
    acknowledged: int
    stored: int
    duplicated: int
    lost: int
    seconds: float


@dataclass
class Follower:
    """A screen that follows one session and comes back with the last id it heard."""

    port: int
    path: str
    cookie: str
    heard: list[str] = field(default_factory=list)
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
                                self.heard.append(reading["batch"])
            except (OSError, EOFError, http.client.HTTPException, json.JSONDecodeError):
                pass
            time.sleep(0.1)


class Wire:
    """A TCP wire between the monitors and the gateway that can be cut in the middle of a frame."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._open: set[asyncio.StreamWriter] = set()
        self._cutting = False
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self._abort()

    async def cut(self) -> None:
        """Let the first half of whatever comes next pass, then pull every plug."""
        self._cutting = True
        await asyncio.sleep(0.7)
        self._abort()
        self._cutting = False

    def _abort(self) -> None:
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, up_writer}
        try:
            await asyncio.wait(
                [
                    asyncio.create_task(self._pump(reader, up_writer, may_halve=True)),
                    asyncio.create_task(self._pump(up_reader, writer, may_halve=False)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            self._open -= {writer, up_writer}
            writer.transport.abort()
            up_writer.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, may_halve: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                halved = may_halve and self._cutting
                writer.write(data[: len(data) // 2] if halved else data)
                await writer.drain()
                if halved:
                    await asyncio.sleep(5)  # the plug is pulled before this ends


@dataclass
class Campaign:
    """What was sent, what was acknowledged, and what each fault did."""

    clinic: Clinic
    url: str
    beds: Sequence[Bed]
    every_s: float
    rows: list[Row] = field(default_factory=list)
    senders: list[MllpSender] = field(default_factory=list)
    sent: list[list[str]] = field(default_factory=list)
    clock_ahead: timedelta = timedelta()
    longest_s: float | None = None
    """No further fault begins after so long: a campaign that must end still tells all it did."""
    log: Path | None = None
    """Each row is added to this file as it happens, so that a run that dies has told the rest."""

    @property
    def acknowledged(self) -> list[str]:
        """Every control id acknowledged so far."""
        return [one for sender in self.senders for one in sender.tally.acknowledged_ids]

    def run(self, faults: Sequence[Fault]) -> None:
        """Send from every monitor while faults happen, each when the last one is over."""
        asyncio.run(self._run(faults))

    async def _run(self, faults: Sequence[Fault]) -> None:
        wire = Wire(self.clinic.gateway_port)
        await wire.start()
        self.senders = [
            MllpSender(
                "127.0.0.1",
                wire.port,
                answer_within_s=3,
                pause_s=0.05,
                longest_pause_s=0.5,
                window=4,
                keep_ids=True,
            )
            for _ in self.beds
        ]
        self.sent = [[] for _ in self.beds]
        stop = asyncio.Event()
        for sender in self.senders:
            sender.start()
        sending = [
            asyncio.create_task(self._send_all_the_time(n, here.monitor, stop))
            for n, here in enumerate(self.beds)
        ]
        await asyncio.sleep(1)
        began = time.monotonic()
        for fault in faults:
            if self.longest_s is not None and time.monotonic() - began > self.longest_s:
                break
            self.rows.append(await self._suffer(fault, wire))
            if self.log is not None:
                with self.log.open("a") as file:
                    file.write(_line(self.rows[-1]) + "\n")
        stop.set()
        await asyncio.gather(*sending)
        for sender in self.senders:
            assert await sender.flush(60), f"{sender.pending} messages were never acknowledged"
            await sender.close()
        await wire.stop()
        assert await asyncio.to_thread(self.drained, 60), "not everything was charted in the end"

    async def _send_all_the_time(self, number: int, monitor: Device, stop: asyncio.Event) -> None:
        chance = random.Random(number)  # noqa: S311 (a rhythm, not a secret)
        sent = self.sent[number]
        while not stop.is_set():
            control_id = f"{number}-{len(sent)}"
            # Another value each time: the same one in the same second would be the same reading.
            values: dict[str, str | None] = {PULSE: str(60 + len(sent) % 40)}
            if number == 0:
                values = {SPO2: str(80 + len(sent) % 5)}
            at = clock.now() + self.clock_ahead
            await self.senders[number].send(oru(monitor, values, at=at, control_id=control_id))
            sent.append(control_id)
            await asyncio.sleep(chance.uniform(0.5, 1.5) * self.every_s)

    async def _suffer(self, fault: Fault, wire: Wire) -> Row:
        before = [sender.tally.acknowledged for sender in self.senders]
        before_job: list[int] = []
        began = time.monotonic()
        match fault.what:
            case "kill -9":
                await asyncio.to_thread(self.clinic.kill, fault.part)
                if fault.part == SUPERVISOR:  # what is above it starts it again
                    await asyncio.to_thread(self.clinic.restart)
            case "freeze":
                await asyncio.to_thread(self.clinic.send, fault.part, signal.SIGSTOP)
                if fault.part == SUPERVISOR:  # a part dies while nobody watches
                    await asyncio.to_thread(self.clinic.kill, "gateway")
                await asyncio.sleep(FREEZE_S)
                await asyncio.to_thread(self.clinic.send, fault.part, signal.SIGCONT)
                began = time.monotonic()
            case "cut":
                await wire.cut()
            case "fill":
                await self._fill_disk()
                began = time.monotonic()
            case "jump" if fault is SERVER_CLOCK:
                self.clinic.set_clock(600)
                await asyncio.sleep(3)
                self.clinic.set_clock(0)
            case "jump":
                self.clock_ahead = timedelta(minutes=3)
                await asyncio.sleep(2)
                self.clock_ahead = timedelta()
        while not (
            all(s.tally.acknowledged > b for s, b in zip(self.senders, before, strict=True))
            and await asyncio.to_thread(self.clinic.serves)
            and await asyncio.to_thread(self._worker_works, before_job)
        ):
            late = time.monotonic() - began > RECOVERS_WITHIN_S
            assert not late, f"{fault}: not everything came back"
            await asyncio.sleep(0.1)
        acknowledged = list(self.acknowledged)
        counted = await asyncio.to_thread(self._wait_until_stored, acknowledged)
        return Row(
            fault,
            acknowledged=len(acknowledged),
            stored=sum(1 for one in acknowledged if counted[one]),
            duplicated=sum(1 for one in acknowledged if counted[one] > 1),
            lost=sum(1 for one in acknowledged if not counted[one]),
            seconds=time.monotonic() - began,
        )

    async def _fill_disk(self) -> None:
        """Fill the disk until the database has said so, then give the room back."""
        said = self.clinic.says_no_space()
        self.clinic.fill_disk()
        try:
            full_since = time.monotonic()
            while self.clinic.says_no_space() == said:
                late = time.monotonic() - full_since > DISK_FULL_AT_MOST_S
                assert not late, "the disk is full and the database never noticed"
                await asyncio.sleep(0.2)
            await asyncio.sleep(2)
        finally:
            self.clinic.free_disk()

    def _worker_works(self, asked: list[int]) -> bool:
        """Whether the worker has done a job that was asked for after the fault."""
        try:
            with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as connection:
                if not asked:
                    row = connection.execute(JOB).fetchone()
                    assert row is not None
                    asked.append(row[0])
                done = connection.execute(
                    "SELECT status FROM procrastinate_jobs WHERE id = %s", asked
                ).fetchone()
        except psycopg.OperationalError:
            return False
        return done == ("succeeded",)

    def _wait_until_stored(self, acknowledged: Sequence[str]) -> Counter[str]:
        deadline = time.monotonic() + RECOVERS_WITHIN_S
        counted: Counter[str] = Counter()
        while time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError):
                counted = Counter(one for each in self.stored_by_device() for one in each)
                if all(counted[one] for one in acknowledged):
                    break
            time.sleep(0.1)
        return counted

    def drained(self, within_s: float) -> bool:
        """Whether the journal becomes empty within some seconds."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            with psycopg.connect(self.url) as connection:
                row = connection.execute("SELECT count(*) FROM devices_journaledmessage").fetchone()
            if row == (0,):
                return True
            time.sleep(0.2)
        return False

    def stored_by_device(self) -> list[list[str]]:
        """The control ids of each monitor's stored messages, in the order they were stored."""
        with psycopg.connect(self.url) as connection:
            return [
                [
                    row[0]
                    for row in connection.execute(
                        "SELECT control_id FROM devices_rawmessage WHERE device_id = %s "
                        "ORDER BY id",
                        [here.monitor.pk],
                    )
                ]
                for here in self.beds
            ]

    def readings_of(self, here: Bed) -> list[str]:
        """The batches of a session's readings, in order: one reading a message."""
        with psycopg.connect(self.url) as connection:
            return [
                str(row[0])
                for row in connection.execute(
                    "SELECT batch FROM monitoring_vitalsign WHERE session_id = %s ORDER BY id",
                    [here.session.pk],
                )
            ]

    def alarms_of(self, here: Bed) -> set[str]:
        """The conditions that were ever raised for a session."""
        with psycopg.connect(self.url) as connection:
            return {
                row[0]
                for row in connection.execute(
                    "SELECT condition FROM monitoring_alarm WHERE session_id = %s",
                    [here.session.pk],
                )
            }


def table(campaign: Campaign) -> str:
    """The report as Markdown: what each fault did, and the end of it all."""
    lines = [
        "| Fault | Acknowledged so far | Stored | Duplicated | Lost | Seconds to recover |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(_line, campaign.rows)])


def _line(row: Row) -> str:
    return (
        f"| {row.fault} | {row.acknowledged} | {row.stored} | {row.duplicated} | {row.lost} "
        f"| {row.seconds:.1f} |"
    )
