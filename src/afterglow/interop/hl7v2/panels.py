"""Readings that belong together: the three pressures of one measurement, the state of one pump."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from afterglow.core.monitoring.catalogue import PumpMetric, identify
from afterglow.interop.hl7v2.report import Observation, PressurePanel, PumpState

_PRESSURE_SUFFIXES = {"SYS": "systolic", "DIA": "diastolic", "MEAN": "mean"}
_PUMP_PARTS = {
    PumpMetric.PUMP_RATE: "rate",
    PumpMetric.VOLUME_DELIVERED: "delivered",
    PumpMetric.VOLUME_TO_BE_INFUSED: "to_be_infused",
    PumpMetric.VOLUME_REMAINING: "remaining",
    PumpMetric.DRUG_NAME: "drug",
    PumpMetric.PUMP_STATUS: "status",
    PumpMetric.PUMP_MODE: "mode",
}


@lru_cache(maxsize=1024)
def _place(code: int | None, refid: str) -> tuple[str, str]:
    """Where a reading belongs in a pressure panel: the number is followed, the name is a help."""
    known = identify(code, refid).term
    name = known.refid if known else refid
    stem, _, suffix = name.rpartition("_")
    return stem, _PRESSURE_SUFFIXES.get(suffix, "") if name.startswith("MDC_PRESS_") else ""


@lru_cache(maxsize=1024)
def _pump_part(code: int | None, refid: str) -> str:
    """Which part of a pump's state a reading is, or "" for none."""
    metric = identify(code, refid).metric
    return _PUMP_PARTS.get(metric, "") if isinstance(metric, PumpMetric) else ""


def pressure_panels(observations: Iterable[Observation]) -> tuple[PressurePanel, ...]:
    """Return pressures grouped by equipment, site of measurement, channel and time.

    Readings of different times never meet in one panel, and a second systolic of the same time
    opens a panel of its own.
    """
    panels: dict[tuple[str, str, str, datetime | None, int], dict[str, Observation]] = {}
    for reading in observations:
        stem, place = _place(reading.mdc_code, reading.refid)
        if not place:
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
        place = _pump_part(reading.mdc_code, reading.refid)
        if not place:
            continue
        key = (reading.equipment_id, reading.channel)
        state = states.get(key) or PumpState(reading.channel, reading.equipment_id)
        states[key] = PumpState(**{**state._asdict(), place: reading})
    return tuple(states.values())
