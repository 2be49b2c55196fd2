"""Every reason that the core can give is in the catalogue, with the same weight and overrider."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import afterglow.core
from afterglow.core import catalogue
from afterglow.core.decisions import Overrider, Severity
from afterglow.core.errors import InvalidValue
from afterglow.core.reason_codes import declare, reason_code

CORE = Path(afterglow.core.__file__).parent
WEIGHTS = {
    "blocker": Severity.BLOCKER,
    "caution": Severity.CAUTION,
    "info": Severity.INFO,
}
MADE_OF_PARTS = {
    ("guardrails.py", "blocker"): {
        "DOSE_PER_KG_ABOVE_HARD_LIMIT": Overrider.NOBODY,
        "DOSE_PER_KG_ABOVE_SOFT_LIMIT": Overrider.PRESCRIBER,
        "DOSE_ABOVE_HARD_LIMIT": Overrider.NOBODY,
        "DOSE_ABOVE_SOFT_LIMIT": Overrider.PRESCRIBER,
        "CONCENTRATION_ABOVE_HARD_LIMIT": Overrider.NOBODY,
        "CONCENTRATION_ABOVE_SOFT_LIMIT": Overrider.PRESCRIBER,
    },
    ("totals.py", "blocker"): {
        "PUMP_BEYOND_BAG": Overrider.PRESCRIBER,
        "CHART_BEYOND_BAG": Overrider.PRESCRIBER,
    },
}
"""Codes put together from parts, where they are made."""


def calls() -> Iterator[tuple[Path, str, ast.Call]]:
    """Every plain ``blocker(…)``, ``caution(…)`` and ``info(…)`` of the core."""
    for path in sorted(CORE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in WEIGHTS
            ):
                yield path, node.func.id, node


def emitted() -> list[tuple[str, Severity, Overrider]]:
    """Every code that a rule writes by hand, its weight and who may override it."""
    found = []
    for path, weight, call in calls():
        code = call.args[0]
        by = next((k.value for k in call.keywords if k.arg == "overridable_by"), None)
        if isinstance(code, ast.Constant):
            who = Overrider[by.attr] if isinstance(by, ast.Attribute) else Overrider.NOBODY
            found.append((str(code.value), WEIGHTS[weight], who))
        else:
            parts = MADE_OF_PARTS[path.name, weight]
            found += [(made, WEIGHTS[weight], who) for made, who in parts.items()]
    return found


@pytest.mark.parametrize(("code", "severity", "by"), emitted())
def test_a_code_that_the_core_emits_is_declared_as_it_is_emitted(
    code: str, severity: Severity, by: Overrider
) -> None:
    declared = reason_code(code)

    assert (declared.severity, declared.overridable_by) == (severity, by)


def test_the_core_emits_the_codes_this_test_knows_of() -> None:
    codes = {code for code, _severity, _by in emitted()}

    assert {"WEIGHT_LOOKS_LIKE_POUNDS", "STRENGTH_MISMATCH", "PUMP_BEYOND_BAG"} <= codes


def test_a_value_that_somebody_overrides_in_dosing_binds_that_value() -> None:
    loose = [
        each.code
        for each in catalogue.all_reason_codes()
        if each.subject == "dosing"
        and each.overridable_by is not Overrider.NOBODY
        and not each.binds_value
    ]

    assert loose == []


def test_a_code_cannot_be_declared_twice_with_two_meanings() -> None:
    with pytest.raises(InvalidValue, match="already declared"):
        declare("WEIGHT_IMPLAUSIBLE", Severity.CAUTION, "Another meaning.", subject="dosing")
