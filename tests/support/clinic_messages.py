"""A session with a monitor and a pump in its room, and the messages that they send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.definitions import services as definitions
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.definitions.seeds import Seed
from afterglow.apps.devices.models import Device, DeviceKind, DevicePlacement, JournaledMessage
from afterglow.apps.monitoring import services
from afterglow.apps.monitoring.incoming import Fate
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.roles import Role
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.interop.hl7v2.emit import MONITOR, PUMP, Reading, Sender, SentPatient, build_oru
from afterglow.interop.hl7v2.store import read_raw
from afterglow.web import clock
from factories import AT, DeviceFactory, SessionFactory, staff

SYSTOLIC = "MDC_PRESS_BLD_NONINV_SYS"
DIASTOLIC = "MDC_PRESS_BLD_NONINV_DIA"
SPO2 = "MDC_PULS_OXIM_SAT_O2"
PULSE = "MDC_PULS_OXIM_PULS_RATE"
RATE = "MDC_FLOW_FLUID_PUMP"
DELIVERED = "MDC_VOL_FLUID_DELIV"


@dataclass(frozen=True)
class Bed:
    """A session in its room, with the devices that stand there."""

    session: TreatmentSession
    monitor: Device
    pump: Device

    @property
    def clinician(self) -> Any:
        return self.session.clinician


def bed(*, at: datetime = AT, state: SessionState = SessionState.INFUSING) -> Bed:
    """Make a session whose room holds a monitor and a pump, both assigned from ``at`` on."""
    session = SessionFactory.create(state=state)
    assert session.room is not None
    devices = []
    for kind in (DeviceKind.MONITOR, DeviceKind.PUMP):
        device = DeviceFactory.create(site=session.site, kind=kind)
        DevicePlacement.objects.create(
            device=device, room=session.room, during=DateTimeTZRange(at, None)
        )
        devices.append(device)
    services.assign_devices_of_room(session=session.public_id, by=session.clinician, at=at)
    return Bed(session, *devices)


def passed_on(here: Bed, *, at: datetime) -> TreatmentSession:
    """Let a bed's monitor serve the next patient of its site from ``at`` on; return that one."""
    services.release_devices(session=here.session.public_id, by=here.clinician, at=at)
    following = SessionFactory.create(
        state=SessionState.INFUSING, appointment__course__site=here.session.site
    )
    done = services.assign_device(
        device=here.monitor.public_id, session=following.public_id, by=following.clinician, at=at
    )
    assert not isinstance(done, services.Refused)
    return following


def oru(
    device: Device,
    values: dict[str, str | None],
    *,
    at: datetime,
    control_id: str,
    patient: SentPatient | None = None,
    processing_id: str = "P",
    measured_at: datetime | None = None,
) -> bytes:
    """Return a message of a monitor or a pump."""
    return build_oru(
        sender=Sender("GW", device.eui64),
        readings=[
            Reading(refid, _value(value), measured_at or at) for refid, value in values.items()
        ],
        sent_at=at,
        control_id=control_id,
        patient=patient,
        device=PUMP if device.kind == DeviceKind.PUMP else MONITOR,
        processing_id=processing_id,
    )


def _value(text: str | None) -> Decimal | str | None:
    if text is None:
        return None
    try:
        return Decimal(text)
    except ArithmeticError:
        return text


def give_profile(device: Device, body: Mapping[str, Any], *, approved: bool = True) -> None:
    """Give a device a profile of its own."""
    whole = {
        "key": "odd",
        "version": 1,
        "title": "Odd",
        "source": "seen at the bedside",
        "framing": "mllp",
        **body,
    }
    seed = Seed(DefinitionKind.DEVICE_PROFILE, "odd", 1, "Odd", "seen at the bedside", whole)
    row, _ = definitions.add_version(seed, at=AT, by=None)
    if approved:
        engineer = staff(Role.ADMINISTRATOR)
        definitions.approve_definition(definition=row.public_id, by=engineer, at=AT, on=AT.date())
    Device.objects.filter(pk=device.pk).update(profile="odd")


def arrive(*messages: bytes, at: datetime) -> list[Fate]:
    """Store some messages as one batch that arrives at ``at``."""
    return services.store_messages(
        [read_raw(raw, received_at=at, peer="127.0.0.1", port=40000) for raw in messages]
    )


def later(minutes: float = 0, seconds: float = 0) -> datetime:
    """Return a time after the day's beginning."""
    return AT + timedelta(minutes=minutes, seconds=seconds)


def journal(raw: bytes) -> None:
    """Put a message where the charter takes it, as the gateway does."""
    JournaledMessage.objects.create(received_at=clock.now(), peer="127.0.0.1", port=1, content=raw)
