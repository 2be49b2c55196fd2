"""The devices of a walked session, played up to each step: what they would have sent by then.

The messages are the simulator's own and go the gateway's way into the record, with the time at
which they would have arrived. A trend is there when the demo opens, and the pump has a count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from afterglow.apps.monitoring.services import store_messages
from afterglow.apps.visits.models import TreatmentSession
from afterglow.interop.hl7v2.store import read_raw
from afterglow.simulator.clinic import Chair, charted, room_config
from afterglow.simulator.main import SimulatedRoom
from afterglow.simulator.monitor import MonitorSettings

PEER, PORT = "127.0.0.1", 2575


class Bedside:
    """The monitor and the pump of one session."""

    def __init__(
        self, session: TreatmentSession, *, every: dt.timedelta, since: dt.datetime | None = None
    ) -> None:
        """Begin at check-in, or ``since``: then in the middle of whatever runs."""
        self._session, self._every = session, every
        self._now = since or session.checked_in_at
        devices = {
            row.device.kind: row.device.eui64
            for row in session.device_assignments.select_related("device")
        }
        chair = Chair(
            session=session.pk,
            room=session.room.name if session.room else "",
            site=session.site.code,
            monitor=devices["monitor"],
            pump=devices.get("pump", ""),
            kg=70.0,
        )
        settings = MonitorSettings(
            numerics_every=every, pressure_every=dt.timedelta(minutes=10), pressure_takes=every
        )
        self._room = SimulatedRoom(room_config(chair, follow=None, monitor=settings), now=self._now)

    def play(self, *, until: dt.datetime) -> None:
        """Let the devices send what they would have sent by ``until``, and store it."""
        plan = charted(self._session.pk, at=self._now)
        self._room.follow(plan)
        spoken = []
        # The last report comes just before the step, as it would from a device that speaks always.
        last = until - dt.timedelta(seconds=1)
        while self._now < last:
            further = self._now + self._every
            self._now = further if further + self._every <= last else last
            spoken += [(self._now, message) for message in self._room.step(self._now)]
        store_messages(
            [read_raw(message, received_at=at, peer=PEER, port=PORT) for at, message in spoken]
        )


def every(minutes: float) -> Callable[[TreatmentSession], Bedside]:
    """Return what makes the bedside of a session, with numerics so often."""
    return lambda session: Bedside(session, every=dt.timedelta(minutes=minutes))
