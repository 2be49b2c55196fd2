"""The numbers of the simulated patient, from ``data/simulator.json``, each with its source."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from afterglow.core.cited import Section


@dataclass(frozen=True, slots=True)
class Signs:
    """One number per sign: pressures and EtCO2 in mmHg, rates per minute, SpO2 in percent."""

    systolic: float
    diastolic: float
    heart_rate: float
    spo2: float
    respiratory_rate: float
    etco2: float


@dataclass(frozen=True, slots=True)
class Parameters:
    """Everything that shapes the simulated patient. Rates are per minute, volumes in L/kg."""

    v1_l_per_kg: float
    k10: float
    k12: float
    k21: float
    reference_ng_per_ml: float
    rise: Signs
    steepness: float
    rest: Signs
    noise_sd: Signs
    noise_correlation_s: float
    hypertension_gain: float
    desaturation_spo2: float
    desaturation_respiratory_rate: float
    desaturation_etco2: float
    desaturation_heart_rate: float
    co2_rise_s: float
    distress_heart_rate: float
    distress_systolic: float
    distress_respiratory_rate: float
    onset_s: float
    free_flow_ml_per_h: str


@cache
def parameters() -> Parameters:
    """Return the packaged parameters. Raises InvalidValue when one is missing or mis-stated."""
    text = resources.files("afterglow").joinpath("data", "simulator.json").read_text("utf-8")
    body = Section("simulator", json.loads(text))
    kinetics, rise = body.section("pharmacokinetics"), body.section("rise_at_reference")
    noise, scenarios = body.section("noise_sd"), body.section("scenarios")
    return Parameters(
        v1_l_per_kg=float(kinetics.number("v1", unit="L/kg")),
        k10=float(kinetics.number("k10", unit="1/min")),
        k12=float(kinetics.number("k12", unit="1/min")),
        k21=float(kinetics.number("k21", unit="1/min")),
        reference_ng_per_ml=float(kinetics.number("reference", unit="ng/mL")),
        rise=_signs(rise),
        steepness=float(rise.number("steepness", unit="1")),
        rest=_signs(body.section("at_rest")),
        noise_sd=_signs(noise),
        noise_correlation_s=float(noise.number("correlation_time", unit="s")),
        hypertension_gain=float(scenarios.number("hypertension_gain", unit="1")),
        desaturation_spo2=float(scenarios.number("desaturation_spo2", unit="%")),
        desaturation_respiratory_rate=float(
            scenarios.number("desaturation_respiratory_rate", unit="/min")
        ),
        desaturation_etco2=float(scenarios.number("desaturation_etco2", unit="mmHg")),
        desaturation_heart_rate=float(scenarios.number("desaturation_heart_rate", unit="/min")),
        co2_rise_s=float(scenarios.number("co2_rise", unit="s")),
        distress_heart_rate=float(scenarios.number("distress_heart_rate", unit="/min")),
        distress_systolic=float(scenarios.number("distress_systolic", unit="mmHg")),
        distress_respiratory_rate=float(scenarios.number("distress_respiratory_rate", unit="/min")),
        onset_s=float(scenarios.number("onset", unit="s")),
        free_flow_ml_per_h=str(scenarios.number("free_flow", unit="mL/h")),
    )


def _signs(section: Section) -> Signs:
    return Signs(
        systolic=float(section.number("systolic", unit="mmHg")),
        diastolic=float(section.number("diastolic", unit="mmHg")),
        heart_rate=float(section.number("heart_rate", unit="/min")),
        spo2=float(section.number("spo2", unit="%")),
        respiratory_rate=float(section.number("respiratory_rate", unit="/min")),
        etco2=float(section.number("etco2", unit="mmHg")),
    )
