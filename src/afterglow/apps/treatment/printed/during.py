"""The record of the drip: pump, totals, medicines, events, alarms, scores."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from afterglow.apps.treatment.printed.words import (
    INFUSION_ENDINGS,
    NONE,
    Clock,
    Content,
    beside,
    exact,
    facts,
    table,
    toned,
    words,
)
from afterglow.core.monitoring.alarm_state import AlarmActKind
from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.web.formats import number

Section = dict[str, Any]
_TONES = {
    AlarmPriority.HIGH: ("Red", "red"),
    AlarmPriority.MEDIUM: ("Amber", "amber"),
    AlarmPriority.LOW: ("Low", ""),
}
_TOLD = frozenset(
    {
        AlarmActKind.ESCALATED,
        AlarmActKind.EASED,
        AlarmActKind.REMINDED,
        AlarmActKind.SILENCED,
        AlarmActKind.TOLD_SITE,
        AlarmActKind.TOLD_PRESCRIBER,
    }
)
_IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)")
_ACTS = {
    AlarmActKind.REMINDED: "still there, asked again",
    AlarmActKind.TOLD_SITE: "told to the other screens",
    AlarmActKind.TOLD_PRESCRIBER: "told to the prescriber",
}


def drip(content: Content, clock: Clock) -> list[Section]:
    """Return what the pump did and what reached the patient."""
    infusion = content["infusion"]
    return [
        table(
            "Pump",
            ["Time", "What", "Rate", "Reason", "By"],
            [
                [
                    clock.exact(row["at"]) + _late(row, clock),
                    _struck(words(row["kind"]), row, clock),
                    exact(row["rate_ml_per_h"], "mL/h"),
                    row["reason"],
                    row["by"],
                ]
                for row in (infusion or {}).get("actions", [])
            ],
            widths=[0, 0, 0, 1, 0],
            empty="Nothing was infused.",
        ),
        facts("Totals", totals(content, clock)),
    ]


def totals(content: Content, clock: Clock) -> list[tuple[str, str]]:
    """Return where every milligram went, by ledger, chart and pump."""
    lines = content["ledger"]

    def total(kind: str) -> str:
        amounts = [Decimal(line["amount_mg"]) for line in lines if line["kind"] == kind]
        return f"{number(sum(amounts, Decimal(0)))} mg"

    drawn = [("Drawn", total("drawn")), ("Given", total("given")), ("Wasted", total("wasted"))]
    infusion = content["infusion"]
    if infusion is None:
        return [*drawn, ("Infused", "nothing")]
    ending = INFUSION_ENDINGS.get(infusion["ending"], words(infusion["ending"]))
    pump = infusion["pump_ml"]
    counts = "pump" if infusion["given_by"] == "pump" else "chart"
    differs = [
        (
            "Pump and chart differed",
            f"{exact(row['charted_ml'], 'mL')} charted, {exact(row['pump_ml'], 'mL')} by the pump; "
            f"the {row['truth']} is right: {row['reason']} ({row['by']}, {clock.time(row['at'])})",
        )
        for row in infusion["differences"]
    ]
    agreed = clock.exact(infusion["pump_agreed_at"])
    return [
        *drawn,
        ("Infused by the chart", exact(infusion["charted_ml"], "mL")),
        ("Infused by the pump", "the pump reported nothing" if pump is None else exact(pump, "mL")),
        ("What counts", f"{exact(infusion['given_mg'], 'mg')}, by the {counts}"),
        *differs,
        ("Started", clock.exact(infusion["started_at"])),
        ("Stopped", f"{clock.exact(infusion['ended_at'])}, {ending}"),
        ("Why", infusion["ending_reason"]),
        ("Pump said stopped", agreed),
    ]


def story(content: Content, clock: Clock) -> list[Section]:
    """Return everything that happened: medicines, events, alarms, readings that were missed."""
    return [
        table(
            "Other medicines given",
            ["Time", "Medicine", "Dose", "For", "By", "Witness"],
            [
                [
                    clock.exact(row["at"]) + _late(row, clock),
                    _struck(row["product"], row, clock),
                    f"{exact(row['dose_mg'], 'mg')} {row['route']}",
                    row["indication"],
                    row["by"],
                    beside(row["witness"]) or NONE,
                ]
                for row in content["medicines_given"]
            ],
            widths=[0, 0, 0, 1, 0, 0],
            empty="None.",
        ),
        table(
            "Events and symptoms",
            ["", "Time", "What", "Words", "By"],
            [
                [
                    str(row["number"]),
                    clock.exact(row["at"]) + _late(row, clock),
                    _event(row, clock),
                    row["text"] + (" (withdrawn)" if row["withdrawn"] else ""),
                    row["by"],
                ]
                for row in content["events"]
            ],
            widths=[0, 0, 1, 2, 0],
            empty="None.",
        ),
        table(
            "Alarms",
            ["Raised", "Level", "What", "Acknowledged", "Symptoms", "Ended"],
            [_alarm(row, clock) for row in content["alarms"]],
            widths=[0, 0, 3, 2, 0, 0],
            empty="None.",
        ),
        table(
            "Readings that were missed",
            ["Due", "Reason", "By"],
            [
                [clock.time(row["due_at"]), row["reason"], row["by"]]
                for row in content["missed_readings"]
            ],
            widths=[0, 2, 1],
            empty="None.",
        ),
        *_from_the_queue(content, clock),
    ]


def _from_the_queue(content: Content, clock: Clock) -> list[Section]:
    """Return what people charted of messages that waited, where they did; a mismatch says why."""
    rows = content.get("charted_from_the_queue", ())
    if not rows:
        return []
    return [
        table(
            "Charted from the review queue",
            ["Charted", "Readings", "By", "Why"],
            [
                [
                    clock.time(row["at"]),
                    str(row["vital_signs"] + row["pump_readings"]),
                    row["by"],
                    _struck(_why(row), row, clock),
                ]
                for row in rows
            ],
            widths=[0, 0, 1, 3],
        )
    ]


def _why(row: Content) -> str:
    if not row["is_mismatch"]:
        return "what it says of the patient agrees, or names nobody"
    differ = ", ".join(words(each) for each in row["differing"]) or "not enough was said"
    return f"did not prove who it was ({differ}): {row['reason']}"


def scores(content: Content, clock: Clock) -> Section:
    """Return the scales, those that were replaced left out."""
    return table(
        "Scores",
        ["Time", "Scale", "Score", "By"],
        [_score(row, clock) for row in content["assessments"] if not row["replaced"]],
        widths=[0, 2, 2, 1],
    )


def _struck(text: str, row: Content, clock: Clock) -> str:
    """Say of an entry that it was made in error, by whom and why, if it was."""
    back = row.get("taken_back")
    if not back:
        return text
    second = f" with {back['second']}" if back.get("second") else ""
    return (
        f"{text} [ENTERED IN ERROR: {back['reason']} ({back['by']}{second}, "
        f"{clock.time(back['at'])})]"
    )


def _late(row: Content, clock: Clock) -> str:
    """Say when something was charted, if that was not in the same minute as it happened."""
    at, recorded = clock.time(row["at"]), clock.time(row["recorded_at"])
    return "" if at == recorded else f" (charted {recorded})"


def _event(row: Content, clock: Clock) -> str:
    """Return what happened and what belongs to it; what only a machine reads is left out."""
    kind, label = words(row["kind"]), row["label"]
    named = f"{kind}: {words(label)}" if label else kind
    told = ", ".join(
        f"{words(name).removesuffix(' name')} {said}"
        for name, value in row["data"].items()
        if str(value) != label and (said := _told(value, clock))
    )
    if row["data"].get("sheet_unknown"):
        told = ", ".join(filter(None, (told, "nobody is known to have printed this sheet")))
    return f"{named} ({told})" if told else named


def _told(value: Any, clock: Clock) -> str:
    """Return a value as words: an instant on the site's clock, and nothing for an identifier."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    if _IDENTIFIER.fullmatch(str(value)):
        return ""
    if _INSTANT.fullmatch(str(value)):
        return clock.exact(str(value))
    return words(value)


def _score(row: Content, clock: Clock) -> list[str]:
    values = [
        f"{words(score['name'])} {exact(score['value'])}"
        + (f" ({words(score['band'])})" if score["band"] else "")
        for score in row["scores"]
        if score["value"] is not None
    ]
    if not values:
        values = [f"{words(item)} {value}" for item, value in row["answers"].items()]
    name = _struck(f"{row['title']}, version {row['version']}", row, clock)
    return [clock.time(row["at"]), name, ", ".join(values), row["by"]]


def _alarm(row: Content, clock: Clock) -> list[Any]:
    level, tone = _TONES.get(row["highest_priority"], (words(row["highest_priority"]), ""))
    story = " · ".join(
        f"{clock.exact(act['at'])} {_ACTS.get(act['act'], words(act['act']))}"
        + (f" ({act['seen']})" if act["seen"] else "")
        for act in row["acts"]
        if act["act"] in _TOLD
    )
    symptoms = {True: "yes", False: "no", None: NONE}[row["symptomatic"]]
    return [
        clock.exact(row["raised_at"]),
        toned(level, tone),
        row["sentence"] + (f"\n{story}" if story else ""),
        _seen_by(row, clock),
        symptoms,
        clock.exact(row["ended_at"]) or "still open",
    ]


def _seen_by(row: Content, clock: Clock) -> str:
    """Return everybody who acknowledged it, in order: the first is who the month's report counts.

    A record from before each act named its person has the last one only.
    """
    acts = [
        f"{act['by']}, {clock.exact(act['at'])}"
        for act in row["acts"]
        if act["act"] == AlarmActKind.ACKNOWLEDGED and act.get("by")
    ]
    if not acts and row["acknowledged_at"]:
        acts = [f"{row['acknowledged_by']}, {clock.exact(row['acknowledged_at'])}"]
    return "\n".join(dict.fromkeys(acts)) or "by nobody"
