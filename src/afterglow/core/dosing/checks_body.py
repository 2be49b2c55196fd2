"""Is this weight plausible, and is it clear which body mass the dose stands on?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from afterglow.core.decisions import Decision, Overrider, Reason, blocker, caution
from afterglow.core.dosing.body import Body, dosing_mass
from afterglow.core.dosing.plan import shown
from afterglow.core.dosing.rules import DosingRules
from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import BodyMass, Duration, MassBasis, plain
from afterglow.core.quantities.numbers import divide, round_to_step

_POUNDS_PER_KG = divide(Decimal(1), BodyMass.pounds(1).value)
_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class MassMeasured:
    """An actual body mass measured at a moment."""

    mass: BodyMass
    at: datetime

    def __post_init__(self) -> None:
        if self.mass.basis is not MassBasis.ACTUAL:
            raise InvalidValue(f"A measured body mass is actual; {self.mass} is {self.mass.basis}.")
        if self.at.tzinfo is None:
            raise InvalidValue(f"A weight at {self.at.isoformat()} has no time zone.")


def check_weight(
    body: Body, *, at: datetime, history: Sequence[MassMeasured], rules: DosingRules
) -> Decision:
    """Decide whether the body mass measured ``at`` is plausible, with every reason.

    Codes: WEIGHT_IMPLAUSIBLE, HEIGHT_IMPLAUSIBLE, WEIGHT_LOOKS_LIKE_POUNDS,
    EARLIER_WEIGHT_LOOKS_LIKE_POUNDS (nobody overrides: measure again, or correct the history);
    WEIGHT_CHANGED_BLOCK, BMI_IMPLAUSIBLE (prescriber); WEIGHT_CHANGED_REVIEW,
    WEIGHT_MAY_BE_POUNDS (cautions).
    Only the newest earlier weight is compared; weights at or after ``at`` are not history.
    """
    earlier = [m for m in history if m.at < at]
    last = max(earlier, key=lambda m: m.at, default=None)
    return Decision.from_reasons(
        _size(body, rules),
        _bmi(body, rules),
        _alone(body, rules) if last is None else _change(body, at, last, rules),
    )


def check_basis(body: Body, basis: MassBasis | None, rules: DosingRules) -> Decision:
    """Decide whether the dose may stand on ``basis``; None means nobody chose, so the default.

    Codes: BASIS_NOT_CHOSEN, HEIGHT_UNKNOWN, SEX_FOR_FORMULA_UNKNOWN (nobody overrides: choose or
    measure); DOSING_MASS_ABOVE_ACTUAL (prescriber).
    """
    return Decision.from_reasons(_basis(body, basis, rules))


def _size(body: Body, rules: DosingRules) -> Iterator[Reason]:
    limits = rules.measurements
    if body.mass not in limits.mass:
        yield blocker(
            "WEIGHT_IMPLAUSIBLE",
            f"The weight, {body.mass}, is outside {limits.mass}.",
            seen=body.mass,
            limit=limits.mass,
        )
    if body.height is not None and body.height not in limits.height:
        yield blocker(
            "HEIGHT_IMPLAUSIBLE",
            f"The height, {body.height}, is outside {limits.height}.",
            seen=body.height,
            limit=limits.height,
        )


def _bmi(body: Body, rules: DosingRules) -> Iterator[Reason]:
    limits, bmi = rules.measurements, body.bmi
    if bmi is not None and not limits.bmi_lowest <= bmi <= limits.bmi_highest:
        seen = f"{_tenth(bmi)} kg/m²"
        limit = f"{plain(limits.bmi_lowest)} to {plain(limits.bmi_highest)} kg/m²"
        yield blocker(
            "BMI_IMPLAUSIBLE",
            f"{body.mass} at {body.height} is a body mass index of {seen}, outside {limit}: "
            "check that the weight is in kilograms and the height in centimetres.",
            seen=seen,
            limit=limit,
            overridable_by=Overrider.PRESCRIBER,
            mass=body.mass,
            height=body.height,
        )


def _alone(body: Body, rules: DosingRules) -> Iterator[Reason]:
    suspect, bmi = rules.measurements.pounds_suspected_from_bmi, body.bmi
    if bmi is None or bmi >= suspect:
        seen = "no height" if bmi is None else f"{_tenth(bmi)} kg/m²"
        in_pounds = _tenth(body.mass.value * _POUNDS_PER_KG)
        as_pounds = _tenth(divide(body.mass.value, _POUNDS_PER_KG))
        yield caution(
            "WEIGHT_MAY_BE_POUNDS",
            f"There is no earlier weight to compare ({seen}): {body.mass} is {in_pounds} lb; "
            f"if the scale showed pounds, it is {as_pounds} kg.",
            seen=seen,
            limit=f"{plain(suspect)} kg/m²",
            mass=body.mass,
            pounds=f"{in_pounds} lb",
            kilograms=f"{as_pounds} kg",
        )


def _change(body: Body, at: datetime, last: MassMeasured, rules: DosingRules) -> Iterator[Reason]:
    limits = rules.measurements
    ratio = body.mass / last.mass
    slack = limits.pounds_tolerance_percent / 100
    compared = f"{body.mass} against {last.mass} before"
    if abs(ratio / _POUNDS_PER_KG - 1) <= slack:
        yield blocker(
            "WEIGHT_LOOKS_LIKE_POUNDS",
            f"The weight, {compared}, is {_tenth(ratio)} times as much: "
            "it looks like pounds typed as kilograms.",
            seen=body.mass,
            limit=f"{last.mass} before",
            ratio=_tenth(ratio),
        )
        return
    if abs(ratio * _POUNDS_PER_KG - 1) <= slack:
        yield blocker(
            "EARLIER_WEIGHT_LOOKS_LIKE_POUNDS",
            f"The weight, {compared}, is less than half: "
            "the earlier one looks like pounds typed as kilograms. Correct one of them.",
            seen=body.mass,
            limit=f"{last.mass} before",
        )
        return
    since = Duration.between(last.at, at)
    row = next((r for r in limits.mass_changes if since <= r.within), None)
    if row is None:
        return
    percent = abs(ratio - 1) * 100
    seen = f"{_tenth(percent)} %"
    days = plain(row.within.in_hours / 24)
    said = f"The weight, {compared}, changed by {seen} within {days} days"
    if percent > row.block_percent:
        yield blocker(
            "WEIGHT_CHANGED_BLOCK",
            f"{said}, above the limit of {plain(row.block_percent)} %: weigh again.",
            seen=seen,
            limit=f"{plain(row.block_percent)} %",
            overridable_by=Overrider.PRESCRIBER,
            mass=body.mass,
            before=last.mass,
            days=days,
        )
    elif percent > row.review_percent:
        yield caution(
            "WEIGHT_CHANGED_REVIEW",
            f"{said}, above {plain(row.review_percent)} %.",
            seen=seen,
            limit=f"{plain(row.review_percent)} %",
            mass=body.mass,
            before=last.mass,
            days=days,
        )


def _basis(body: Body, basis: MassBasis | None, rules: DosingRules) -> Iterator[Reason]:
    chosen = rules.dosing_mass.default_basis if basis is None else basis
    if basis is None:
        limit, bmi = rules.dosing_mass.choose_basis_from_bmi, body.bmi
        if bmi is None:
            yield blocker(
                "HEIGHT_UNKNOWN",
                "No height is known, so body mass index cannot say whether the basis of the dose "
                "must be chosen: measure the height or choose the basis.",
            )
        elif bmi >= limit:
            seen = f"{_tenth(bmi)} kg/m²"
            yield blocker(
                "BASIS_NOT_CHOSEN",
                f"Body mass index is {seen}, at or above {plain(limit)} kg/m²: the prescriber must "
                "choose actual, ideal or adjusted body mass.",
                seen=seen,
                limit=f"{plain(limit)} kg/m²",
            )
    if chosen is MassBasis.ACTUAL:
        return
    if body.height is None and basis is not None:
        yield blocker(
            "HEIGHT_UNKNOWN",
            f"The {chosen} body mass needs a height; none is known.",
            chosen=f"{chosen} body mass",
        )
    if body.sex is None:
        yield blocker(
            "SEX_FOR_FORMULA_UNKNOWN",
            f"The {chosen} body mass needs the sex for Devine's formula; none is known.",
            chosen=f"{chosen} body mass",
        )
    if (
        body.height is not None
        and body.sex is not None
        and body.height in rules.measurements.height
    ):
        mass = dosing_mass(body, chosen, rules.dosing_mass)
        if mass.value > body.mass.value:
            yield blocker(
                "DOSING_MASS_ABOVE_ACTUAL",
                f"The {chosen} body mass, {shown(mass)}, is above the actual one, {body.mass}: "
                "the dose would be higher than by actual weight.",
                seen=shown(mass),
                limit=body.mass,
                overridable_by=Overrider.PRESCRIBER,
                chosen=f"{chosen} body mass",
            )


def _tenth(value: Decimal) -> str:
    return plain(round_to_step(value, _TENTH, ROUND_HALF_UP))
