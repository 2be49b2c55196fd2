"""The record before the first drop: who, consent, the door, weight, order, bag."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from afterglow.apps.treatment.printed.words import (
    ENDINGS,
    NONE,
    Clock,
    Content,
    answer,
    beside,
    day_words,
    diluent_words,
    exact,
    facts,
    table,
    words,
)
from afterglow.web.formats import rounding_words

Section = dict[str, Any]


def sections(content: Content, clock: Clock) -> list[Section]:
    """Return the sections in the order of the day."""
    return [
        facts("Patient", _patient(content)),
        facts("Session", _session(content, clock)),
        facts("Consent", _consent(content["consent"], clock)),
        facts("Check-in", _check_in(content["check_in"], clock)),
        table(
            "Medicines of today",
            ["Medicine", "Taken", "Dose", "Said to"],
            [
                [
                    row["name"],
                    clock.time(row["taken_at"]) or "held",
                    row["dose"] or NONE,
                    f"{row['by']}, {clock.time(row['at'])}",
                ]
                for row in content["medicines_today"]
            ],
            widths=[2, 1, 1, 2],
            empty="None were named.",
        ),
        table(
            "Weight",
            ["Time", "On the scale", "Remarks", "By"],
            [_mass(row, clock) for row in content["masses"]],
            widths=[0, 0, 2, 1],
            empty="Not weighed.",
        ),
        facts("Order", _order(content["order"], clock)),
        *(_bag(bag, number, content, clock) for number, bag in enumerate(content["preparations"])),
        table(
            "Dose plan",
            ["Step", "Arithmetic", "Result"],
            [
                [step["label"], rounding_words(step["formula"]), step["result"]]
                for bag in content["preparations"]
                if not bag["discarded_at"]
                for step in bag["arithmetic"]
            ],
            widths=[3, 5, 2],
        ),
    ]


def mass_today(content: Content) -> str:
    """Return the last mass that was not taken back, or nothing."""
    counted = [row for row in content["masses"] if row["taken_back"] is None]
    return exact(counted[-1]["mass_kg"], "kg") if counted else ""


def _patient(content: Content) -> list[tuple[str, str]]:
    patient = content["patient"]
    return [
        ("Name", f"{patient['family_name']}, {patient['given_name']}"),
        ("Born", day_words(patient["date_of_birth"])),
        ("MRN", patient["mrn"]),
        ("Sex at birth", words(patient["sex_at_birth"])),
        ("Weight today", mass_today(content) or NONE),
        ("Allergies", ", ".join(patient["allergies"]) or words(patient["allergy_review"])),
    ]


def _session(content: Content, clock: Clock) -> list[tuple[str, str]]:
    day, protocol, site = content["session"], content["protocol"], content["site"]
    return [
        ("Site", f"{site['name']}, {site['phone']}"),
        ("Room", day["room"]),
        ("Watched by", day["clinician"]),
        ("Checked in", clock.exact(day["checked_in_at"])),
        ("Ended", clock.exact(day["ended_at"])),
        ("Ending", ENDINGS.get(day["ending"], words(day["ending"]))),
        ("Reason", day["ending_reason"]),
        ("Protocol", f"{protocol['key']} version {protocol['version']}"),
        ("Protocol's SHA-256", protocol["sha256"]),
    ]


def _consent(consent: Content | None, clock: Clock) -> list[tuple[str, str]]:
    if consent is None:
        return [("Consent", "none was in force when the infusion began")]
    taken_back = consent["withdrawn"]
    return [
        ("Text", f"{consent['title']}, version {consent['version']}"),
        ("Signed", f"{consent['signed_name']}, {clock.full(consent['signed_at'])}"),
        ("How", words(consent["method"])),
        ("Explained by", consent["explained_by"]),
        ("Valid until", day_words(consent["expires_on"]) or "no end set"),
        ("Text's SHA-256", consent["sha256"]),
        (
            "Withdrawn",
            f"{clock.full(taken_back['at'])}, {taken_back['by']} {taken_back['reason']}".strip()
            if taken_back
            else "",
        ),
    ]


def _check_in(said: Content | None, clock: Clock) -> list[tuple[str, str]]:
    if said is None:
        return []

    def last(asked: str, at: str) -> str:
        if said[at]:
            return f"yes, last at {clock.time(said[at])}"
        return "none" if said[asked] else "not asked"

    def who(by: str, at: str) -> str:
        return f"{said[by]}, {clock.time(said[at])}" if said[by] else NONE

    escort = (said["escort_name"], said["escort_relation"], said["escort_phone"])
    return [
        ("Identified by", answer(said["identifiers"])),
        ("Identity checked by", who("identified_by", "identified_at")),
        ("Last solid food", clock.time(said["last_solid_at"]) or "not asked"),
        ("Last clear fluid", clock.time(said["last_clear_fluid_at"]) or "not asked"),
        ("Alcohol or street drugs", last("alcohol_or_drugs_asked", "alcohol_or_drugs_last_at")),
        ("Cannabis", last("cannabis_asked", "cannabis_last_at")),
        ("Appears intoxicated", answer(said["appears_intoxicated"])),
        ("Medicines gone through", clock.time(said["medicines_reviewed_at"]) or "no"),
        ("Decongestant today", answer(said["decongestant_taken_today"])),
        ("Blood-pressure medicine", answer(said["antihypertensive"])),
        ("GLP-1 agonist", answer(said["glp1_agonist"])),
        ("Ill today", answer(said["acutely_ill"])),
        ("CPAP machine", answer(said["cpap"])),
        ("Pregnancy test", _test(said)),
        ("Escort", answer(said["escort_state"])),
        ("Escort's name", ", ".join(part for part in escort if part) or NONE),
        ("Thoughts of ending life", answer(said["suicide_statement_positive"])),
        ("PHQ-9 item 9", NONE if said["phq9_item9"] is None else str(said["phq9_item9"])),
        ("C-SSRS since last contact", answer(said["suicide_level"])),
        ("C-SSRS found by", who("suicide_assessed_by", "suicide_assessed_at")),
        ("Safety plan gone through", answer(said["safety_plan_given"])),
        ("What was done about it", said["suicide_note"]),
    ]


def _test(said: Content) -> str:
    on = day_words(said["pregnancy_tested_on"])
    return f"{answer(said['pregnancy_test'])}{f', {on}' if on else ''}"


def _mass(row: Content, clock: Clock) -> list[str]:
    remarks = []
    if row["confirmed_unusual"]:
        remarks.append("weighed again: the same")
    if wrong := row["taken_back"]:
        remarks.append(
            f"entered in error, does not count: {wrong['reason']} "
            f"({wrong['by']}, {clock.time(wrong['at'])})"
        )
    return [clock.time(row["at"]), exact(row["mass_kg"], "kg"), "; ".join(remarks), row["by"]]


def _order(order: Content | None, clock: Clock) -> list[tuple[str, str]]:
    if order is None:
        return [("Order", "none")]
    return [
        ("Dose", exact(order["dose_mg_per_kg"], "mg/kg")),
        ("Over", exact(order["minutes"], "min")),
        ("Reckoned on", f"{words(order['mass_basis']) or 'actual'} body mass"),
        ("Most", exact(order["maximum_mg"], "mg") if order["maximum_mg"] else ""),
        ("By need", _by_need(order)),
        ("Instructions", order["instructions"] or "none"),
        ("Past a soft limit because", order["soft_limit_reason"]),
        ("Signed", f"{order['signed_by']}, {clock.full(order['signed_at'])}"),
    ]


def _by_need(order: Content) -> str:
    """Return the products by the names that the order page has; one a line, as some hold a comma.

    A record from before the names were kept has its keys only.
    """
    names = order.get("prn_names") or [words(each) for each in order["prn"]]
    return "\n".join(names) or "nothing"


def _bag(bag: Content, number: int, content: Content, clock: Clock) -> Section:
    several = len(content["preparations"]) > 1
    witness = next(
        (
            line["witness"]
            for line in content["ledger"]
            if line["kind"] == "drawn" and line["at"] == bag["prepared_at"]
        ),
        None,
    )
    checked = f"{bag['checked_by']}, {clock.exact(bag['checked_at'])}" if bag["checked_at"] else ""
    discarded = f"{clock.exact(bag['discarded_at'])}: {bag['discard_reason']}"
    return facts(
        f"Preparation {number + 1}" if several else "Preparation",
        [
            ("Product", f"{bag['product']}, {exact(bag['strength_mg_per_ml'], 'mg/mL')}"),
            ("Vial", f"{bag['vial']}, lot {bag['lot']}, expires {day_words(bag['expires_on'])}"),
            ("Drawn", f"{exact(bag['drawn_ml'], 'mL')} = {exact(bag['drawn_mg'], 'mg')}"),
            ("Diluent", diluent_words(bag["diluent"])),
            ("In the bag", exact(bag["bag_ml"], "mL")),
            ("Concentration", exact(bag["concentration_mg_per_ml"], "mg/mL")),
            ("Stays behind", _behind(bag)),
            ("To be infused", exact(bag["to_be_infused_ml"], "mL")),
            (
                "Planned rate",
                f"{exact(bag['rate_ml_per_h'], 'mL/h')} over {exact(bag['minutes'], 'min')}",
            ),
            ("Prepared by", f"{bag['prepared_by']}, {clock.exact(bag['prepared_at'])}"),
            ("Draw witnessed by", beside(witness)),
            ("Read back by", checked or "nobody"),
            ("Use before", clock.full(bag["beyond_use_at"])),
            ("Discarded", discarded if bag["discarded_at"] else ""),
        ],
    )


def _behind(bag: Content) -> str:
    if not (Decimal(bag["line_ml"]) or Decimal(bag["residual_ml"])):
        return ""
    return f"{exact(bag['line_ml'], 'mL')} line, {exact(bag['residual_ml'], 'mL')} residual"
