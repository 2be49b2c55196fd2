"""Who may take a patient, as a clinician can sign it, and what the stretches prove."""

import datetime as dt
from dataclasses import replace

import pytest

from afterglow.core.decisions import Decision, blocker
from afterglow.core.errors import InvalidValue
from afterglow.core.treatment.coverage import (
    CandidateFacts,
    CoveragePhase,
    Gap,
    Stretch,
    TakingFacts,
    assess_taking,
    most_at_once,
    prove,
    who_could_take,
)
from afterglow.core.treatment.rules import CoverageLimits

LIMITS = CoverageLimits(
    break_at_least=dt.timedelta(minutes=1), break_at_most=dt.timedelta(minutes=15)
)
ZERO = dt.datetime(2026, 11, 27, 10, tzinfo=dt.UTC)
FREE = TakingFacts(
    taker="b",
    taker_name="B. Lee",
    watched=True,
    state="infusing",
    phase=CoveragePhase.INFUSING,
    open_now="1",
    open_seen="1",
    with_now="a",
    with_now_name="A. Okafor",
    with_seen_name="A. Okafor",
    other_running=0,
    recovering=0,
    on_shift=True,
)
UNFIT = Decision((blocker("CREDENTIAL_EXPIRED", "The bls ran out."),))


def at(minutes: float) -> dt.datetime:
    return ZERO + dt.timedelta(minutes=minutes)


# what is different from somebody free who takes from A. Okafor → refused, codes
TAKING = [
    ({}, False, ()),
    ({"taker": "a", "taker_name": "A. Okafor"}, True, ("ALREADY_WITH_PATIENT",)),
    ({"other_running": 1}, True, ("CLINICIAN_HAS_RUNNING_INFUSION",)),
    ({"on_break": True}, True, ("CLINICIAN_ON_BREAK",)),
    ({"on_break": True, "phase": CoveragePhase.RECOVERY}, False, ()),
    ({"recovering": 2}, False, ("WATCHES_RECOVERY_TOO",)),
    ({"recovering": 2, "phase": CoveragePhase.RECOVERY}, False, ()),
    ({"other_running": 1, "phase": CoveragePhase.RECOVERY}, False, ()),
    ({"on_shift": False}, False, ("NOT_ON_SHIFT",)),
    ({"may_watch": UNFIT}, True, ("CREDENTIAL_EXPIRED",)),
    ({"watched": False, "state": "discharged"}, True, ("NOT_WATCHED_NOW",)),
    ({"open_now": "2", "with_now_name": "C. Roy"}, True, ("COVERAGE_CHANGED",)),
    ({"open_now": "", "with_now": "", "with_now_name": ""}, True, ("COVERAGE_CHANGED",)),
    ({"open_now": "", "open_seen": "", "with_now": ""}, False, ()),
    ({"break_for": dt.timedelta(minutes=10)}, False, ()),
    ({"break_for": dt.timedelta(minutes=15)}, False, ()),
    ({"break_for": dt.timedelta(minutes=16)}, True, ("BREAK_TOO_LONG",)),
    ({"break_for": dt.timedelta(seconds=30)}, True, ("BREAK_TOO_SHORT",)),
    (
        {"open_now": "", "open_seen": "", "with_now": "", "break_for": dt.timedelta(minutes=5)},
        True,
        ("BREAK_OF_NOBODY",),
    ),
]


@pytest.mark.parametrize(("changed", "refused", "codes"), TAKING)
def test_who_may_take_a_patient(
    changed: dict[str, object], refused: bool, codes: tuple[str, ...]
) -> None:
    decision = assess_taking(replace(FREE, **changed), LIMITS)  # type: ignore[arg-type]
    assert (decision.refused, decision.codes) == (refused, codes)


def test_who_came_second_reads_who_has_the_patient() -> None:
    (reason,) = assess_taking(replace(FREE, open_now="2", with_now_name="C. Roy"), LIMITS)
    assert reason.sentence == (
        "Meanwhile the patient is with C. Roy; the page that you saw said A. Okafor. Nothing was "
        "changed: look again."
    )


def test_the_free_stand_first_among_those_who_could_take_a_patient() -> None:
    fit = CandidateFacts(
        who="f", name="Fit", may_watch=Decision(), on_shift=True, running=0, recovering=0
    )
    people = [
        replace(fit, who="e", name="Expired", may_watch=UNFIT),
        replace(fit, who="b", name="Busy", running=1),
        replace(fit, who="o", name="On a break", on_break=True),
        replace(fit, who="h", name="Home", on_shift=False),
        replace(fit, who="r", name="Recovery", recovering=1),
        fit,
    ]
    found = who_could_take(people)
    assert (found[0].facts.name, found[0].is_free) == ("Fit", True)
    assert {c.facts.name for c in found if not c.is_free} == {
        "Expired",
        "Busy",
        "On a break",
        "Home",
        "Recovery",
    }


# stretches (who, from, to) of an infusion of 40 minutes → minutes covered, gaps
PROOFS = [
    ([("a", 0, 40)], 40, []),
    ([("a", 0, None)], 40, []),
    ([("a", 0, 10), ("b", 10, 40)], 40, []),
    ([("b", 10, 40), ("a", 0, 10)], 40, []),
    ([("a", 0, 10), ("b", 12, 40)], 38, [(10, 12)]),
    ([("a", 0, 10)], 10, [(10, 40)]),
    ([("a", 5, 40)], 35, [(0, 5)]),
    ([], 0, [(0, 40)]),
    ([("a", -10, 50)], 40, []),
    ([("a", 41, 50)], 0, [(0, 40)]),
]


@pytest.mark.parametrize(("rows", "covered", "gaps"), PROOFS)
def test_what_the_stretches_prove(
    rows: list[tuple[str, float, float | None]],
    covered: float,
    gaps: list[tuple[float, float]],
) -> None:
    stretches = [Stretch(w, at(b), None if e is None else at(e)) for w, b, e in rows]
    proof = prove(stretches, begins=at(0), ends=at(40))
    assert proof.covered == dt.timedelta(minutes=covered)
    assert proof.gaps == tuple(Gap(at(b), at(e)) for b, e in gaps)
    assert proof.is_whole is not bool(gaps)


def test_two_clinicians_at_once_prove_nothing() -> None:
    with pytest.raises(InvalidValue, match="two clinicians"):
        prove(
            [Stretch("a", at(0), at(20)), Stretch("b", at(19), at(40))], begins=at(0), ends=at(40)
        )


def test_somebody_is_with_a_patient_for_some_time() -> None:
    with pytest.raises(InvalidValue, match="no time"):
        Stretch("a", at(1), at(1))


def test_one_after_the_other_is_one_at_a_time() -> None:
    rows = [Stretch("a", at(0), at(20)), Stretch("a", at(20), at(40)), Stretch("b", at(0))]
    assert most_at_once(rows, until=at(60)) == {"a": 1, "b": 1}
    assert most_at_once([*rows, Stretch("a", at(10), at(11))], until=at(60))["a"] == 2


def test_a_break_has_an_order_of_limits() -> None:
    with pytest.raises(InvalidValue, match="A break lasts"):
        CoverageLimits(
            break_at_least=dt.timedelta(minutes=5), break_at_most=dt.timedelta(minutes=1)
        )
