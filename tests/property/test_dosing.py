"""Laws of dosing that hold for any patient, order, product and course of the pump."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from afterglow.core.dosing import (
    Bag,
    Diluent,
    Draw,
    Mixing,
    OrderFacts,
    Prescription,
    RateFrom,
    check_order,
    delivered,
    given_by_pump,
    given_so_far,
    plan_infusion,
    reconcile,
    segments,
)
from afterglow.core.quantities import (
    BodyMass,
    Concentration,
    Dose,
    DosePerMass,
    Duration,
    Rate,
    Volume,
)
from support.dosing import RULES

START = datetime(2026, 11, 23, 18, 35, tzinfo=UTC)


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=low, max_value=high, places=places)


masses = decimals("30", "300", 1).map(BodyMass.kg)
orders = st.builds(
    Prescription,
    decimals("0.1", "2", 2).map(DosePerMass.mg_per_kg),
    st.integers(20, 120).map(Duration.minutes),
)
strengths = st.sampled_from(["10", "50", "100"]).map(Concentration.mg_per_ml)
diluents = st.builds(
    Diluent,
    st.integers(80, 250).map(Volume.ml),
    st.sampled_from(Mixing),
    residual=decimals("0", "10", 1).map(Volume.ml),
    line=decimals("0", "25", 1).map(Volume.ml),
    flushed=st.booleans(),
)
bags = st.builds(
    Bag,
    st.builds(Draw, decimals("0.05", "15", 2).map(Volume.ml), strengths),
    diluents,
)
rates = decimals("0", "400", 1).map(Rate.ml_per_h)


@st.composite
def courses(draw: st.DrawFn) -> list[RateFrom]:
    seconds = draw(st.lists(st.integers(0, 7200), min_size=1, max_size=8, unique=True))
    return [RateFrom(START + timedelta(seconds=s), draw(rates)) for s in sorted(seconds)]


moments = st.integers(0, 9000).map(lambda s: START + timedelta(seconds=s))


@given(orders, masses, strengths, diluents)
def test_rounding_never_carries_an_order_past_a_limit(
    order: Prescription, mass: BodyMass, strength: Concentration, diluent: Diluent
) -> None:
    plan = plan_infusion(order, mass, strength=strength, diluent=diluent, rules=RULES)
    before = OrderFacts(order, mass, START)
    after = OrderFacts(order, mass, START, drawn=plan.drawn)

    assert check_order(before, RULES).codes == check_order(after, RULES).codes


@given(orders, masses, strengths, diluents)
def test_what_is_drawn_is_in_the_bag_and_near_the_order(
    order: Prescription, mass: BodyMass, strength: Concentration, diluent: Diluent
) -> None:
    plan = plan_infusion(order, mass, strength=strength, diluent=diluent, rules=RULES)
    bag = plan.bag

    assert plan.drawn == strength * plan.drawn_volume == bag.drawn
    assert bag.deliverable + bag.left_behind == bag.drawn
    assert bag.total == bag.diluent_kept + bag.draw.volume
    # Two rounding steps, the second up to a whole one where a limit holds it down.
    step = RULES.rounding.dose.step.value + RULES.rounding.drawn_volume.step.value * strength.value
    assert abs(plan.drawn.change_from(plan.raw)) <= step


@given(orders, masses, strengths, diluents)
def test_an_allowed_order_is_never_planned_shorter_than_the_shortest_time(
    order: Prescription, mass: BodyMass, strength: Concentration, diluent: Diluent
) -> None:
    shortest = RULES.limits.shortest
    assume(order.over >= shortest)

    plan = plan_infusion(order, mass, strength=strength, diluent=diluent, rules=RULES)

    assert plan.runs_for >= shortest


@given(orders, masses, masses, strengths, diluents)
def test_a_heavier_patient_never_gets_a_smaller_rounded_dose(
    order: Prescription,
    one: BodyMass,
    other: BodyMass,
    strength: Concentration,
    diluent: Diluent,
) -> None:
    lighter, heavier = sorted((one, other))

    def rounded(mass: BodyMass) -> Dose:
        plan = plan_infusion(order, mass, strength=strength, diluent=diluent, rules=RULES)
        return plan.rounded

    assert rounded(lighter) <= rounded(heavier)


@given(bags, courses(), moments)
def test_nothing_is_made_or_lost(bag: Bag, course: list[RateFrom], at: datetime) -> None:
    for given_ in (
        given_so_far(bag, course, at=at),
        given_by_pump(bag, delivered(segments(course, until=at))),
    ):
        assert given_.dose + given_.remaining + given_.left_behind == bag.drawn
        assert given_.dose <= bag.deliverable
        assert given_.volume <= bag.volume_to_be_infused


@given(bags, courses(), moments, moments)
def test_given_never_goes_down(
    bag: Bag, course: list[RateFrom], one: datetime, other: datetime
) -> None:
    earlier, later = sorted((one, other))

    assert given_so_far(bag, course, at=earlier).dose <= given_so_far(bag, course, at=later).dose


@given(bags, courses(), moments, moments)
def test_cutting_a_stretch_in_two_changes_nothing(
    bag: Bag, course: list[RateFrom], cut: datetime, at: datetime
) -> None:
    assume(course[0].at < cut and cut not in {change.at for change in course})
    running = [change for change in course if change.at < cut][-1].rate
    in_two = sorted([*course, RateFrom(cut, running)], key=lambda change: change.at)

    assert given_so_far(bag, in_two, at=at) == given_so_far(bag, course, at=at)


@given(courses(), moments)
def test_totals_are_the_sum_of_their_stretches(course: list[RateFrom], at: datetime) -> None:
    whole = delivered(segments(course, until=at))

    # Summed by hand in tenths of a millilitre-second per hour, which are whole numbers.
    tenths = 0
    for change, following in pairwise(
        [*course, RateFrom(max(at, course[-1].at) + timedelta(1), Rate.ml_per_h(0))]
    ):
        seconds = max((min(following.at, at) - change.at).total_seconds(), 0)
        tenths += int(change.rate.value * 10) * int(seconds)
    assert abs(whole.value - Decimal(tenths) / 36_000) < Decimal("1e-20")


@given(bags, courses(), moments)
def test_a_pump_that_agrees_with_the_chart_is_never_disputed(
    bag: Bag, course: list[RateFrom], at: datetime
) -> None:
    stated = delivered(segments(course, until=at))

    result = reconcile(bag, course, stated, at=at, rules=RULES)

    assert "PUMP_DIFFERS_FROM_CHART" not in result.decision.codes
    assert result.settled is result.pump
