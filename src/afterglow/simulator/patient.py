"""A patient whose pressure, pulse and breath answer ketamine: plausible, seeded, repeatable.

Two compartments give the plasma concentration; each sign moves from its resting value by the rise
expected at the usual dose times (concentration / reference) to the power of the steepness. Noise
is correlated over half a minute, as on a real monitor. For demo and rehearsal only.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from afterglow.core.errors import InvalidValue
from afterglow.simulator.parameters import Parameters, Signs, parameters
from afterglow.simulator.scenarios import Scenario

_STEP_S = 5.0
_NAMES = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate", "etco2")


@dataclass(frozen=True, slots=True)
class Person:
    """Who is simulated. Shifts are added to the resting values: mmHg and beats per minute."""

    weight_kg: float = 70.0
    pressure_shift_mmhg: float = 0.0
    heart_rate_shift: float = 0.0
    sensitivity: float = 1.0

    def __post_init__(self) -> None:
        if not 20 <= self.weight_kg <= 400:
            raise InvalidValue(f"A simulated patient weighs 20 to 400 kg, not {self.weight_kg}.")


class SimulatedPatient:
    """State that moves only through ``advance``; the same seed and calls give the same signs."""

    def __init__(self, person: Person, *, seed: int, numbers: Parameters | None = None) -> None:
        self.person = person
        self.scenario = Scenario.CALM
        self._numbers = numbers or parameters()
        self._random = random.Random(seed)  # noqa: S311 (repeatable noise, not a secret)
        self._central_mg = 0.0
        self._peripheral_mg = 0.0
        self._noise = dict.fromkeys(_NAMES, 0.0)
        self._gain = 1.0
        self._hypoxia = 0.0
        self._retained = 0.0
        self._distress = 0.0

    @property
    def concentration_ng_per_ml(self) -> float:
        """Ketamine in plasma, ng/mL."""
        litres = self._numbers.v1_l_per_kg * self.person.weight_kg
        return self._central_mg / litres * 1000.0

    @property
    def body_amount_mg(self) -> float:
        """Ketamine still in the body, mg."""
        return self._central_mg + self._peripheral_mg

    def advance(self, seconds: float, *, drug_mg_per_h: float = 0.0) -> None:
        """Let time pass while the drug runs in at a constant rate."""
        if seconds < 0 or drug_mg_per_h < 0:
            raise InvalidValue(f"Time and dose run forwards: {seconds} s, {drug_mg_per_h} mg/h.")
        left = seconds
        reaches = 0.0 if self.scenario is Scenario.EXTRAVASATION else drug_mg_per_h
        while left > 0:
            step = min(left, _STEP_S)
            self._absorb(step / 60.0, reaches / 60.0)
            self._waver(step)
            self._follow_scenario(step)
            left -= step

    def signs(self) -> Signs:
        """Return the signs at this moment, without rounding."""
        numbers, person = self._numbers, self.person
        ratio = self.concentration_ng_per_ml / numbers.reference_ng_per_ml
        effect = person.sensitivity * ratio**numbers.steepness
        pressure_effect = effect * self._gain
        rest, rise, noise = numbers.rest, numbers.rise, self._noise
        spo2 = rest.spo2 + rise.spo2 * min(effect, 4.0)
        breaths = rest.respiratory_rate + rise.respiratory_rate * min(effect, 4.0)
        spo2 += self._hypoxia * (numbers.desaturation_spo2 - spo2)
        breaths += self._hypoxia * (numbers.desaturation_respiratory_rate - breaths)
        etco2 = rest.etco2 + rise.etco2 * min(effect, 4.0)
        etco2 += self._retained * (numbers.desaturation_etco2 - etco2)
        distress = self._distress
        breaths += distress * numbers.distress_respiratory_rate
        shift = person.pressure_shift_mmhg + distress * numbers.distress_systolic
        return Signs(
            systolic=rest.systolic + shift + rise.systolic * pressure_effect + noise["systolic"],
            diastolic=rest.diastolic
            + shift / 2
            + rise.diastolic * pressure_effect
            + noise["diastolic"],
            heart_rate=rest.heart_rate
            + person.heart_rate_shift
            + rise.heart_rate * effect
            + distress * numbers.distress_heart_rate
            + self._hypoxia * numbers.desaturation_heart_rate
            + noise["heart_rate"],
            spo2=min(100.0, spo2 + noise["spo2"]),
            respiratory_rate=max(0.0, breaths + noise["respiratory_rate"]),
            etco2=etco2 + noise["etco2"],
        )

    def _absorb(self, minutes: float, mg_per_min: float) -> None:
        n = self._numbers
        central, peripheral = self._central_mg, self._peripheral_mg
        # Midpoint method: at five seconds a step its error is far below the noise.
        half = minutes / 2
        mid_c = central + half * (mg_per_min - (n.k10 + n.k12) * central + n.k21 * peripheral)
        mid_p = peripheral + half * (n.k12 * central - n.k21 * peripheral)
        self._central_mg += minutes * (mg_per_min - (n.k10 + n.k12) * mid_c + n.k21 * mid_p)
        self._peripheral_mg += minutes * (n.k12 * mid_c - n.k21 * mid_p)

    def _waver(self, seconds: float) -> None:
        keep = math.exp(-seconds / self._numbers.noise_correlation_s)
        fresh = math.sqrt(1.0 - keep * keep)
        for name in _NAMES:
            sd = getattr(self._numbers.noise_sd, name)
            self._noise[name] = keep * self._noise[name] + fresh * self._random.gauss(0.0, sd)

    def _follow_scenario(self, seconds: float) -> None:
        toward = 1.0 - math.exp(-seconds / self._numbers.onset_s)
        high = self.scenario is Scenario.HYPERTENSION
        low = self.scenario is Scenario.DESATURATION
        gain = self._numbers.hypertension_gain if high else 1.0
        self._gain += toward * (gain - self._gain)
        self._hypoxia += toward * ((1.0 if low else 0.0) - self._hypoxia)
        # Carbon dioxide that is not breathed out gathers for minutes; it leaves as slowly.
        gathers = 1.0 - math.exp(-seconds / self._numbers.co2_rise_s)
        self._retained += gathers * (self._hypoxia - self._retained)
        upset = self.scenario is Scenario.EMERGENCE_DISTRESS
        self._distress += toward * ((1.0 if upset else 0.0) - self._distress)
