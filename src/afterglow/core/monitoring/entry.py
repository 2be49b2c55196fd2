"""Reading what a hand typed: values, or the reasons why it is not taken.

>>> from afterglow.core.monitoring.entry import read_blood_pressure
>>> dict(read_blood_pressure(" 120/80 ").values)
{<VitalSignCode.SYSTOLIC: 'systolic'>: Decimal('120'), <VitalSignCode.DIASTOLIC: 'diastolic'>: Decimal('80')}
>>> read_blood_pressure("80/120").decision.codes
('SYSTOLIC_NOT_ABOVE_DIASTOLIC',)
"""  # noqa: E501

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from afterglow.core.decisions import Decision, Reason, Severity
from afterglow.core.monitoring.catalogue import SignDefinition, VitalSignCode, definition
from afterglow.core.monitoring.limits import plain
from afterglow.core.reason_codes import declare

ENTRY_EMPTY = declare(
    "ENTRY_EMPTY", Severity.BLOCKER, "{seen}: nothing was entered.", subject="monitoring"
)
ENTRY_NOT_A_NUMBER = declare(
    "ENTRY_NOT_A_NUMBER",
    Severity.BLOCKER,
    "{seen} is not a number; write {limit}.",
    subject="monitoring",
)
ENTRY_HAS_DECIMALS = declare(
    "ENTRY_HAS_DECIMALS",
    Severity.BLOCKER,
    "{seen} has too many decimals; write {limit}.",
    subject="monitoring",
)
ENTRY_OUT_OF_RANGE = declare(
    "ENTRY_OUT_OF_RANGE",
    Severity.BLOCKER,
    "{seen} is outside the plausible range of {limit}.",
    subject="monitoring",
)
ENTRY_NOT_A_PRESSURE = declare(
    "ENTRY_NOT_A_PRESSURE",
    Severity.BLOCKER,
    "{seen} is not a blood pressure; write {limit}.",
    subject="monitoring",
)
SYSTOLIC_NOT_ABOVE_DIASTOLIC = declare(
    "SYSTOLIC_NOT_ABOVE_DIASTOLIC",
    Severity.BLOCKER,
    "Systolic {seen} is not above diastolic {limit}. Are the two swapped?",
    subject="monitoring",
)

_NUMBER = re.compile(r"([+-]?)([0-9]{1,6})(?:[.,]([0-9]{1,6}))?")
_LONGEST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry says. ``values`` is empty whenever the decision refuses."""

    decision: Decision
    values: Mapping[VitalSignCode, Decimal] = field(default_factory=dict)


def read_blood_pressure(text: str) -> Entry:
    """Read "120/80" from one field, in mmHg. A half-right pressure gives no value at all."""
    if not text.strip():
        return _refused(ENTRY_EMPTY.reason(seen="Blood pressure"))
    parts = text.split("/")
    if len(parts) != 2 or not all(part.strip() for part in parts):
        return _refused(
            ENTRY_NOT_A_PRESSURE.reason(
                seen=_quoted(text), limit="systolic/diastolic, for example 120/80"
            )
        )
    systolic = read_sign(VitalSignCode.SYSTOLIC, parts[0])
    diastolic = read_sign(VitalSignCode.DIASTOLIC, parts[1])
    decision = systolic.decision & diastolic.decision
    if decision.refused:
        return Entry(decision)
    values = {**systolic.values, **diastolic.values}
    high, low = values[VitalSignCode.SYSTOLIC], values[VitalSignCode.DIASTOLIC]
    if high <= low:
        return _refused(
            SYSTOLIC_NOT_ABOVE_DIASTOLIC.reason(
                seen=f"{plain(high)} mmHg", limit=f"{plain(low)} mmHg"
            )
        )
    return Entry(decision, values)


def read_sign(sign: VitalSignCode, text: str) -> Entry:
    """Read one value in the sign's own unit. A decimal comma is taken as a decimal point."""
    line = definition(sign)
    cleaned = text.strip()
    if not cleaned:
        return _refused(ENTRY_EMPTY.reason(seen=line.name))
    match = _NUMBER.fullmatch(cleaned)
    if match is None:
        return _refused(
            ENTRY_NOT_A_NUMBER.reason(seen=f"{line.name} {_quoted(text)}", limit=_wanted(line))
        )
    plus_or_minus, whole, decimals = match.group(1), match.group(2), match.group(3) or ""
    if len(decimals.rstrip("0")) > line.decimals:
        return _refused(
            ENTRY_HAS_DECIMALS.reason(seen=f"{line.name} {cleaned}", limit=_wanted(line))
        )
    value = Decimal(f"{plus_or_minus}{whole}.{decimals or '0'}")
    value = value.quantize(Decimal(1).scaleb(-line.decimals))
    if out := _out_of_range(line, value):
        return _refused(out)
    return Entry(Decision(), {sign: value})


def _out_of_range(line: SignDefinition, value: Decimal) -> Reason | None:
    limits = line.plausible
    if limits is None or limits.holds(value):
        return None
    return ENTRY_OUT_OF_RANGE.reason(
        seen=f"{line.name} {line.with_unit(value)}",
        limit=f"{plain(limits.lowest)} to {line.with_unit(limits.highest)}",
    )


def _wanted(line: SignDefinition) -> str:
    if line.decimals == 0:
        return f"a whole number in {line.shown_unit}"
    return f"a number in {line.shown_unit} with at most {line.decimals} decimal"


def _quoted(text: str) -> str:
    shown = " ".join(text.split())
    if len(shown) > _LONGEST_SHOWN:
        shown = shown[:_LONGEST_SHOWN] + "…"
    return f"“{shown}”"


def _refused(reason: Reason) -> Entry:
    return Entry(Decision.from_reasons(reason))
