"""A bedside monitor: numerics every few seconds, the cuff at its interval and when asked.

Its clock may be wrong by an offset, as clocks of monitors are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from afterglow.core.errors import InvalidValue
from afterglow.interop.hl7v2.emit import Reading, Sender, build_oru
from afterglow.simulator.parameters import Signs
from afterglow.simulator.patient import SimulatedPatient
from afterglow.simulator.scenarios import Scenario


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """How the monitor is set. ``pressure_takes`` is the time from inflation to the reading."""

    numerics_every: timedelta = timedelta(seconds=2)
    pressure_every: timedelta = timedelta(minutes=10)
    pressure_takes: timedelta = timedelta(seconds=20)
    clock_offset: timedelta = timedelta(0)
    capnography: bool = True

    def __post_init__(self) -> None:
        if self.numerics_every <= timedelta(0) or self.pressure_every <= timedelta(0):
            raise InvalidValue("A monitor's intervals are longer than zero.")


class Monitor:
    """A monitor at one patient. ``tick`` gives a message whenever something is due."""

    def __init__(
        self,
        sender: Sender,
        patient: SimulatedPatient,
        *,
        now: datetime,
        settings: MonitorSettings | None = None,
    ) -> None:
        self.sender = sender
        self.patient = patient
        self.settings = settings or MonitorSettings()
        self.scenario = Scenario.CALM
        self._next_numerics = now
        self._next_pressure = now
        self._inflated_at: datetime | None = None
        self._count = 0
        self._power_on = int(now.timestamp() * 1000)

    def measure_pressure(self, at: datetime) -> None:
        """Inflate the cuff now, as when someone presses the key. A measurement under way stands."""
        if self._inflated_at is None:
            self._inflated_at = at
            self._next_pressure = at + self.settings.pressure_every

    def tick(self, at: datetime) -> bytes | None:
        """Return a message when numerics are due or a pressure is ready, else None."""
        if at >= self._next_pressure:
            self.measure_pressure(at)
        pressure_ready = (
            self._inflated_at is not None and at - self._inflated_at >= self.settings.pressure_takes
        )
        if at < self._next_numerics and not pressure_ready:
            return None
        own = at + self.settings.clock_offset
        signs = self.patient.signs()
        readings = []
        if at >= self._next_numerics:
            self._next_numerics = at + self.settings.numerics_every
            readings += self._numerics(signs, own)
        if pressure_ready:
            self._inflated_at = None
            readings += _pressures(signs, own)
        self._count += 1
        return build_oru(
            readings,
            sender=self.sender,
            control_id=f"{self.sender.eui64[-6:]}-{self._power_on}-{self._count}",
            sent_at=own,
        )

    def _numerics(self, signs: Signs, at: datetime) -> list[Reading]:
        off = self.scenario is Scenario.PROBE_OFF
        values = [
            ("MDC_ECG_HEART_RATE", signs.heart_rate),
            ("MDC_PULS_OXIM_SAT_O2", 0.0 if off else signs.spo2),
            ("MDC_PULS_OXIM_PULS_RATE", 0.0 if off else signs.heart_rate),
        ]
        if self.settings.capnography:
            values += [
                ("MDC_AWAY_CO2_ET", signs.etco2),
                ("MDC_CO2_RESP_RATE", signs.respiratory_rate),
            ]
        else:
            values.append(("MDC_RESP_RATE", signs.respiratory_rate))
        return [Reading(refid, _whole(value), at) for refid, value in values]


def _pressures(signs: Signs, at: datetime) -> list[Reading]:
    mean = signs.diastolic + (signs.systolic - signs.diastolic) / 3
    return [
        Reading("MDC_PRESS_BLD_NONINV_SYS", _whole(signs.systolic), at),
        Reading("MDC_PRESS_BLD_NONINV_DIA", _whole(signs.diastolic), at),
        Reading("MDC_PRESS_BLD_NONINV_MEAN", _whole(mean), at),
    ]


def _whole(value: float) -> Decimal:
    """The crossing from simulation to what a device sends: whole numbers, half up."""
    return Decimal(value).quantize(Decimal(1), ROUND_HALF_UP)
