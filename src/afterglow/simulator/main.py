"""Run simulated rooms over real sockets: each has a patient, a monitor and perhaps a pump."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from afterglow.interop.hl7v2.client import MllpSender, Tally
from afterglow.interop.hl7v2.emit import Sender
from afterglow.simulator.monitor import Monitor, MonitorSettings
from afterglow.simulator.patient import Person, SimulatedPatient
from afterglow.simulator.pump import Charted, Pump
from afterglow.simulator.scenarios import Scenario

log = logging.getLogger(__name__)

Follow = Callable[[], Awaitable[Charted | None]]
"""Asks the chart what runs in a room; None when nothing does."""

_MAX_PENDING = 2_000  # an hour of numerics while the gateway is away; a full monitor skips


@dataclass(frozen=True, slots=True)
class RoomConfig:
    """One simulated room. Device ids are EUI-64. Without ``pump_eui64`` there is no pump."""

    name: str
    monitor_eui64: str
    pump_eui64: str = ""
    facility: str = "CLINIC"
    person: Person = field(default_factory=Person)
    seed: int = 1
    monitor: MonitorSettings = field(default_factory=MonitorSettings)
    pump_every: timedelta = timedelta(seconds=5)
    scenario: Scenario = Scenario.CALM
    follow: Follow | None = None


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """Where to send, and the rooms. ``follow_every_s`` is how often the chart is asked."""

    rooms: Sequence[RoomConfig]
    host: str = "127.0.0.1"
    port: int = 2575
    step_s: float = 0.5
    follow_every_s: float = 2.0


class SimulatedRoom:
    """A patient, a monitor and a pump that know the same time. ``step`` moves all three."""

    def __init__(self, config: RoomConfig, *, now: datetime) -> None:
        self.config = config
        self.patient = SimulatedPatient(config.person, seed=config.seed)
        self.monitor = Monitor(
            Sender("AFTERGLOW-SIM", config.monitor_eui64, config.facility, room=config.name),
            self.patient,
            now=now,
            settings=config.monitor,
        )
        self.pump = (
            Pump(
                Sender("AFTERGLOW-SIM", config.pump_eui64, config.facility, room=config.name),
                now=now,
                report_every=config.pump_every,
                clock_offset=config.monitor.clock_offset,
            )
            if config.pump_eui64
            else None
        )
        self._now = now
        self.play(config.scenario)

    def play(self, scenario: Scenario) -> None:
        """Switch to a scenario; CALM ends it."""
        self.patient.scenario = self.monitor.scenario = scenario
        if self.pump is not None:
            self.pump.scenario = scenario

    def follow(self, charted: Charted | None) -> None:
        """Let the pump do what the chart says; an infusion met under way has already acted."""
        if self.pump is None:
            return
        if self.pump.follow(charted) and charted is not None and charted.rate_ml_per_h > 0:
            given_h = float(self.pump.delivered_ml / charted.rate_ml_per_h)
            self.patient.advance(given_h * 3600, drug_mg_per_h=self.pump.drug_mg_per_h)

    def step(self, at: datetime) -> list[bytes]:
        """Move everything to ``at`` and return what the devices have to say."""
        seconds = max(0.0, (at - self._now).total_seconds())
        self._now = max(self._now, at)
        drug = self.pump.drug_mg_per_h if self.pump is not None else 0.0
        self.patient.advance(seconds, drug_mg_per_h=drug)
        spoken = [self.monitor.tick(at), self.pump.tick(at) if self.pump is not None else None]
        return [message for message in spoken if message is not None]


async def run_simulator(
    config: SimulatorConfig,
    *,
    stop: asyncio.Event,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Tally]:
    """Run every room until ``stop``; return what each room sent and had acknowledged."""
    return list(await asyncio.gather(*(_run_room(config, r, stop, clock) for r in config.rooms)))


async def _run_room(
    config: SimulatorConfig,
    room_config: RoomConfig,
    stop: asyncio.Event,
    clock: Callable[[], datetime],
) -> Tally:
    room = SimulatedRoom(room_config, now=clock())
    asked_at: datetime | None = None
    async with MllpSender(config.host, config.port) as sender:
        while not stop.is_set():
            now = clock()
            if room_config.follow is not None and (
                asked_at is None or (now - asked_at).total_seconds() >= config.follow_every_s
            ):
                asked_at = now
                await _ask_chart(room, room_config.follow)
            for message in room.step(now):
                if sender.pending < _MAX_PENDING:
                    await sender.send(message)
                else:
                    log.warning("%s skips a message: %s wait.", room_config.name, sender.pending)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), config.step_s)
        await sender.flush(2.0)
        return sender.tally


async def _ask_chart(room: SimulatedRoom, follow: Follow) -> None:
    try:
        room.follow(await follow())
    except Exception as error:  # the chart is away: a pump goes on with what it was told
        log.warning("The chart could not be read: %s", type(error).__name__)


def run(config: SimulatorConfig) -> None:
    """Run the simulator in the foreground until SIGINT or SIGTERM."""

    async def until_signalled() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        await run_simulator(config, stop=stop)

    asyncio.run(until_signalled())
