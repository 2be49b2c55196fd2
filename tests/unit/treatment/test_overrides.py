"""An override is given for the state that was seen, by somebody who may."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from afterglow.core.decisions import Decision, Overrider, Verdict
from afterglow.core.errors import InvalidValue
from afterglow.core.reason_codes import reason_code
from afterglow.core.treatment.overrides import Override, apply
from support.treatment import AT, RULES, ago

PRESSURE = reason_code("BP_ABOVE_START_LIMIT").reason(seen="164/98 mmHg", limit="160/100 mmHg")
HIGHER = replace(PRESSURE, seen="186/110 mmHg")
ON_THE_WAY = reason_code("ESCORT_ON_THE_WAY").reason()
NO_CONSENT = reason_code("CONSENT_MISSING").reason()
ALCOHOL = reason_code("ALCOHOL_OR_DRUGS_RECENT").reason(seen="40 h", limit="48 h")
STALE = reason_code("BASELINE_STALE").reason(seen="31 min", limit="30 min")


def given(
    code: str, role: Overrider = Overrider.PRESCRIBER, *, seen: str = "", at: datetime = AT
) -> Override:
    """Return an override with a reason."""
    return Override(code=code, seen=seen, role=role, at=at, why="Repeated twice; calm and well.")


PRESSURE_ACCEPTED = given("BP_ABOVE_START_LIMIT", seen="164/98 mmHg")


def test_a_prescriber_may_accept_the_pressure_that_was_seen() -> None:
    decision = apply(Decision((PRESSURE,)), [PRESSURE_ACCEPTED], at=AT, rules=RULES)

    assert decision.verdict is Verdict.YES_WITH_CAUTIONS
    assert decision.reasons == (replace(PRESSURE, overridden=True),)


def test_an_override_of_164_does_not_cover_186() -> None:
    assert apply(Decision((HIGHER,)), [PRESSURE_ACCEPTED], at=AT, rules=RULES).refused


def test_an_override_of_a_passing_time_still_covers_it_a_minute_later() -> None:
    later = replace(STALE, seen="32 min")

    assert apply(
        Decision((later,)), [given("BASELINE_STALE", seen="31 min")], at=AT, rules=RULES
    ).allowed


@pytest.mark.parametrize(("minutes", "allowed"), [(0, True), (30, True), (31, False), (-1, False)])
def test_an_override_lapses_after_the_protocols_time(minutes: int, allowed: bool) -> None:
    override = given("ESCORT_ON_THE_WAY", at=ago(minutes=minutes))

    assert apply(Decision((ON_THE_WAY,)), [override], at=AT, rules=RULES).allowed is allowed


@pytest.mark.parametrize("role", Overrider)
def test_nobody_overrides_a_missing_consent(role: Overrider) -> None:
    decision = apply(Decision((NO_CONSENT,)), [given("CONSENT_MISSING", role)], at=AT, rules=RULES)

    assert decision.refused


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Overrider.NOBODY, False),
        (Overrider.PRESCRIBER, False),
        (Overrider.MEDICAL_DIRECTOR, True),
    ],
)
def test_alcohol_in_the_last_48_hours_is_for_the_director_alone(
    role: Overrider, allowed: bool
) -> None:
    override = given("ALCOHOL_OR_DRUGS_RECENT", role)

    assert apply(Decision((ALCOHOL,)), [override], at=AT, rules=RULES).allowed is allowed


def test_an_override_of_one_reason_leaves_the_others() -> None:
    decision = apply(
        Decision((ON_THE_WAY, NO_CONSENT)), [given("ESCORT_ON_THE_WAY")], at=AT, rules=RULES
    )

    assert [reason.code for reason in decision.blockers] == ["CONSENT_MISSING"]


def test_a_caution_has_nothing_to_override() -> None:
    review = Decision((reason_code("BP_ABOVE_REVIEW_LIMIT").reason(),))

    assert apply(review, [given("BP_ABOVE_REVIEW_LIMIT")], at=AT, rules=RULES) == review


def test_rules_that_were_tightened_count_when_the_override_is_applied() -> None:
    tight = replace(RULES, overridable_by={"ESCORT_ON_THE_WAY": Overrider.MEDICAL_DIRECTOR})

    assert apply(Decision((ON_THE_WAY,)), [given("ESCORT_ON_THE_WAY")], at=AT, rules=tight).refused


def test_an_override_without_a_reason_cannot_be_built() -> None:
    with pytest.raises(InvalidValue, match="needs a reason"):
        replace(PRESSURE_ACCEPTED, why="  ")


def test_an_override_from_the_future_covers_nothing_yet() -> None:
    early = given("ESCORT_ON_THE_WAY", at=AT + timedelta(seconds=1))

    assert apply(Decision((ON_THE_WAY,)), [early], at=AT, rules=RULES).refused
