"""``afterglow simulator``: a patient, a monitor and a pump in every demo room where somebody is.

Which rooms and what runs in them is read from the database every two seconds, so a patient whom a
person checks in is served as well: readings flow from check-in on, and the pump follows the chart.
Only devices marked as demo are ever played.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from django.db import DatabaseError, connection

from afterglow.apps.devices.models import DeviceKind
from afterglow.apps.monitoring.models import BodyMassMeasurement, DeviceAssignment
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.bags import bag_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.simulator.main import Follow, RoomConfig, SimulatorConfig, run_simulator
from afterglow.simulator.monitor import MonitorSettings
from afterglow.simulator.patient import Person
from afterglow.simulator.pump import Charted
from afterglow.web import clock

log = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_EVERY_S = 2.0
PRESSURE_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Chair:
    """Somebody in a demo room: the session, and the devices that serve it."""

    session: int
    room: str
    site: str
    monitor: str
    pump: str
    kg: float


def chairs() -> dict[int, Chair]:
    """Return every session that demo devices serve now, by its key. Two queries."""
    serving = list(
        DeviceAssignment.objects.filter(
            during__contains=clock.now(),
            device__is_demo=True,
            device__is_active=True,
            session__patient__is_demo=True,
        )
        .select_related("device", "session__room", "session__site")
        .order_by("pk")
    )
    sessions = {row.session_id: row.session for row in serving}
    masses = dict(
        BodyMassMeasurement.objects.filter(session__in=sessions, mistake__isnull=True)
        .order_by("at")
        .values_list("session_id", "mass_kg")
    )
    found = {}
    for key, session in sessions.items():
        devices = {row.device.kind: row.device.eui64 for row in serving if row.session_id == key}
        if DeviceKind.MONITOR in devices:
            found[key] = Chair(
                session=key,
                room=session.room.name if session.room else "",
                site=session.site.code,
                monitor=devices[DeviceKind.MONITOR],
                pump=devices.get(DeviceKind.PUMP, ""),
                kg=float(masses[key].value) if key in masses else 70.0,
            )
    return found


def charted(session: int, *, at: datetime) -> Charted | None:
    """Return what the chart says the pump does at ``at``; None before the start."""
    row = TreatmentSession.objects.get(pk=session)
    infusion = queries.infusion_of(row)
    if infusion is None:
        return None
    bag = bag_of(infusion.preparation)
    course = queries.course_of(queries.actions_of(infusion))
    # Not the settled account: a pump goes on while nobody hears it, as after a restart.
    given = queries.given(infusion, at=at).charted.volume.value
    return Charted(
        key=str(infusion.public_id),
        rate_ml_per_h=course[-1].rate.value,
        volume_ml=bag.volume_to_be_infused.value,
        mg_per_ml=bag.concentration.value,
        delivered_ml=max(Decimal(0), given),
    )


def room_config(
    chair: Chair, *, follow: Follow | None, monitor: MonitorSettings | None = None
) -> RoomConfig:
    """Return the simulated room of a chair; the same session always has the same person in it."""
    return RoomConfig(
        name=chair.room,
        facility=chair.site.upper(),
        monitor_eui64=chair.monitor,
        pump_eui64=chair.pump,
        person=Person(
            weight_kg=chair.kg,
            pressure_shift_mmhg=float(chair.session % 5 - 3),
            heart_rate_shift=float(chair.session % 7 - 3),
            sensitivity=0.8,
        ),
        seed=chair.session,
        monitor=monitor or MonitorSettings(pressure_every=PRESSURE_EVERY),
        follow=follow,
    )


class Clinic:
    """Starts a simulated room for every chair that is taken, and ends it when the patient left."""

    def __init__(self, *, host: str, port: int) -> None:
        self._host, self._port = host, port
        # Django's connections belong to a thread; one thread does all the asking.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="simulator-chart")
        self._running: dict[Chair, tuple[asyncio.Event, asyncio.Task[object]]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Serve the clinic until ``stop``."""
        while not stop.is_set():
            try:
                taken = await self._ask(chairs)
            except DatabaseError as error:
                log.warning("The rooms could not be read: %s", type(error).__name__)
            else:
                await self._match(set(taken.values()))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY_S)
        await self._match(set())
        self._thread.submit(connection.close)
        self._thread.shutdown(wait=True)

    async def _match(self, taken: set[Chair]) -> None:
        # A weighing after check-in makes another Chair of the same session: the person stays.
        known = {chair.session for chair in taken}
        for chair, (end, task) in list(self._running.items()):
            if chair.session not in known or task.done():
                end.set()
                await asyncio.gather(task, return_exceptions=True)
                del self._running[chair]
        served = {chair.session for chair in self._running}
        for chair in taken:
            if chair.session not in served:
                self._begin(chair)

    def _begin(self, chair: Chair) -> None:
        end = asyncio.Event()

        async def follow() -> Charted | None:
            return await self._ask(lambda: charted(chair.session, at=clock.now()))

        config = SimulatorConfig(
            rooms=[room_config(chair, follow=follow)], host=self._host, port=self._port
        )
        self._running[chair] = (end, asyncio.create_task(run_simulator(config, stop=end)))
        log.info("Playing %s at %s.", chair.room, chair.site)

    async def _ask(self, question: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, _answer, question)


def _answer(question: Callable[[], T]) -> T:
    try:
        return question()
    except DatabaseError:
        connection.close()  # the next question finds a fresh one
        raise


def main(arguments: list[str]) -> int:
    """Play the demo's rooms until SIGTERM or SIGINT; return the exit status."""
    if arguments:
        raise SystemExit(f"The simulator takes no arguments, not {' '.join(arguments)}.")
    host = os.environ.get("AFTERGLOW_GATEWAY_HOST", "127.0.0.1")
    port = int(os.environ.get("AFTERGLOW_GATEWAY_PORT", "2575"))

    async def until_signalled() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        await Clinic(host=host, port=port).run(stop)

    asyncio.run(until_signalled())
    return 0
