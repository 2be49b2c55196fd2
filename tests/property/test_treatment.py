"""Laws of the treatment session that hold for any facts."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from afterglow.core.catalogue import all_reason_codes
from afterglow.core.courses.phases import CoursePhase
from afterglow.core.decisions import Overrider, Reason, Severity, blocker
from afterglow.core.errors import IllegalTransition, InvalidValue
from afterglow.core.quantities import Rate
from afterglow.core.treatment import discharge, readiness, sign
from afterglow.core.treatment.discharge import DISCHARGE
from afterglow.core.treatment.endings import ENDINGS, SessionEnding
from afterglow.core.treatment.facts import (
    AmountFacts,
    CssrsLevel,
    DayFacts,
    DischargeFacts,
    EscortState,
    ReadinessFacts,
)
from afterglow.core.treatment.lifecycles import (
    SESSION,
    SessionAction,
    SessionState,
    step,
)
from afterglow.core.treatment.overrides import Override, apply
from afterglow.core.treatment.pump_rate import RateFacts, fastest_possible
from afterglow.core.treatment.pump_rate import assess as assess_rate
from afterglow.core.treatment.readiness import READINESS
from afterglow.core.treatment.rulebook import RuleList
from afterglow.core.treatment.rules import SessionRules, stricter
from support.treatment import (
    AT,
    BALANCED,
    GOING_HOME,
    QUIET_DAY,
    READING,
    READY,
    RULES,
    SETTLED,
    signable,
)

CODES = {each.code: each for each in all_reason_codes()}
STOPPED = Rate.ml_per_h(0)
moments = st.integers(-60, 60 * 24 * 400).map(lambda minutes: AT - timedelta(minutes=minutes))


def with_changes(whole: Any, changes: dict[str, Any]) -> Any:
    """Return the whole with the changes."""
    return replace(whole, **changes)


def few(whole: Any, **changes: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Build the whole with up to three parts changed, so that yes stays as likely as no."""
    return (
        st.sets(st.sampled_from(sorted(changes)), max_size=3)
        .flatmap(lambda names: st.fixed_dictionaries({each: changes[each] for each in names}))
        .map(lambda chosen: replace(whole, **chosen))
    )


def optional(part: Any, **changes: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Build None, or the part with any of the changes."""
    return st.none() | st.fixed_dictionaries(changes).map(lambda c: replace(part, **c))


readings = st.builds(
    replace,
    st.just(READING),
    at=moments,
    systolic_mmhg=st.none() | st.integers(40, 260),
    diastolic_mmhg=st.none() | st.integers(20, 160),
    heart_rate_per_min=st.none() | st.integers(20, 220),
    spo2_percent=st.none() | st.integers(50, 100),
    respiratory_rate_per_min=st.none() | st.integers(0, 50),
    moaas=st.none() | st.integers(0, 5),
)
days: st.SearchStrategy[DayFacts] = st.fixed_dictionaries(
    {},
    optional={
        each.name: st.just(each.default) | st.just(getattr(QUIET_DAY, each.name))
        for each in fields(DayFacts)
    },
).map(lambda changes: with_changes(QUIET_DAY, changes))
suicides = st.builds(
    replace,
    st.just(READY.suicide),
    asked_at=st.none() | moments,
    item9=st.none() | st.integers(0, 3),
    statement_positive=st.none() | st.booleans(),
    level=st.none() | st.sampled_from(CssrsLevel),
    assessed_at=st.none() | moments,
    safety_plan_given=st.booleans(),
)
ready_facts: st.SearchStrategy[ReadinessFacts] = few(
    READY,
    course=optional(
        READY.course,
        phase=st.sampled_from(CoursePhase),
        accepted_at=st.none() | moments,
        paused=st.booleans(),
    ),
    consent=optional(
        READY.consent,
        signed_at=st.none() | moments,
        version_in_force=st.booleans(),
        withdrawn_at=st.none() | moments,
    ),
    order=optional(
        READY.order,
        order_id=st.sampled_from(["order", "other"]),
        signed_at=st.none() | moments,
        within_protocol=st.booleans(),
        cancelled=st.booleans(),
    ),
    weight=optional(READY.weight, measured_at=moments),
    preparation=optional(
        READY.preparation,
        prepared_at=moments,
        read_back_by=st.none() | st.sampled_from(["clinician", "second"]),
        discarded=st.booleans(),
    ),
    product=optional(READY.product, fda_approved=st.booleans()),
    clinician=optional(
        READY.clinician,
        other_running_infusions=st.integers(0, 2),
        recovering_patients=st.integers(0, 4),
    ),
    baseline=st.lists(readings, max_size=4).map(tuple),
    allergies=st.frozensets(st.sampled_from(["ketamine", "latex", "benzethonium"])),
    escort=st.sampled_from(EscortState),
    room_assigned=st.booleans(),
    day=days,
    suicide=suicides,
)
home_facts: st.SearchStrategy[DischargeFacts] = few(
    GOING_HOME,
    ending=st.sampled_from(SessionEnding),
    infusion_started=st.booleans(),
    pump_stopped_at=st.none() | moments,
    last_sedative_at=st.none() | moments,
    moaas=st.none() | st.integers(0, 5),
    oriented=st.none() | st.integers(0, 3),
    vitals=optional(
        SETTLED,
        at=moments,
        systolic_mmhg=st.integers(50, 250),
        diastolic_mmhg=st.integers(20, 150),
        spo2_percent=st.integers(60, 100),
        spo2_at=moments,
        on_oxygen=st.none() | st.booleans(),
    ),
    gait_steady=st.none() | st.booleans(),
    iv_removed=st.none() | st.booleans(),
    escort=st.none() | st.just(GOING_HOME.escort),
    no_driving_told=st.booleans(),
    suicide=suicides,
)


def always_blocked(facts: Any, rules: SessionRules) -> Reason:
    """Refuse whatever the facts."""
    return blocker("ALWAYS_BLOCKED", "Refused, whatever the facts.")


@given(ready_facts)
def test_adding_a_blocker_never_turns_no_into_yes(facts: ReadinessFacts) -> None:
    more = RuleList("more", (*READINESS, always_blocked))

    assert more.assess(facts, RULES).refused
    assert set(readiness.assess(facts, RULES)) <= set(more.assess(facts, RULES))


@given(ready_facts, st.randoms(use_true_random=False))
def test_the_order_of_readiness_rules_does_not_matter(
    facts: ReadinessFacts, random: Random
) -> None:
    shuffled = list(READINESS)
    random.shuffle(shuffled)

    assert RuleList("shuffled", shuffled).assess(facts, RULES) == readiness.assess(facts, RULES)


@given(home_facts, st.randoms(use_true_random=False))
def test_the_order_of_discharge_rules_does_not_matter(
    facts: DischargeFacts, random: Random
) -> None:
    shuffled = list(DISCHARGE)
    random.shuffle(shuffled)

    assert RuleList("shuffled", shuffled).assess(facts, RULES) == discharge.assess(facts, RULES)


@given(ready_facts)
def test_every_reason_given_is_declared_with_that_weight(facts: ReadinessFacts) -> None:
    found = {(r.code, r.severity) for r in readiness.assess(facts, RULES)}

    assert found <= {(each.code, each.severity) for each in CODES.values()}


@given(ready_facts)
def test_nothing_starts_without_what_nobody_may_override(facts: ReadinessFacts) -> None:
    everybody = [
        Override(code=code, seen=r.seen, role=role, at=AT, why="Because.")
        for r in readiness.assess(facts, RULES)
        for code in (r.code,)
        for role in Overrider
    ]

    decision = apply(readiness.assess(facts, RULES), everybody, at=AT, rules=RULES)

    assert {r.overridable_by for r in decision.blockers} <= {Overrider.NOBODY}
    assert not [
        r for r in decision if r.overridden and CODES[r.code].overridable_by is Overrider.NOBODY
    ]
    if decision.allowed:
        assert facts.consent is not None
        assert facts.order is not None
        assert facts.weight is not None
        assert facts.preparation is not None
        assert facts.room_assigned
        assert facts.clinician is not None
        assert facts.clinician.other_running_infusions == 0
        assert facts.escort is not EscortState.NONE
        assert not facts.allergies & {"ketamine", "benzethonium"}


@given(st.dictionaries(st.sampled_from(sorted(CODES)), st.sampled_from(Overrider), max_size=5))
def test_data_tightens_who_may_override_and_never_loosens(said: dict[str, Overrider]) -> None:
    looser = [
        code for code, by in said.items() if stricter(by, CODES[code].overridable_by) is not by
    ]

    try:
        rules = replace(RULES, overridable_by=said)
    except InvalidValue:
        assert looser
        return

    assert not looser
    for declared in CODES.values():
        by = rules.tighten(declared.reason()).overridable_by
        assert stricter(by, declared.overridable_by) is by


@given(home_facts)
def test_nobody_goes_home_drowsy_on_oxygen_or_with_the_iv_in(facts: DischargeFacts) -> None:
    decision = discharge.assess(facts, RULES)

    if decision.allowed and discharge.criteria_apply(facts):
        assert facts.moaas == 5
        assert facts.iv_removed
        assert facts.vitals is not None
        assert facts.vitals.on_oxygen is False
        assert facts.no_driving_told
        assert facts.suicide.level is not CssrsLevel.HIGH


@given(home_facts, st.integers(0, 29))
def test_a_sedative_never_shortens_the_stay(facts: DischargeFacts, minutes: int) -> None:
    sedated = replace(facts, last_sedative_at=facts.at - timedelta(minutes=minutes))

    if discharge.assess(replace(facts, last_sedative_at=None), RULES).refused:
        assert discharge.assess(sedated, RULES).refused


@given(st.lists(st.sampled_from(SessionAction), max_size=12))
def test_whatever_is_tried_a_session_stays_in_its_table(actions: list[SessionAction]) -> None:
    state = SESSION.initial
    for action in actions:
        try:
            state = step(state, action)
        except IllegalTransition:
            assert action not in SESSION.actions(state)

    assert state in SessionState
    assert SessionState.SIGNED in SESSION.reachable(state)


@given(st.lists(st.sampled_from(SessionAction), max_size=12))
def test_no_session_ends_between_the_start_and_the_stop_of_its_pump(
    actions: list[SessionAction],
) -> None:
    state, running = SESSION.initial, False
    for action in actions:
        if SESSION.can(state, action):
            state = step(state, action)
            running = (running or action is SessionAction.START_INFUSION) and (
                action is not SessionAction.RECORD_PUMP_STOPPED
            )

    assert running is (state is SessionState.INFUSING)


milligrams = st.integers(0, 200_000).map(lambda thousandths: Decimal(thousandths) / 1000)


@given(milligrams, milligrams, milligrams, milligrams)
def test_a_record_signs_only_when_every_microgram_is_accounted_for(
    given_mg: Decimal, residual_mg: Decimal, wasted_mg: Decimal, off_mg: Decimal
) -> None:
    amount = AmountFacts(
        drawn_mg=given_mg + residual_mg + wasted_mg + off_mg,
        given_mg=given_mg,
        residual_mg=residual_mg,
        wasted_mg=wasted_mg,
        waste_witnessed=True,
    )

    facts = signable(SessionEnding.COMPLETED, amounts=(BALANCED, amount))

    assert sign.assess(facts, RULES).allowed is (off_mg == 0)


@given(
    st.sampled_from(SessionEnding),
    st.sampled_from(SessionState),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_what_is_signed_has_ended_as_it_says_with_all_closed(
    ending: SessionEnding, state: SessionState, unread: int, alarms: int
) -> None:
    facts = signable(ending, state=state, slots_unread=unread, alarms_not_acknowledged=alarms)

    if sign.assess(facts, RULES).allowed:
        assert ENDINGS[ending].state is state
        assert (unread, alarms) == (0, 0)


def test_every_blocker_that_nobody_overrides_stays_so_in_the_seed() -> None:
    nobody = {
        c.code
        for c in CODES.values()
        if c.severity is Severity.BLOCKER and c.overridable_by is Overrider.NOBODY
    }

    assert not nobody & set(RULES.overridable_by)


rates = (st.decimals("0", "1300", places=2) | st.decimals("0", "999999.99", places=2)).map(
    Rate.ml_per_h
)


@given(rates, rates, st.booleans(), st.text(max_size=20))
def test_no_words_let_a_rate_past_the_limit_be_set_and_what_ran_never_goes_unsaid(
    rate: Rate, fastest: Rate, ran: bool, reason: str
) -> None:
    facts = RateFacts(rate, fastest, ran, reason)
    judged = assess_rate(facts)

    past, can_be = rate > fastest, STOPPED < rate <= fastest_possible()
    assert judged.allowed == (can_be and (not past or (ran and bool(reason.strip()))))
    assert bool(judged.cautions) == (judged.allowed and past)
    assert facts.is_deviation == (past and ran)
