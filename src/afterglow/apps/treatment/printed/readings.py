"""Every reading as a number: one row a pressure, with its source; artefacts in brackets."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from afterglow.apps.treatment.printed.words import Clock, Content, exact, sign_words, table, words
from afterglow.core.monitoring.catalogue import VitalSignCode, definition

BESIDE: Final = timedelta(seconds=90)
"""Heart rate, saturation and breaths of a monitor stand beside the pressure within this time."""
ALONE: Final = timedelta(minutes=5)
"""Where a monitor sends no pressure, one row so often."""
_TWO_TIMES: Final = timedelta(minutes=1)
"""Above this both times are printed: when it was seen and when it was entered."""
_OTHERS: Final = ("heart_rate", "spo2", "respiratory_rate")
_RARE: Final = ("mean", "pulse_rate", "etco2", "temperature")
_BP: Final = ("systolic", "diastolic")


def readings(content: Content, clock: Clock) -> dict[str, Any]:
    """Return the table. A value in brackets is marked as an artefact, or was not believed."""
    signs = content["vital_signs"]
    rows = [
        *_by_hand(signs["by_hand"], clock),
        *(
            row
            for name in sorted({line["device"] for line in signs["trend"]})
            for row in _by_device(name, [r for r in signs["trend"] if r["device"] == name], clock)
        ),
    ]
    everything = signs["all"]
    section = table(
        "Readings",
        ["Time", "Source", "BP mmHg", "HR", "SpO2 %", "RR", "Remarks"],
        [cells for _at, cells in sorted(rows, key=lambda each: each[0])],
        widths=[0, 2, 0, 0, 0, 0, 2],
        empty="None.",
    )
    section["note"] = (
        f"By hand in full; a monitor's with each pressure. [Brackets]: artefact, or not believed. "
        f"Stored in all: {everything['count']} values, SHA-256 {everything['sha256'][:16]}…"
    )
    return section


def artefacts(content: Content, clock: Clock) -> list[dict[str, Any]]:
    """Return every reading that somebody marked, or believed again; those of one act together."""
    acts: dict[tuple[str, str, str, bool, str], list[Content]] = {}
    for row in content["artefacts"]:
        act = (row["at"], row["by"], row["sign"], row["is_artefact"], row["reason"])
        acts.setdefault(act, []).append(row)
    if not acts:
        return []
    return [
        table(
            "Readings marked as artefact",
            ["Taken", "Sign", "Values", "Why", "Marked by"],
            [
                [
                    _from_to([clock.exact(row["taken_at"]) for row in marked]),
                    sign_words(sign),
                    f"{', '.join(exact(row['value']) for row in marked)} {_unit(marked[0])}",
                    reason if is_artefact else f"{reason} (counts again)".strip(),
                    f"{by}, {clock.time(at)}",
                ]
                for (at, by, sign, is_artefact, reason), marked in acts.items()
            ],
            widths=[0, 0, 2, 2, 1],
        )
    ]


def _from_to(times: list[str]) -> str:
    first, last = min(times), max(times)
    return first if first == last else f"{first} to {last}"


def _by_hand(lines: Iterable[Content], clock: Clock) -> list[tuple[datetime, list[str]]]:
    sets: dict[tuple[str, str], list[Content]] = {}
    for line in lines:
        sets.setdefault((line["at"], line["by"]), []).append(line)
    found = []
    for (at, by), taken in sets.items():
        recorded = max(line["recorded_at"] for line in taken)
        is_late = clock.local(recorded) - clock.local(at) > _TWO_TIMES
        late = [f"charted {clock.time(recorded)}"] if is_late else []
        late += dict.fromkeys(
            f"from paper, measured by {line['on_paper_by']}"
            for line in taken
            if line.get("on_paper_by")
        )
        found.append((clock.local(at), _cells(at, f"by hand, {by}", taken, clock, late)))
    return found


def _by_device(name: str, lines: list[Content], clock: Clock) -> list[tuple[datetime, list[str]]]:
    """Return one row a pressure; between two that lie far apart, one every few minutes."""
    pressures: dict[str, list[Content]] = {}
    others = []
    for line in lines:
        if line["sign"] in (*_BP, "mean"):
            pressures.setdefault(line["at"], []).append(line)
        else:
            others.append(line)
    found = []
    shown: list[datetime] = []
    for at, taken in sorted(pressures.items()):
        near = [n for sign in (*_OTHERS, *_RARE) if (n := _nearest(sign, at, others, clock))]
        shown.append(clock.local(at))
        found.append((clock.local(at), _cells(at, name, [*taken, *near], clock, [])))
    by_time: dict[str, list[Content]] = {}
    for line in others:
        by_time.setdefault(line["at"], []).append(line)
    for at, taken in sorted(by_time.items()):
        spoilt = any(line["artefact"] or line["flag"] for line in taken)
        if spoilt or all(abs(clock.local(at) - each) >= ALONE for each in shown):
            if not spoilt:
                shown.append(clock.local(at))
            found.append((clock.local(at), _cells(at, name, taken, clock, [])))
    return found


def _nearest(sign: str, at: str, lines: Iterable[Content], clock: Clock) -> Content | None:
    mine = [
        (abs(clock.local(line["at"]) - clock.local(at)), line["at"], line)
        for line in lines
        if line["sign"] == sign and not (line["artefact"] or line["flag"])
    ]
    apart, _at, line = min(mine, key=lambda each: each[:2], default=(None, "", None))
    return line if apart is not None and apart <= BESIDE else None


def _cells(
    at: str, source: str, lines: list[Content], clock: Clock, remarks: list[str]
) -> list[str]:
    by_sign = {line["sign"]: line for line in lines}
    pressure = [_value(by_sign[sign]) for sign in _BP if sign in by_sign]
    said = list(remarks)
    for sign in _RARE:
        if sign in by_sign:
            line = by_sign[sign]
            said.append(f"{sign_words(sign)} {_value(line)} {_unit(line)}")
    said += dict.fromkeys(f"artefact: {line['artefact']}" for line in lines if line["artefact"])
    said += dict.fromkeys(f"not believed: {words(line['flag'])}" for line in lines if line["flag"])
    return [
        clock.time(at),
        source,
        "/".join(pressure),
        *(_value(by_sign[sign]) if sign in by_sign else "" for sign in _OTHERS),
        "; ".join(said),
    ]


def _unit(line: Content) -> str:
    """Return the unit as the clinic writes it: mmHg, not the code mm[Hg]."""
    return definition(VitalSignCode(line["sign"])).shown_unit


def _value(line: Content) -> str:
    number = exact(line["value"])
    return f"[{number}]" if line["artefact"] or line["flag"] else number
