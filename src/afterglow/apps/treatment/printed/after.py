"""The record of the way home, of what was overridden and refused, and of every milligram."""

from __future__ import annotations

from typing import Any

from afterglow.apps.treatment.printed.words import (
    ENDINGS,
    NONE,
    Clock,
    Content,
    answer,
    beside,
    exact,
    facts,
    table,
    words,
)

Section = dict[str, Any]
_CRITERIA = (
    ("steady_gait", "Walks steadily"),
    ("first_walk_accompanied", "First walk accompanied"),
    ("drank_fluid", "Drinks"),
    ("nausea_controlled", "Nausea controlled"),
    ("dissociation_at_baseline", "Dissociation at baseline"),
    ("on_room_air", "Breathes room air"),
    ("iv_removed", "IV line out"),
    ("iv_site_checked", "IV site looked at"),
    ("iv_site_note", "IV site looks"),
    ("suicide_statement_positive", "Says something about ending life"),
    ("suicide_level", "C-SSRS before leaving"),
    ("safety_plan_given", "Safety plan gone through"),
    ("told_no_driving", "Told not to drive"),
    ("written_instructions", "Has written instructions"),
    ("phone_24_h_given", "Has the 24 h number"),
    ("escort_present", "Escort is here"),
    ("escort_is_adult", "Escort is an adult"),
)


def sections(content: Content, clock: Clock) -> list[Section]:
    """Return recovery and discharge, then overrides, refusals and the ledger."""
    return [
        facts("Recovery: the criteria", _criteria(content["recovery"], clock)),
        *(_discharge(row, clock) for row in content["discharges"]),
        table(
            "Overrides",
            ["Time", "Rule", "Reason", "By"],
            [
                [
                    clock.exact(row["at"]),
                    f"{row['sentence']} ({row['code']}, {row['gate']})",
                    row["reason"],
                    f"{row['by']}, as {words(row['role'])}"
                    + (f"; beside {row['beside']}" if row["beside"] else ""),
                ]
                for row in content["overrides"]
            ],
            widths=[0, 3, 2, 2],
            empty="None.",
        ),
        table(
            "Refused",
            ["Time", "What was tried", "Reasons", "By"],
            [
                [
                    clock.exact(row["at"]),
                    words(row["attempted"]),
                    "\n".join(
                        f"{each['sentence']} ({each['code']})"
                        for each in row["reasons"]
                        if each["severity"] == "blocker"
                    ),
                    row["by"],
                ]
                for row in content["refusals"]
            ],
            widths=[0, 1, 4, 1],
            empty="Nothing.",
        ),
        table(
            "Ledger of controlled drug",
            ["Time", "What", "Amount", "Vial", "Reason", "By", "Witness"],
            [
                [
                    clock.exact(row["at"]),
                    words(row["kind"]),
                    exact(row["amount_mg"], "mg"),
                    row["vial"],
                    row["reason"],
                    row["by"],
                    beside(row["witness"]) or NONE,
                ]
                for row in content["ledger"]
            ],
            widths=[0, 0, 0, 0, 2, 1.5, 1.5],
            empty="No milligram was moved.",
        ),
        table(
            "Devices",
            ["Device", "EUI-64", "From", "To"],
            [
                [row["name"], row["eui64"], clock.time(row["from"]), clock.time(row["to"])]
                for row in content["devices"]
            ],
            widths=[2, 2, 1, 1],
        ),
    ]


def _criteria(found: Content | None, clock: Clock) -> list[tuple[str, str]]:
    if found is None:
        return []
    escort = (found["escort_name"], found["escort_relation"], found["escort_phone"])
    asked = clock.time(found["suicide_asked_at"])
    oriented = found["oriented"]
    return [
        ("Oriented", "not checked" if oriented is None else f"{oriented} of 3"),
        *(
            (label, answer(found[name], blank="" if name == "iv_site_note" else "not checked"))
            for name, label in _CRITERIA
        ),
        ("Asked about suicide", asked),
        (
            "C-SSRS found by",
            f"{found['suicide_assessed_by']}, {clock.time(found['suicide_assessed_at'])}"
            if found["suicide_assessed_by"]
            else "",
        ),
        ("Left with", ", ".join(part for part in escort if part)),
    ]


def _discharge(row: Content, clock: Clock) -> Section:
    agreed = row["agreed_by"]
    return facts(
        "Discharge",
        [
            ("Ending", ENDINGS.get(row["ending"], words(row["ending"]))),
            ("Discharged by", f"{row['by']}, {clock.exact(row['at'])}"),
            (
                "Prescriber who agreed",
                f"{agreed['who']}, beside {agreed['beside']}" if agreed else "",
            ),
            *(
                (words(name).capitalize(), _field(value, clock))
                for name, value in row["fields"].items()
            ),
            (
                "The rules said",
                "\n".join(_reason(each) for each in row["reasons"]) or "every criterion is met",
            ),
        ],
    )


def _field(value: Any, clock: Clock) -> str:
    if isinstance(value, str):
        try:
            return clock.full(value)
        except ValueError:
            return value
    return answer(value)


def _reason(each: Content) -> str:
    tail = ", overridden" if each["overridden"] else ""
    return f"{each['sentence']} ({each['severity']}{tail})"
