"""An infusion pump: it runs what it was told, counts what it gave, and reports both.

Volumes are exact decimals; what is reported is rounded to the tenth of a millilitre, as pumps do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from afterglow.core.errors import InvalidValue
from afterglow.interop.hl7v2.emit import PUMP, Reading, Sender, build_oru
from afterglow.simulator.parameters import parameters
from afterglow.simulator.scenarios import Scenario

_TENTH = Decimal("0.1")
_HOUR_US = Decimal(3_600_000_000)


class PumpStatus(StrEnum):
    """What the pump says it is doing."""

    STANDBY = "pump-status-standby"
    INFUSING = "pump-status-infusing"
    PAUSED = "pump-status-paused"
    COMPLETE = "pump-status-infusion-complete"


@dataclass(frozen=True, slots=True)
class Charted:
    """An infusion as the chart has it, for a pump that follows the chart (demo).

    ``key`` names the infusion: a new key is a new bag. ``delivered_ml`` is what the chart holds as
    given so far; a pump that meets the infusion under way starts counting there.
    """

    key: str
    rate_ml_per_h: Decimal
    volume_ml: Decimal
    mg_per_ml: Decimal
    drug: str = "ketamine"
    delivered_ml: Decimal = Decimal(0)


class Pump:
    """A pump with one channel. Time passes only through ``advance``."""

    def __init__(
        self,
        sender: Sender,
        *,
        now: datetime,
        report_every: timedelta = timedelta(seconds=5),
        clock_offset: timedelta = timedelta(0),
    ) -> None:
        self.sender = sender
        self.scenario = Scenario.CALM
        self.drug = ""
        self.mg_per_ml = Decimal(0)
        self.volume_ml = Decimal(0)
        self.status = PumpStatus.STANDBY
        self._delivered = Decimal(0)  # mL/h × µs: summed exactly, divided only when read
        self._rate = Decimal(0)
        self._now = now
        self._report_every = report_every
        self._next_report = now
        self._clock_offset = clock_offset
        self._following = ""
        self._count = 0
        self._power_on = int(now.timestamp() * 1000)

    @property
    def rate_ml_per_h(self) -> Decimal:
        """What flows: the commanded rate, unless the line runs free or the bag is empty."""
        if self.scenario is Scenario.FREE_FLOW and self.delivered_ml < self.volume_ml:
            return Decimal(parameters().free_flow_ml_per_h)
        return self._rate

    @property
    def delivered_ml(self) -> Decimal:
        """Given from this bag so far, mL."""
        return self._delivered / _HOUR_US

    @property
    def drug_mg_per_h(self) -> float:
        """Drug that reaches the patient, mg/h."""
        return float(self.rate_ml_per_h * self.mg_per_ml)

    def load(self, *, drug: str, volume_ml: Decimal, mg_per_ml: Decimal) -> None:
        """Hang a bag: counters start at zero."""
        if volume_ml <= 0 or mg_per_ml <= 0:
            raise InvalidValue(f"A bag holds something: {volume_ml} mL at {mg_per_ml} mg/mL.")
        self.drug, self.volume_ml, self.mg_per_ml = drug, volume_ml, mg_per_ml
        self._delivered = Decimal(0)
        self._rate, self.status = Decimal(0), PumpStatus.STANDBY

    def command(self, rate_ml_per_h: Decimal) -> None:
        """Run at a rate; zero stops. Raises InvalidValue without a bag or below zero."""
        if rate_ml_per_h < 0:
            raise InvalidValue(f"A pump rate is zero or more, not {rate_ml_per_h} mL/h.")
        if rate_ml_per_h > 0 and self.volume_ml == 0:
            raise InvalidValue("The pump has no bag; load one first.")
        if self.status is PumpStatus.COMPLETE and rate_ml_per_h > 0:
            return
        self._rate = rate_ml_per_h
        if rate_ml_per_h > 0:
            self.status = PumpStatus.INFUSING
        elif self.status is PumpStatus.INFUSING:
            self.status = PumpStatus.PAUSED

    def follow(self, charted: Charted | None) -> bool:
        """Do what the chart says; True when this is an infusion the pump had not met before."""
        if charted is None:
            if self._rate > 0:
                self.command(Decimal(0))
            return False
        new = charted.key != self._following
        if new:
            self.load(drug=charted.drug, volume_ml=charted.volume_ml, mg_per_ml=charted.mg_per_ml)
            self._delivered = min(charted.delivered_ml, charted.volume_ml) * _HOUR_US
            self._following = charted.key
        if charted.rate_ml_per_h != self._rate:
            self.command(charted.rate_ml_per_h)
        return new

    def advance(self, to: datetime) -> None:
        """Let the pump run until ``to``; it stops by itself when the volume is in."""
        passed = to - self._now
        if passed < timedelta(0):
            return
        self._now = to
        flowing = self.rate_ml_per_h
        if flowing <= 0:
            return
        full = self.volume_ml * _HOUR_US
        passed_us = passed // timedelta(microseconds=1)
        self._delivered = min(full, self._delivered + flowing * passed_us)
        if self._delivered >= full:
            self._rate, self.status = Decimal(0), PumpStatus.COMPLETE

    def tick(self, at: datetime) -> bytes | None:
        """Advance to ``at`` and return a report when one is due."""
        self.advance(at)
        if at < self._next_report:
            return None
        self._next_report = at + self._report_every
        return self.report(at)

    def report(self, at: datetime) -> bytes:
        """Return the pump's state as a PCD-01 message, on the pump's own clock."""
        self._count += 1
        own = at + self._clock_offset
        left = max(Decimal(0), self.volume_ml - self.delivered_ml)
        values: list[tuple[str, Decimal | str]] = [
            ("MDC_PUMP_STAT", self.status.value),
            ("MDC_FLOW_FLUID_PUMP", _tenth(self.rate_ml_per_h)),
            ("MDC_VOL_FLUID_TBI", _tenth(self.volume_ml)),
            ("MDC_VOL_FLUID_TBI_REMAIN", _tenth(left)),
            ("MDC_VOL_FLUID_DELIV", _tenth(self.delivered_ml)),
        ]
        if self.drug:
            values.append(("MDC_DRUG_NAME_TYPE", self.drug))
        return build_oru(
            [Reading(refid, value, own) for refid, value in values],
            sender=self.sender,
            control_id=f"{self.sender.eui64[-6:]}-{self._power_on}-{self._count}",
            sent_at=own,
            device=PUMP,
        )


def _tenth(value: Decimal) -> Decimal:
    return value.quantize(_TENTH, ROUND_HALF_UP)
