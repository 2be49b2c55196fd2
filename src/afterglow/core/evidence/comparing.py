"""Like with like: which figures may stand side by side, and why the others may not.

Two numbers belong beside each other only when endpoint, definition, time point, population and
kind of number are the same. "Undefined" equals nothing, not even another "undefined".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from afterglow.core.decisions import Decision, Reason
from afterglow.core.evidence import codes
from afterglow.core.evidence.figures import OUTCOMES, Figure, TimePoint
from afterglow.core.evidence.vocabulary import Design, Endpoint, FigureMeasure
from afterglow.core.reason_codes import ReasonCode

_CONTROLLED = frozenset({Design.RANDOMISED_BLIND, Design.RANDOMISED_OPEN, Design.POOLED_RANDOMISED})

_CONTRASTS = frozenset(
    {
        FigureMeasure.ODDS_RATIO,
        FigureMeasure.RISK_RATIO,
        FigureMeasure.HAZARD_RATIO,
        FigureMeasure.RISK_DIFFERENCE,
        FigureMeasure.STANDARDISED_DIFFERENCE,
        FigureMeasure.MEAN_DIFFERENCE,
    }
)


def like_with_like(figures: Sequence[Figure]) -> Decision:
    """Decide whether figures may be set side by side, with every reason if not.

    One figure alone, or none, may always stand. The order of the figures does not matter.
    """
    if len(figures) < 2:
        return Decision()
    reasons: list[Reason] = []
    for figure in figures:
        reasons.extend(_undefined(figure))
    for one, other in combinations(sorted(figures, key=repr), 2):
        reasons.extend(_differences(one, other))
    return Decision.from_reasons(reasons)


def beside_in_prose(figures: Iterable[Figure]) -> Decision:
    """Decide whether figures may share one block of text.

    A block that speaks of one treatment may cite many figures of it. As soon as a block sets
    figures of two treatments next to each other it is a comparison, and the same rule holds as in
    a table; a treatment beside the control of the same study is what that study compared.
    """
    measured = [each for each in figures if each.intervention or each.kind in OUTCOMES]
    reasons: list[Reason] = []
    for one, other in combinations(sorted(measured, key=repr), 2):
        if not one.intervention or one.intervention != other.intervention:
            reasons.extend(like_with_like([one, other]))
    return Decision.from_reasons(reasons)


def beside_its_control(figures: Sequence[Figure]) -> Decision:
    """Refuse the percentage of one arm of a controlled study whose other arm is left out.

    The other arm is a percentage of the same study, endpoint and time with another treatment.
    Ratios and differences hold their comparison in themselves.
    """
    return Decision.from_reasons(
        codes.COMPARATOR_MISSING.reason(seen=_name(arm))
        for arm in without_control(figures)
        if arm.design in _CONTROLLED
    )


def without_control(figures: Sequence[Figure]) -> list[Figure]:
    """Return the percentages of an outcome whose study's other arm is not among the figures."""
    arms = [each for each in figures if _is_percentage(each)]
    return [arm for arm in arms if not any(_is_other_arm(arm, other) for other in arms)]


def compares_alike(figures: Sequence[Figure]) -> bool:
    """Return whether figures hold a comparison of treatments that is like with like.

    Either one figure that is a comparison (a ratio or a difference of a controlled study, with its
    comparator), or two arms of one study that may stand side by side.
    """
    if any(_is_contrast(each) for each in figures):
        return True
    return any(
        one.study == other.study
        and one.design in _CONTROLLED
        and one.intervention
        and other.intervention
        and one.intervention != other.intervention
        and like_with_like([one, other]).allowed
        for one, other in combinations([each for each in figures if each.kind in OUTCOMES], 2)
    )


def alone_beside_other(blocks: Sequence[Sequence[Figure]]) -> Decision:
    """Refuse percentages of two treatments in different blocks of one text, unless alike.

    A percentage is alone when its own control is not in its block. Two that are alone may not
    stand on one page; one that is alone may not stand in the block next to another treatment's,
    even if that has its control. Drugs are told apart, not their routes or doses, and a block that
    speaks of the same drug is no other treatment, whatever its control is.
    """
    drugs = [{_drug(each) for each in block} for block in blocks]
    found = [
        (at, each, each in without_control(block))
        for at, block in enumerate(blocks)
        for each in block
        if _is_percentage(each)
    ]
    reasons = []
    for (at, one, alone), (there, other, also) in combinations(found, 2):
        near = abs(at - there) == 1
        if at == there or not ((alone and also) or (near and (alone or also))):
            continue
        first, second = (one, other) if alone else (other, one)
        if _drug(first) in drugs[there if alone else at]:
            continue
        if like_with_like([one, other]).refused:
            reasons.append(codes.ALONE_BESIDE_OTHER.reason(seen=_name(first), limit=_name(second)))
    return Decision.from_reasons(reasons)


def _is_contrast(figure: Figure) -> bool:
    return (
        figure.kind in OUTCOMES
        and figure.design in _CONTROLLED
        and figure.measure in _CONTRASTS
        and bool(figure.intervention and figure.comparator)
    )


def _is_percentage(figure: Figure) -> bool:
    return figure.kind in OUTCOMES and figure.measure is FigureMeasure.PERCENT


def _drug(figure: Figure) -> object:
    """Return what tells treatments apart; a figure that names none is like no other."""
    return figure.intervention.partition("_")[0] or figure.ref


def _is_other_arm(arm: Figure, other: Figure) -> bool:
    return (
        (arm.study, arm.endpoint, _when(arm.time))
        == (other.study, other.endpoint, _when(other.time))
    ) and arm.intervention != other.intervention


def _undefined(figure: Figure) -> Iterable[Reason]:
    for word, known in (
        ("endpoint", figure.endpoint is not Endpoint.OTHER),
        ("definition", bool(figure.definition)),
        ("time point", figure.time.defined),
        ("population", bool(figure.population)),
    ):
        if not known:
            yield codes.COMPARISON_UNDEFINED.reason(seen=_name(figure), limit=word)


def _differences(one: Figure, other: Figure) -> Iterable[Reason]:
    pairs: tuple[tuple[ReasonCode, object, object, str, str], ...] = (
        (codes.MEASURE_DIFFERS, one.measure, other.measure, one.measure, other.measure),
        (codes.ENDPOINT_DIFFERS, one.endpoint, other.endpoint, one.endpoint, other.endpoint),
        (
            codes.DEFINITION_DIFFERS,
            one.definition,
            other.definition,
            one.definition or "undefined",
            other.definition or "undefined",
        ),
        (
            codes.TIME_DIFFERS,
            _when(one.time),
            _when(other.time),
            _time_words(one.time),
            _time_words(other.time),
        ),
        (
            codes.POPULATION_DIFFERS,
            one.population,
            other.population,
            one.population_words or one.population or "undefined",
            other.population_words or other.population or "undefined",
        ),
    )
    for code, mine, theirs, seen, limit in pairs:
        if mine != theirs:
            yield code.reason(
                seen=f"{_name(one)} ({_readable(seen)})",
                limit=f"{_name(other)} ({_readable(limit)})",
            )
    if one.study != other.study:
        yield codes.INDIRECT.reason(seen=_name(one), limit=_name(other))
    if one.design is not other.design:
        yield codes.DESIGN_DIFFERS.reason(
            seen=f"{_name(one)} ({_readable(one.design)})",
            limit=f"{_name(other)} ({_readable(other.design)})",
        )


def _when(time: TimePoint) -> tuple[object, object]:
    return (time.hours, time.anchor)


def _time_words(time: TimePoint) -> str:
    return time.words or (f"{time.hours} h" if time.hours is not None else "undefined")


def _name(figure: Figure) -> str:
    return f"{figure.ref} {figure.words}".strip()


def _readable(code: str) -> str:
    return str(code).replace("_", " ")
