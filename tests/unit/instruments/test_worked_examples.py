"""The worked examples of clinical reference 4.4, 5.2, 5.3 and 5.5, one row each."""

from decimal import Decimal

import pytest

from afterglow.core.instruments.answers import Assessment
from afterglow.core.instruments.change import change
from afterglow.core.instruments.library import instrument
from afterglow.core.instruments.scoring import Score, ScoreFlag, score


def scored(key: str, answers: str, items: tuple[str, ...] = ()) -> Score:
    """Score a row of answers; "_" is an item left open."""
    scale = instrument(key)
    keys = items or scale.scoring.items
    values = [None if a == "_" else int(a) for a in answers.split()]
    return score(scale, Assessment.of(scale, dict(zip(keys, values, strict=True))))


@pytest.mark.parametrize(
    ("answers", "total", "band", "phq2", "syndrome", "safety"),
    [
        ("0 0 0 0 0 0 0 0 0", 0, "minimal", 0, "none", ()),
        ("1 1 1 1 0 0 0 0 0", 4, "minimal", 2, "none", ()),
        ("2 2 1 2 1 1 1 0 0", 10, "moderate", 4, "other", ()),
        ("3 2 2 2 1 2 2 1 1", 16, "moderately_severe", 5, "major", ("SUICIDE_ITEM_POSITIVE",)),
        ("3 3 3 3 2 3 3 2 2", 24, "severe", 6, "major", ("SUICIDE_ITEM_POSITIVE",)),
        ("2 1 0 0 0 0 0 0 3", 6, "mild", 3, "other", ("SUICIDE_ITEM_POSITIVE",)),
    ],
)
def test_phq9(
    answers: str, total: int, band: str, phq2: int, syndrome: str, safety: tuple[str, ...]
) -> None:
    result = scored("phq9", answers)
    assert result.total == total
    assert result.band == band
    assert result.parts == {"phq2": phq2}
    assert result.classification == syndrome
    assert tuple(reason.code for reason in result.safety) == safety
    assert result.flags == frozenset()


def test_phq9_with_one_open_item_is_prorated_and_says_so() -> None:
    result = scored("phq9", "2 2 1 _ 1 1 1 0 0")
    assert result.total == 9
    assert result.band == "mild"
    assert result.flags == {ScoreFlag.PRORATED}
    assert result.unanswered == ("4",)
    assert result.parts == {"phq2": 4}
    assert result.classification is None


def test_phq9_with_three_open_items_has_no_total() -> None:
    result = scored("phq9", "1 1 2 _ _ _ 1 0 0")
    assert (result.total, result.band) == (None, None)
    assert result.flags == {ScoreFlag.INCOMPLETE}


def test_phq9_never_prorates_item_nine_and_asks_somebody_to_call() -> None:
    result = scored("phq9", "1 1 2 1 1 1 1 0 _")
    assert result.total is None
    assert [reason.code for reason in result.safety] == ["SUICIDE_ITEM_UNANSWERED"]


def test_phq9_item_nine_speaks_up_even_without_a_total() -> None:
    result = scored("phq9", "_ _ _ _ _ _ _ _ 1")
    assert result.total is None
    assert [reason.code for reason in result.safety] == ["SUICIDE_ITEM_POSITIVE"]


def test_the_difficulty_question_of_phq9_is_asked_and_not_counted() -> None:
    scale = instrument("phq9")
    answers = dict.fromkeys(scale.scoring.items, 0) | {"10": 3}
    assert score(scale, Assessment.of(scale, answers)).total == 0


@pytest.mark.parametrize(
    ("answers", "total", "band"),
    [
        ("0 0 0 0 0 0 0", 0, "minimal"),
        ("1 1 1 1 0 0 0", 4, "minimal"),
        ("1 2 1 1 1 1 1", 8, "mild"),
        ("2 2 2 2 1 1 1", 11, "moderate"),
        ("2 2 2 2 2 2 3", 15, "severe"),
        ("2 2 _ 1 1 1 1", 9, "mild"),
        ("2 2 _ _ _ 1 1", None, None),
    ],
)
def test_gad7(answers: str, total: int | None, band: str | None) -> None:
    result = scored("gad7", answers)
    assert (result.total, result.band) == (total, band)


@pytest.mark.parametrize(
    ("key", "baseline", "later", "response", "remission", "difference"),
    [
        ("phq9", 18, 9, True, False, True),
        ("phq9", 18, 4, True, True, True),
        ("gad7", 14, 10, False, False, True),
        ("gad7", 14, 11, False, False, False),
    ],
)
def test_change(
    key: str, baseline: int, later: int, response: bool, remission: bool, difference: bool
) -> None:
    found = change(instrument(key), baseline=Decimal(baseline), later=Decimal(later))
    assert (found.is_response, found.is_remission) == (response, remission)
    assert found.meets_smallest_difference is difference
    assert found.difference == later - baseline


@pytest.mark.parametrize(
    ("answers", "level", "safety"),
    [
        ("0 0 _ _ _ 0 _", "none", ()),
        ("1 0 _ _ _ 0 _", "low", ("SUICIDE_RISK_FOUND",)),
        ("1 1 0 0 0 0 _", "low", ("SUICIDE_RISK_FOUND",)),
        ("1 1 1 0 0 0 _", "moderate", ("SUICIDE_RISK_FOUND",)),
        ("0 0 _ _ _ 1 0", "moderate", ("SUICIDE_RISK_FOUND",)),
        ("1 1 1 1 0 0 0", "high", ("SUICIDE_RISK_FOUND",)),
        ("1 1 0 0 1 0 0", "high", ("SUICIDE_RISK_FOUND",)),
        ("0 0 _ _ _ 1 1", "high", ("SUICIDE_RISK_FOUND",)),
        ("0 0 _ _ _ _ _", None, ("SUICIDE_SCREEN_INCOMPLETE",)),
        ("1 0 _ _ _ _ _", None, ("SUICIDE_RISK_FOUND", "SUICIDE_SCREEN_INCOMPLETE")),
        ("1 1 _ _ 1 _ _", "high", ("SUICIDE_RISK_FOUND", "SUICIDE_SCREEN_INCOMPLETE")),
        ("_ _ _ _ _ _ _", None, ("SUICIDE_SCREEN_INCOMPLETE",)),
    ],
)
def test_suicide_screen(answers: str, level: str | None, safety: tuple[str, ...]) -> None:
    result = scored("cssrs_screener", answers)
    assert result.band == level
    assert result.total is None
    assert tuple(reason.code for reason in result.safety) == safety
    assert (ScoreFlag.NEEDS_CLINICIAN in result.flags) is bool(result.unanswered)


@pytest.mark.parametrize(
    ("key", "answers", "total", "refusals"),
    [
        ("aldrete", "2 2 2 2 2", 10, ()),
        ("aldrete", "2 2 1 2 2", 9, ()),
        ("aldrete", "2 2 2 1 2", 9, ("ITEM_BELOW_PASS",)),
        ("aldrete", "2 1 1 2 2", 8, ("ITEM_BELOW_PASS", "TOTAL_BELOW_PASS")),
        ("aldrete", "2 2 2 2 1", 9, ()),
        ("aldrete", "2 2 _ 2 2", None, ("TOTAL_MISSING",)),
        ("mpadss", "2 2 2 2 2", 10, ()),
        ("mpadss", "2 1 1 2 2", 8, ("TOTAL_BELOW_PASS",)),
        ("padss", "1 2 2 2 2", 9, ()),
    ],
)
def test_recovery_scores(
    key: str, answers: str, total: int | None, refusals: tuple[str, ...]
) -> None:
    result = scored(key, answers)
    assert result.total == total
    assert result.passing is not None
    assert result.passing.codes == refusals


@pytest.mark.parametrize(
    ("key", "answer"),
    [("moaas", 5), ("moaas", 0), ("dissociation", 7), ("nausea", 3), ("anxiety", 10), ("pain", 0)],
)
def test_a_rating_of_one_item_is_its_answer(key: str, answer: int) -> None:
    result = scored(key, str(answer))
    assert (result.instrument, result.version) == (key, "1")
    assert result.total == answer
    assert (result.band, result.passing, result.safety) == (None, None, ())
