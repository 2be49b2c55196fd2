"""The questions of the day (clinical reference 1.1, 6 and 11): a table a clinician can sign."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from afterglow.core.decisions import Decision, Overrider, Severity
from afterglow.core.treatment.facts import Antihypertensive, Cpap, DayFacts, PregnancyTest
from afterglow.core.treatment.readiness import assess
from support.treatment import AT, QUIET_DAY, READY, RULES, TODAY, ago

NOBODY = Overrider.NOBODY
PRESCRIBER = Overrider.PRESCRIBER
DIRECTOR = Overrider.MEDICAL_DIRECTOR
NEGATIVE = PregnancyTest.NEGATIVE


def judged(**changes: Any) -> Decision:
    """Decide on a quiet day with the changes."""
    return assess(replace(READY, day=replace(QUIET_DAY, **changes)), RULES)


BLOCKERS: list[tuple[dict[str, Any], str, Overrider]] = [
    ({"appears_intoxicated": True}, "INTOXICATED", DIRECTOR),
    ({"alcohol_or_drugs_last_at": ago(hours=47)}, "ALCOHOL_OR_DRUGS_RECENT", DIRECTOR),
    ({"theophylline": True}, "THEOPHYLLINE_TAKEN", NOBODY),
    ({"maoi": True}, "MAOI_TAKEN", PRESCRIBER),
    ({"stimulant_taken_today": True}, "STIMULANT_TAKEN_TODAY", PRESCRIBER),
    ({"pregnancy": PregnancyTest.DUE}, "PREGNANCY_TEST_DUE", DIRECTOR),
    ({"pregnancy": NEGATIVE}, "PREGNANCY_TEST_DUE", DIRECTOR),
    (
        {"pregnancy": NEGATIVE, "pregnancy_tested_on": date(2026, 11, 22)},
        "PREGNANCY_TEST_DUE",
        DIRECTOR,
    ),
    ({"pregnancy": PregnancyTest.POSITIVE}, "PREGNANT", DIRECTOR),
    ({"last_solid_at": ago(hours=5)}, "NOT_FASTED_SOLIDS", PRESCRIBER),
    ({"last_clear_fluid_at": ago(minutes=119)}, "NOT_FASTED_FLUIDS", PRESCRIBER),
    ({"last_solid_at": AT + timedelta(hours=1)}, "NOT_FASTED_SOLIDS", PRESCRIBER),
    ({"acutely_ill": True}, "ACUTELY_ILL", PRESCRIBER),
]
CAUTIONS: list[tuple[dict[str, Any], str]] = [
    ({"cannabis_last_at": ago(hours=23)}, "CANNABIS_RECENT"),
    ({"benzodiazepine_diazepam_mg_per_day": Decimal("8.1")}, "BENZODIAZEPINE_ABOVE_LIMIT"),
    ({"benzodiazepine_taken_today": True}, "BENZODIAZEPINE_TAKEN_TODAY"),
    ({"opioid_taken_today": True}, "OPIOID_TAKEN_TODAY"),
    ({"sedative_taken_today": True}, "SEDATIVE_TAKEN_TODAY"),
    ({"decongestant_taken_today": True}, "DECONGESTANT_TAKEN_TODAY"),
    ({"antihypertensive": Antihypertensive.MISSED}, "ANTIHYPERTENSIVE_MISSED"),
    ({"glp1_agonist": True}, "GLP1_AGONIST_TAKEN"),
    ({"cpap": Cpap.FORGOTTEN}, "CPAP_FORGOTTEN"),
]
FINE: list[dict[str, Any]] = [
    {"alcohol_or_drugs_last_at": ago(hours=48)},
    {"cannabis_last_at": ago(hours=24)},
    {"benzodiazepine_diazepam_mg_per_day": Decimal(8)},
    {"last_solid_at": ago(hours=6), "last_clear_fluid_at": ago(hours=2)},
    {"pregnancy": NEGATIVE, "pregnancy_tested_on": TODAY},
    {"antihypertensive": Antihypertensive.TAKEN},
    {"cpap": Cpap.BROUGHT},
]


@pytest.mark.parametrize(("changes", "code", "by"), BLOCKERS)
def test_an_answer_that_stops_the_day(changes: dict[str, Any], code: str, by: Overrider) -> None:
    (reason,) = judged(**changes)

    assert (reason.code, reason.severity, reason.overridable_by) == (code, Severity.BLOCKER, by)


@pytest.mark.parametrize(("changes", "code"), CAUTIONS)
def test_an_answer_that_asks_for_care(changes: dict[str, Any], code: str) -> None:
    (reason,) = judged(**changes)

    assert (reason.code, reason.severity) == (code, Severity.CAUTION)


@pytest.mark.parametrize("changes", FINE)
def test_an_answer_that_says_nothing(changes: Mapping[str, Any]) -> None:
    assert judged(**changes).reasons == ()


@pytest.mark.parametrize(
    "question",
    [
        each.name
        for each in fields(DayFacts)
        if each.name not in ("alcohol_or_drugs_last_at", "cannabis_last_at", "pregnancy_tested_on")
    ],
)
def test_a_question_that_was_not_asked_stops_the_start_and_nobody_overrides(question: str) -> None:
    default = next(each.default for each in fields(DayFacts) if each.name == question)

    (reason,) = judged(**{question: default})

    assert (reason.code, reason.overridable_by) == ("DAY_QUESTION_NOT_ASKED", NOBODY)


def test_a_site_may_set_its_own_fasting_times() -> None:
    site_rules = RULES.for_site(solids=timedelta(hours=3), clear_fluids=timedelta(0))
    day = replace(QUIET_DAY, last_solid_at=ago(hours=3), last_clear_fluid_at=ago(minutes=1))

    assert assess(replace(READY, day=day), site_rules).reasons == ()
