"""Laws of the evidence rules: whatever is cited, compared or written."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from afterglow.core.evidence.comparing import beside_in_prose, like_with_like
from afterglow.core.evidence.figures import Figure, TimePoint
from afterglow.core.evidence.numbers import plain_words
from afterglow.core.evidence.publishing import PUBLICATION, PublicationAct, PublicationState
from afterglow.core.evidence.trials import wilson
from afterglow.core.evidence.vocabulary import (
    Anchor,
    Design,
    Endpoint,
    FactStatus,
    FigureMeasure,
    NumberKind,
)
from afterglow.core.evidence.writing import bare_numbers, citations_in

TIMES = st.builds(
    TimePoint,
    st.sampled_from([None, Decimal(24), Decimal(168)]),
    st.sampled_from(list(Anchor)),
)
FIGURES = st.builds(
    Figure,
    record=st.sampled_from(["A", "B", "C"]),
    key=st.sampled_from(["x", "y"]),
    words=st.just("response"),
    kind=st.sampled_from([NumberKind.EFFICACY, NumberKind.SAFETY]),
    measure=st.sampled_from([FigureMeasure.PERCENT, FigureMeasure.ODDS_RATIO]),
    value=st.integers(0, 100).map(Decimal),
    endpoint=st.sampled_from(list(Endpoint)),
    definition=st.sampled_from(["", "half", "madrs"]),
    time=TIMES,
    population=st.sampled_from(["", "trd", "mdd"]),
    intervention=st.sampled_from(["", "ketamine_iv", "ssri"]),
    design=st.sampled_from(list(Design)),
    study=st.sampled_from(["S", "T"]),
    status=st.just(FactStatus.CONFIRMED),
)


def well_defined(figure: Figure) -> bool:
    return (
        figure.endpoint is not Endpoint.OTHER
        and bool(figure.definition)
        and figure.time.defined
        and bool(figure.population)
    )


@given(st.lists(FIGURES, max_size=4))
def test_the_order_of_figures_does_not_matter(figures: list[Figure]) -> None:
    verdicts = {
        frozenset(like_with_like(order).blockers) for order in list(permutations(figures))[:6]
    }

    assert len({len(each) for each in verdicts}) <= 1
    assert len({tuple(sorted(r.code for r in each)) for each in verdicts}) <= 1


@given(st.lists(FIGURES, max_size=4), FIGURES)
def test_one_more_figure_never_turns_a_no_into_a_yes(figures: list[Figure], more: Figure) -> None:
    if like_with_like(figures).refused:
        assert like_with_like([*figures, more]).refused


@given(FIGURES, FIGURES, FIGURES)
def test_what_matches_the_same_thing_matches(one: Figure, two: Figure, three: Figure) -> None:
    if like_with_like([one, two]).allowed and like_with_like([two, three]).allowed:
        assert like_with_like([one, three]).allowed


@given(FIGURES)
def test_a_well_defined_figure_matches_itself_and_an_undefined_one_nothing(one: Figure) -> None:
    twin = replace(one, record="Z", study="Z")

    assert like_with_like([one, twin]).allowed is well_defined(one)


@given(FIGURES, FIGURES)
def test_side_by_side_means_the_same_endpoint_definition_time_and_population(
    one: Figure, two: Figure
) -> None:
    same = (
        one.measure == two.measure
        and one.endpoint == two.endpoint
        and one.definition == two.definition
        and one.time == two.time
        and one.population == two.population
    )

    assert like_with_like([one, two]).allowed is (same and well_defined(one) and well_defined(two))


@given(FIGURES, FIGURES)
def test_prose_that_sets_two_treatments_side_by_side_obeys_the_table_rule(
    one: Figure, two: Figure
) -> None:
    if one.intervention != two.intervention:
        assert beside_in_prose([one, two]).allowed is like_with_like([one, two]).allowed


NUMBERS = st.one_of(
    st.integers(0, 100).map(str),
    st.decimals(0, 100, places=1).map(str),
    st.sampled_from(["seventy", "ten", "setenta", "thirty five", "thirty-five"]),
)
SIGNS = st.sampled_from(
    ["%", " %", "\u00a0%", "\u202f%", " percent", " per cent", " Percent", " por ciento", "\uff05"]
)


@given(
    st.text(alphabet="abc ,.", max_size=20),
    NUMBERS,
    SIGNS,
    st.sampled_from([" of people", ".", "", " responden"]),
)
def test_no_way_of_writing_a_percentage_escapes(
    before: str, number: str, sign: str, after: str
) -> None:
    assert bare_numbers(f"{before} {number}{sign}{after}")


@given(st.text(max_size=60))
def test_reading_a_text_never_fails_and_finds_only_what_stands_there(text: str) -> None:
    for found in bare_numbers(text):
        assert found.words.split()[0] in plain_words(text)
    for cited in citations_in(text):
        assert f"[[{cited.ref}]]" in text


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_rate_and_stays_within_nothing_and_everybody(
    counts: tuple[int, int],
) -> None:
    rate, low, high = wilson(*counts)

    assert 0 <= low <= rate <= high <= 100


@given(st.lists(st.sampled_from(list(PublicationAct)), max_size=8))
def test_nothing_is_ever_published_without_a_review_before_it(acts: list[PublicationAct]) -> None:
    state, reviewed = PUBLICATION.initial, False
    for act in acts:
        if not PUBLICATION.can(state, act):
            continue
        state = PUBLICATION.step(state, act)
        if act is PublicationAct.REVIEWED:
            reviewed = True
        if act is PublicationAct.RETURNED:
            reviewed = False
        if state is PublicationState.PUBLISHED:
            assert reviewed
