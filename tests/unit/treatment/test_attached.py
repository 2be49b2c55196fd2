"""What the protocol asks to be attached for this patient, and no device sends, is remarked."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from afterglow.core.cited import Section
from afterglow.core.decisions import Severity
from afterglow.core.errors import InvalidValue
from afterglow.core.treatment.attached import AttachedFacts, read_asked
from afterglow.core.treatment.readiness import assess
from support.treatment import READY, RULES

CO2 = "CAPNOGRAPHY_NOT_ATTACHED"
ECG = "ECG_NOT_ATTACHED"


@pytest.mark.parametrize(
    ("facts", "code", "seen"),
    [
        ({}, None, ""),
        ({"bmi": Decimal("35.0")}, None, ""),
        ({"bmi": Decimal("35.1")}, CO2, "BMI 35.1 kg/m2"),
        ({"sleep_apnoea": True}, CO2, "sleep apnoea"),
        ({"medicine_classes": frozenset({"opioid", "ssri"})}, CO2, "opioid"),
        ({"dose": Decimal("1.0")}, None, ""),
        ({"dose": Decimal("1.05")}, CO2, "1.05 mg/kg"),
        ({"pressure_medicine": True}, ECG, "blood-pressure medicine"),
        (
            {"sleep_apnoea": True, "medicine_classes": frozenset({"benzodiazepine"})},
            CO2,
            "sleep apnoea, benzodiazepine",
        ),
        ({"sleep_apnoea": True, "sent": frozenset({"etco2"})}, None, ""),
        ({"pressure_medicine": True, "sent": frozenset({"pulse_rate"})}, ECG, ""),
        ({"pressure_medicine": True, "sent": frozenset({"heart_rate"})}, None, ""),
    ],
)
def test_a_ground_that_holds_and_a_sign_that_nobody_sends_is_one_remark(
    facts: dict[str, Any], code: str | None, seen: str
) -> None:
    decision = assess(replace(READY, more=(AttachedFacts(**facts),)), RULES)

    found = [reason for reason in decision if reason.code in (CO2, ECG)]
    assert [reason.code for reason in found] == ([code] if code else [])
    assert not decision.refused, "it is a reminder"
    if code:
        assert found[0].severity is Severity.CAUTION
        assert seen in found[0].seen


def test_a_protocol_that_asks_for_what_nothing_can_say_is_refused() -> None:
    with pytest.raises(InvalidValue, match="asks for spo2"):
        read_asked(Section("session.attached", {"spo2": {}}))
