"""Readings that belong together: the three pressures of one measurement, the state of one pump."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from afterglow.interop.hl7v2.report import Observation, PressurePanel, PumpState

_PRESSURE_SUFFIXES = {"SYS": "systolic", "DIA": "diastolic", "MEAN": "mean"}
_PUMP_PARTS = {
    "MDC_FLOW_FLUID_PUMP": "rate",
    "MDC_VOL_FLUID_DELIV": "delivered",
    "MDC_VOL_INFUS_ACTUAL_TOTAL": "delivered",
    "MDC_VOL_FLUID_TBI": "to_be_infused",
    "MDC_VOL_FLUID_TBI_REMAIN": "remaining",
    "MDC_DRUG_NAME_TYPE": "drug",
    "MDC_PUMP_STAT": "status",
    "MDC_PUMP_MODE": "mode",
}


def pressure_panels(observations: Iterable[Observation]) -> tuple[PressurePanel, ...]:
    """Return pressures grouped by equipment, site of measurement, channel and time.

    Readings of different times never meet in one panel, and a second systolic of the same time
    opens a panel of its own.
    """
    panels: dict[tuple[str, str, str, datetime | None, int], dict[str, Observation]] = {}
    for reading in observations:
        stem, _, suffix = reading.refid.rpartition("_")
        place = _PRESSURE_SUFFIXES.get(suffix)
        if place is None or not stem.startswith("MDC_PRESS_"):
            continue
        count = 0
        while True:
            key = (reading.equipment_id, stem, reading.channel, reading.device_time, count)
            panel = panels.setdefault(key, {})
            if place not in panel:
                panel[place] = reading
                break
            count += 1
    return tuple(
        PressurePanel(
            key[2], key[3], panel.get("systolic"), panel.get("diastolic"), panel.get("mean")
        )
        for key, panel in panels.items()
    )


def pump_states(observations: Iterable[Observation]) -> tuple[PumpState, ...]:
    """Return what each pump channel reports; the last word wins where a channel says it twice."""
    states: dict[tuple[str, str], PumpState] = {}
    for reading in observations:
        place = _PUMP_PARTS.get(reading.refid)
        if place is None:
            continue
        key = (reading.equipment_id, reading.channel)
        state = states.get(key) or PumpState(reading.channel, reading.equipment_id)
        states[key] = state._replace(**{place: reading})
    return tuple(states.values())
