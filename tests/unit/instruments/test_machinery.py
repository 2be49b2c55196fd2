"""The machine: what a definition may say, what an answer may be, and licences."""

import copy
from decimal import Decimal
from typing import Any

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.instruments.answers import Assessment, check_answers, read_answers
from afterglow.core.instruments.change import change
from afterglow.core.instruments.circulation import PressurePair, circulation_points
from afterglow.core.instruments.definition import LicenceStatus
from afterglow.core.instruments.library import (
    circulation_rule,
    instrument,
    shipped_bodies,
    shipped_body,
)
from afterglow.core.instruments.parsing import parse_instrument
from afterglow.core.instruments.scoring import ScoreFlag, score


def leaf(value: str, unit: str) -> dict[str, str]:
    return {"value": value, "unit": unit, "status": "GK", "source": "a test"}


def domains_body() -> dict[str, Any]:
    """A scale like QIDS: the highest of each domain counts. No wording."""
    return {
        "key": "domains",
        "version": "1",
        "name": "Domains",
        "licence": {"status": "constructs_only", "statement": "made for a test", "source": "test"},
        "items": [{"key": str(n), "construct": f"Item {n}", "range": [0, 3]} for n in range(1, 17)],
        "scoring": {
            "method": "domains",
            "items": [],
            "domains": [
                {"key": "sleep", "items": ["1", "2", "3", "4"]},
                {"key": "mood", "items": ["5"]},
                {"key": "appetite", "items": ["6", "7", "8", "9"]},
                *({"key": f"single{n}", "items": [str(n)]} for n in range(10, 15)),
                {"key": "psychomotor", "items": ["15", "16"]},
            ],
        },
    }


@pytest.mark.parametrize(("key", "version"), sorted(shipped_bodies()))
def test_wording_ships_only_where_the_licence_allows_it(key: str, version: str) -> None:
    body = shipped_body(key, version)
    scale = parse_instrument(body)
    assert (scale.key, scale.version) == (key, version)
    assert body["licence"]["statement"]
    assert body["licence"]["source"]
    has_wording = bool(body.get("stem") or body.get("option_sets"))
    has_wording = has_wording or any("text" in item for item in body["items"])
    assert has_wording is (scale.licence is not LicenceStatus.CONSTRUCTS_ONLY)


def test_only_scales_with_a_free_licence_carry_their_authors_words() -> None:
    shipped = [parse_instrument(body) for body in shipped_bodies().values()]
    allowed = {s.key for s in shipped if s.licence is LicenceStatus.TEXT_ALLOWED}
    assert allowed == {"phq9", "gad7"}


def test_every_chair_scale_ships() -> None:
    assert {key for key, _ in shipped_bodies()} == {
        "moaas", "aldrete", "padss", "mpadss", "dissociation", "nausea", "anxiety", "pain",
        "phq9", "gad7", "cssrs_screener",
    }  # fmt: skip


def test_wording_under_a_closed_licence_is_refused() -> None:
    body = shipped_body("cssrs_screener")
    body["items"][0]["text"] = "A question."
    with pytest.raises(InvalidValue, match="carries wording, and its licence is constructs_only"):
        parse_instrument(body)


@pytest.mark.parametrize(
    ("answers", "total"),
    [
        ("0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0", 0),
        ("1 2 0 0 1 0 0 1 0 1 0 0 0 1 0 0", 6),
        ("2 3 1 0 2 1 0 0 0 1 1 0 1 1 1 0", 11),
        ("3 3 3 0 2 2 0 1 0 2 2 1 2 2 1 2", 18),
        ("0 0 0 3 3 0 3 0 2 2 3 2 3 3 2 1", 24),
        ("3 3 3 3 3 3 _ 3 _ 3 3 3 3 3 3 3", 27),
        ("_ _ _ _ 3 3 0 3 0 3 3 3 3 3 3 3", None),
    ],
)
def test_the_highest_of_each_domain_counts(answers: str, total: int | None) -> None:
    scale = parse_instrument(domains_body())
    values = [None if a == "_" else int(a) for a in answers.split()]
    given = {str(n): value for n, value in enumerate(values, start=1)}
    result = score(scale, Assessment.of(scale, given))
    assert result.total == total
    assert (result.flags == {ScoreFlag.INCOMPLETE}) is (total is None)


def five_items(**scoring: Any) -> dict[str, Any]:
    return {
        "key": "five",
        "version": "1",
        "name": "Five",
        "licence": {"status": "own_words", "statement": "made for a test", "source": "test"},
        "items": [{"key": k, "construct": k, "range": [0, 5]} for k in "abcde"],
        "scoring": {"method": "sum", **scoring},
    }


def test_a_total_may_be_multiplied_to_a_percentage() -> None:
    scale = parse_instrument(five_items(multiply=leaf("4", "1")))
    result = score(scale, Assessment.of(scale, dict(zip("abcde", (2, 2, 3, 2, 3), strict=True))))
    assert result.total == 48


def test_a_reversed_item_counts_from_the_other_end() -> None:
    body = five_items()
    body["items"][2]["reversed"] = True
    scale = parse_instrument(body)
    assert score(scale, Assessment.of(scale, dict.fromkeys("abcde", 1))).total == 8


def test_nothing_answered_is_never_prorated() -> None:
    scale = parse_instrument(five_items(prorate={"most_missing": leaf("5", "items")}))
    result = score(scale, Assessment.of(scale, {}))
    assert result.total is None
    assert result.flags == {ScoreFlag.INCOMPLETE}


def test_a_sub_score_needs_all_its_items() -> None:
    scale = parse_instrument(five_items(subscores=[{"key": "two", "items": ["a", "b"]}]))
    assert score(scale, Assessment.of(scale, {"a": 1})).parts == {}


@pytest.mark.parametrize(
    ("answers", "syndrome"),
    [
        ({"3": 3, "4": 3, "5": 3, "6": 3, "7": 3, "1": 1, "2": 1}, "none"),
        ({"1": 3}, "none"),
    ],
)
def test_a_syndrome_needs_interest_or_mood_and_more_than_one_item(
    answers: dict[str, int], syndrome: str
) -> None:
    scale = instrument("phq9")
    full = dict.fromkeys(scale.scoring.items, 0) | answers
    assert score(scale, Assessment.of(scale, full)).classification == syndrome


def change_in(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    at: Any = changed
    *steps, last = path.split(".")
    for step in steps:
        at = at[int(step)] if step.isdigit() else at[step]
    at[int(last) if last.isdigit() else last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("licence.status", "stolen", "licence.status is 'stolen'; it must be one of"),
        ("licence.statement", "", "statement is ''; a word is needed"),
        ("scoring.method", "guess", "scoring.method is 'guess'"),
        ("scoring.method", "single", "scores one item; it names 9"),
        ("items.0.options", "nowhere", "options is 'nowhere'; there is no such set"),
        ("items.1.key", "1", "has an item twice among 1, 1, 3"),
        ("bands.0.highest", leaf("5", "score"), "The bands minimal and mild overlap"),
        ("bands.0.highest", leaf("4", "%"), "is in %; score is needed"),
        ("scoring.items", ["1", "99"], "has no item '99'"),
        ("classification.needs_any_of", ["11"], "has no item '11'"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_place(path: str, value: Any, sentence: str) -> None:
    with pytest.raises(InvalidValue, match=sentence.replace("?", r"\?")):
        parse_instrument(change_in(shipped_body("phq9"), path, value))


def test_an_item_without_answers_is_refused() -> None:
    body = five_items()
    del body["items"][0]["range"]
    with pytest.raises(InvalidValue, match="needs options, or a range of two numbers"):
        parse_instrument(body)


def test_an_unknown_instrument_is_named() -> None:
    with pytest.raises(InvalidValue, match="No instrument 'madrs' version '1' ships"):
        instrument("madrs")


def test_answers_to_another_version_are_not_scored() -> None:
    with pytest.raises(InvalidValue, match="The answers are to moaas version 0, not to moaas"):
        score(instrument("moaas"), Assessment("moaas", "0", {"response": 5}))


def test_typed_answers_are_read() -> None:
    answers, decision = read_answers(instrument("nausea"), {"nausea": " 2 "})
    assert (answers, decision.allowed) == ({"nausea": 2}, True)


@pytest.mark.parametrize(
    ("texts", "codes", "sentence"),
    [
        ({"pain": ""}, (), ""),
        ({"pain": "11"}, ("ANSWER_OUT_OF_RANGE",), "11 for Pain is not an answer; a whole"),
        ({"pain": "-1"}, ("ANSWER_OUT_OF_RANGE",), "-1 for Pain is not an answer"),
        ({"pain": "3.5"}, ("ANSWER_NOT_A_NUMBER",), "“3.5” for Pain is not a whole number"),
        ({"pain": "3,5"}, ("ANSWER_NOT_A_NUMBER",), "number from 0 to 10 is needed."),
        ({"pain": "much"}, ("ANSWER_NOT_A_NUMBER",), "“much” for Pain"),
        ({"pain": "٣"}, ("ANSWER_NOT_A_NUMBER",), "“٣” for Pain"),
        ({"pain": "1" * 5000}, ("ANSWER_NOT_A_NUMBER",), f"“{'1' * 20}” for Pain"),
        ({"pian": "3"}, ("ANSWER_TO_UNKNOWN_ITEM",), "no item “pian”; the items are pain."),
    ],
)
def test_bad_answers_get_a_sentence(
    texts: dict[str, str], codes: tuple[str, ...], sentence: str
) -> None:
    _, decision = read_answers(instrument("pain"), texts)
    assert decision.codes == codes
    assert sentence in " ".join(reason.sentence for reason in decision)


def test_an_answer_between_two_options_is_refused() -> None:
    body = shipped_body("nausea")
    del body["option_sets"]["rating"][1]
    assert check_answers(parse_instrument(body), {"nausea": 1}).codes == ("ANSWER_OUT_OF_RANGE",)


def test_an_assessment_with_a_bad_answer_cannot_be_built() -> None:
    with pytest.raises(InvalidValue, match="6 for Response is not an answer"):
        Assessment.of(instrument("moaas"), {"response": 6})


@pytest.mark.parametrize(
    ("now", "aldrete", "padss"),
    [
        ("130", 2, 2),
        ("96", 2, 2),
        ("144", 2, 2),
        ("145", 1, 1),
        ("95", 1, 1),
        ("168", 1, 1),
        ("169", 1, 0),
        ("179", 1, 0),
        ("180", 0, 0),
        ("60", 0, 0),
    ],
)
def test_circulation_follows_the_percentage_of_a_baseline_of_120(
    now: str, aldrete: int, padss: int
) -> None:
    pairs = [PressurePair(baseline=Decimal(120), now=Decimal(now))]
    assert circulation_points(pairs, circulation_rule("aldrete")) == aldrete
    assert circulation_points(pairs, circulation_rule("mpadss")) == padss


def test_the_worse_of_two_pressures_counts() -> None:
    systolic = PressurePair(baseline=Decimal(120), now=Decimal(120))
    diastolic = PressurePair(baseline=Decimal(80), now=Decimal(100))
    assert circulation_points([systolic, diastolic], circulation_rule("aldrete")) == 1


def test_circulation_without_a_pressure_or_a_baseline_is_loud() -> None:
    with pytest.raises(InvalidValue, match="at least one pressure"):
        circulation_points([], circulation_rule("aldrete"))
    with pytest.raises(InvalidValue, match="A baseline pressure of 0 mmHg is none"):
        PressurePair(baseline=Decimal(0), now=Decimal(120))


def test_a_change_from_zero_has_no_percentage_and_no_response() -> None:
    found = change(instrument("phq9"), baseline=Decimal(0), later=Decimal(3))
    assert (found.fall_percent, found.is_response, found.is_remission) == (None, None, True)


def test_a_scale_without_rules_of_change_says_nothing() -> None:
    found = change(instrument("pain"), baseline=Decimal(8), later=Decimal(2))
    assert (found.is_response, found.is_remission) == (None, None)
    assert found.meets_smallest_difference is None


def test_a_negative_total_is_refused() -> None:
    with pytest.raises(InvalidValue, match="A total is not negative; -1 was given"):
        change(instrument("phq9"), baseline=Decimal(-1), later=Decimal(2))
