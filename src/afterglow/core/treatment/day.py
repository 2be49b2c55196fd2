"""The day of treatment: what was taken, eaten and felt (clinical reference 1.1, 6 and 11).

A question that was not asked is a blocker of its own, which nobody overrides: it can be asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from afterglow.core.decisions import Reason
from afterglow.core.reason_codes import ReasonCode
from afterglow.core.treatment.codes import day as codes
from afterglow.core.treatment.facts import Antihypertensive, Cpap, PregnancyTest, ReadinessFacts
from afterglow.core.treatment.rules import SessionRules
from afterglow.core.treatment.saying import number, span

Reasons = Iterator[Reason]


def _asked(question: str) -> Reason:
    return codes.DAY_QUESTION_NOT_ASKED.reason(seen=question)


def _yes_no(answer: bool | None, question: str, code: ReasonCode) -> Reason | None:
    if answer is None:
        return _asked(question)
    return code.reason() if answer else None


def _too_recent(
    last: datetime | None, at: datetime, limit: timedelta, code: ReasonCode
) -> Reason | None:
    if last is None or at - last >= limit:
        return None
    return code.reason(seen=span(at - last), limit=span(limit))


def sober(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Refuse alcohol or drugs in the last 48 h, and who appears intoxicated (class A)."""
    day = facts.day
    if day.appears_intoxicated is None:
        yield _asked("appears intoxicated")
    elif day.appears_intoxicated:
        yield codes.INTOXICATED.reason()
    if not day.alcohol_or_drugs_asked:
        yield _asked("alcohol or drugs")
    if reason := _too_recent(
        day.alcohol_or_drugs_last_at,
        facts.at,
        rules.day.alcohol_or_drugs,
        codes.ALCOHOL_OR_DRUGS_RECENT,
    ):
        yield reason


def no_recent_cannabis(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Remark cannabis within the window."""
    day = facts.day
    if not day.cannabis_asked:
        yield _asked("cannabis")
    if reason := _too_recent(
        day.cannabis_last_at, facts.at, rules.day.cannabis, codes.CANNABIS_RECENT
    ):
        yield reason


def no_theophylline(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Refuse theophylline and aminophylline: a hard stop."""
    return _yes_no(facts.day.theophylline, "theophylline", codes.THEOPHYLLINE_TAKEN)


def maoi_accepted(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Hold an MAO inhibitor until the prescriber signs for it."""
    return _yes_no(facts.day.maoi, "MAO inhibitor", codes.MAOI_TAKEN)


def benzodiazepines_known(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Remark a daily dose above the limit, and a dose taken today."""
    dose = facts.day.benzodiazepine_diazepam_mg_per_day
    limit = rules.day.benzodiazepine_diazepam_mg_per_day
    if dose is None:
        yield _asked("benzodiazepine dose")
    elif dose > limit:
        yield codes.BENZODIAZEPINE_ABOVE_LIMIT.reason(
            seen=f"{number(dose)} mg", limit=f"{number(limit)} mg"
        )
    if reason := _yes_no(
        facts.day.benzodiazepine_taken_today,
        "benzodiazepine today",
        codes.BENZODIAZEPINE_TAKEN_TODAY,
    ):
        yield reason


def opioid_known(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Remark an opioid taken today."""
    return _yes_no(facts.day.opioid_taken_today, "opioid today", codes.OPIOID_TAKEN_TODAY)


def sedative_known(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Remark a Z-drug, gabapentinoid or barbiturate taken today."""
    return _yes_no(facts.day.sedative_taken_today, "sedative today", codes.SEDATIVE_TAKEN_TODAY)


def stimulant_held(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Hold a stimulant that was taken today until the prescriber accepts it."""
    return _yes_no(facts.day.stimulant_taken_today, "stimulant today", codes.STIMULANT_TAKEN_TODAY)


def decongestant_known(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Remark a decongestant taken today."""
    return _yes_no(
        facts.day.decongestant_taken_today, "decongestant today", codes.DECONGESTANT_TAKEN_TODAY
    )


def antihypertensive_taken(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Remark a missed morning dose of a blood-pressure medicine."""
    match facts.day.antihypertensive:
        case None:
            return _asked("blood-pressure medicine")
        case Antihypertensive.MISSED:
            return codes.ANTIHYPERTENSIVE_MISSED.reason()
        case _:
            return None


def not_pregnant(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Refuse a test that is due and not done in its days, and a positive one (class A)."""
    day = facts.day
    if day.pregnancy is None:
        return _asked("pregnancy test due")
    if day.pregnancy is PregnancyTest.NOT_DUE:
        return None
    if day.pregnancy is PregnancyTest.POSITIVE:
        return codes.PREGNANT.reason()
    if day.pregnancy is PregnancyTest.NEGATIVE and day.pregnancy_tested_on is not None:
        age = (facts.session_date - day.pregnancy_tested_on).days
        if 0 <= age <= rules.day.pregnancy_test_days:
            return None
    return codes.PREGNANCY_TEST_DUE.reason()


def fasted(facts: ReadinessFacts, rules: SessionRules) -> Reasons:
    """Hold food or drink within the site's fasting times; both times must be on record."""
    for last, limit, question, code in (
        (facts.day.last_solid_at, rules.day.solids, "last solid food", codes.NOT_FASTED_SOLIDS),
        (
            facts.day.last_clear_fluid_at,
            rules.day.clear_fluids,
            "last clear fluid",
            codes.NOT_FASTED_FLUIDS,
        ),
    ):
        if last is None:
            yield _asked(question)
        elif reason := _too_recent(last, facts.at, limit, code):
            yield reason


def glp1_known(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Remark a GLP-1 agonist."""
    return _yes_no(facts.day.glp1_agonist, "GLP-1 agonist", codes.GLP1_AGONIST_TAKEN)


def well_today(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Hold an acute illness or infection until the prescriber accepts it."""
    return _yes_no(facts.day.acutely_ill, "illness or infection", codes.ACUTELY_ILL)


def cpap_here(facts: ReadinessFacts, rules: SessionRules) -> Reason | None:
    """Remark a CPAP machine that was left at home."""
    match facts.day.cpap:
        case None:
            return _asked("CPAP")
        case Cpap.FORGOTTEN:
            return codes.CPAP_FORGOTTEN.reason()
        case _:
            return None


DAY_RULES: Final = (
    sober,
    no_recent_cannabis,
    no_theophylline,
    maoi_accepted,
    benzodiazepines_known,
    opioid_known,
    sedative_known,
    stimulant_held,
    decongestant_known,
    antihypertensive_taken,
    not_pregnant,
    fasted,
    glp1_known,
    well_today,
    cpap_here,
)
"""The rules about the day of treatment."""
