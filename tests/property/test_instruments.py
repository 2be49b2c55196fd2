"""Laws of scoring that hold for any answers."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from afterglow.core.instruments.answers import Assessment
from afterglow.core.instruments.library import instrument
from afterglow.core.instruments.scoring import score

PHQ9 = instrument("phq9")
SCREEN = instrument("cssrs_screener")
phq9_answers = st.fixed_dictionaries(
    {key: st.one_of(st.none(), st.integers(0, 3)) for key in PHQ9.scoring.items}
)
screen_answers = st.fixed_dictionaries(
    {key: st.one_of(st.none(), st.integers(0, 1)) for key in SCREEN.scoring.items}
)


@given(phq9_answers, st.randoms(use_true_random=False))
def test_scoring_ignores_the_order_of_answers(
    answers: dict[str, int | None], random: Random
) -> None:
    shuffled = list(answers.items())
    random.shuffle(shuffled)
    assert score(PHQ9, Assessment.of(PHQ9, dict(shuffled))) == score(
        PHQ9, Assessment.of(PHQ9, answers)
    )


@given(phq9_answers)
def test_a_total_stays_in_range_and_has_a_band(answers: dict[str, int | None]) -> None:
    result = score(PHQ9, Assessment.of(PHQ9, answers))
    assert result.total is None or 0 <= result.total <= 27
    assert (result.band is None) is (result.total is None)


@given(phq9_answers)
def test_a_positive_or_open_item_nine_always_speaks_up(answers: dict[str, int | None]) -> None:
    result = score(PHQ9, Assessment.of(PHQ9, answers))
    assert bool(result.safety) is (answers["9"] != 0)


@given(screen_answers)
def test_an_open_suicide_screen_is_never_none(answers: dict[str, int | None]) -> None:
    result = score(SCREEN, Assessment.of(SCREEN, answers))
    if result.unanswered:
        assert result.band != "none"
        assert result.safety
    if any(answers.values()):
        assert result.safety
