"""The session's rules are read from data that carries its sources, or refused with the path."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from afterglow.core.catalogue import all_reason_codes
from afterglow.core.cited import Section, leaves
from afterglow.core.decisions import Overrider, blocker
from afterglow.core.errors import InvalidValue
from afterglow.core.reason_codes import reason_code
from afterglow.core.treatment.rules import SessionRules, stricter
from support.treatment import RULES, body

Body = dict[str, Any]


def parsed(change: Callable[[Body], Any]) -> SessionRules:
    """Read the seed's rules after a change of its body."""
    changed = body()
    change(changed)
    return SessionRules.from_section(Section("session", changed))


def setting(section: str, key: str, value: str) -> Callable[[Body], Any]:
    """Return the change of one leaf's value."""
    return lambda changed: changed[section][key].update(value=value)


def test_every_number_of_the_seed_names_its_source() -> None:
    assert [leaf.path for leaf in leaves(body()) if not leaf.source] == []


def test_the_seed_says_who_may_override_each_code_that_somebody_may_override() -> None:
    overridable = {
        each.code: each.overridable_by
        for each in all_reason_codes()
        if each.subject in ("readiness", "day", "draw", "discharge", "sign")
        and each.overridable_by is not Overrider.NOBODY
    }

    assert dict(RULES.overridable_by) == overridable


def test_times_are_read_in_their_unit() -> None:
    assert RULES.consent_valid == timedelta(days=365)
    assert RULES.discharge.observation == timedelta(minutes=30)
    assert RULES.sign.red_acknowledgement == timedelta(minutes=2)


def test_sister_substances_are_a_list_of_words() -> None:
    assert RULES.cross_reactive_substances == {"ketamine", "esketamine", "arketamine"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.pop("start"), r"session\.start is missing"),
        (lambda b: b["weight"].pop("window"), r"session\.weight\.window is missing"),
        (lambda b: b["weight"]["window"].update(unit="d"), "is in d; h is needed"),
        (setting("weight", "window", "-1"), "a time is never negative"),
        (setting("weight", "window", "soon"), "not a number"),
        (setting("identity", "identifiers_needed", "1"), "two identifiers or more"),
        (setting("baseline", "readings", "1"), "two readings or more"),
        (setting("baseline", "apart", "31"), "do not fit into their window"),
        (setting("start", "systolic_hold_from", "130"), "systolic pressure are not in rising"),
        (setting("start", "diastolic_hold_below", "95"), "diastolic pressure are not in rising"),
        (setting("start", "heart_rate_hold_below", "120"), "heart rate are not in rising"),
        (setting("start", "respiratory_rate_hold_below", "30"), "respiratory rate are not"),
        (
            lambda b: b["overridable_by"][0]["by"].update(value="front_desk"),
            "must be one of nobody, prescriber, medical_director",
        ),
        (
            lambda b: b["overridable_by"][0]["code"].update(value="NO_SUCH_CODE"),
            "NO_SUCH_CODE is not declared",
        ),
        (
            lambda b: b["overridable_by"][0]["code"].update(value="CONSENT_MISSING"),
            "CONSENT_MISSING may be overridden by nobody at most",
        ),
    ],
)
def test_data_that_cannot_be_right_is_refused_with_its_path(
    change: Callable[[Body], Any], message: str
) -> None:
    with pytest.raises(InvalidValue, match=message):
        parsed(change)


def test_data_may_tighten_who_overrides() -> None:
    tight = replace(RULES, overridable_by={"ESCORT_ON_THE_WAY": Overrider.NOBODY})
    reason = reason_code("ESCORT_ON_THE_WAY").reason()

    assert tight.tighten(reason).overridable_by is Overrider.NOBODY


def test_what_the_data_does_not_name_keeps_the_declared_overrider() -> None:
    silent = replace(RULES, overridable_by={})
    reason = reason_code("ESCORT_ON_THE_WAY").reason()

    assert silent.tighten(reason) == reason


def test_a_rule_that_is_stricter_than_the_data_wins() -> None:
    rule_says = blocker("ESCORT_ON_THE_WAY", "On the way.", overridable_by=Overrider.NOBODY)

    assert RULES.tighten(rule_says).overridable_by is Overrider.NOBODY


def test_nobody_is_stricter_than_the_director_who_is_stricter_than_the_prescriber() -> None:
    assert stricter(Overrider.PRESCRIBER, Overrider.MEDICAL_DIRECTOR) is Overrider.MEDICAL_DIRECTOR
    assert stricter(Overrider.NOBODY, Overrider.MEDICAL_DIRECTOR) is Overrider.NOBODY


def test_the_sites_fasting_times_change_nothing_else() -> None:
    site = RULES.for_site(solids=timedelta(hours=3), clear_fluids=timedelta(hours=1))

    assert (site.day.solids, site.day.clear_fluids) == (timedelta(hours=3), timedelta(hours=1))
    assert site.day.alcohol_or_drugs == RULES.day.alcohol_or_drugs
    assert site.start == RULES.start


def test_the_gate_of_the_seed_is_the_one_of_the_reference() -> None:
    assert RULES.start.systolic_hold_from_mmhg == Decimal(160)
    assert RULES.start.diastolic_hold_from_mmhg == Decimal(100)
