"""From an assessment to a score. The order of the answers never matters.

A total that cannot be trusted is not given: the score says "incomplete" and which items are open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from afterglow.core.decisions import Decision, Reason
from afterglow.core.errors import InvalidValue
from afterglow.core.instruments.answers import Assessment
from afterglow.core.instruments.definition import Instrument, Method
from afterglow.core.instruments.reasons import (
    ITEM_BELOW_PASS,
    SUICIDE_ITEM_POSITIVE,
    SUICIDE_ITEM_UNANSWERED,
    SUICIDE_RISK_FOUND,
    SUICIDE_SCREEN_INCOMPLETE,
    TOTAL_BELOW_PASS,
    TOTAL_MISSING,
)

NONE = "none"


class ScoreFlag(StrEnum):
    """What a reader must know beside the number."""

    PRORATED = "prorated"
    INCOMPLETE = "incomplete"
    NEEDS_CLINICIAN = "needs_clinician"


@dataclass(frozen=True, slots=True)
class Score:
    """What an assessment comes to.

    ``total`` is None when there is none (incomplete, or the instrument gives a level alone).
    ``band`` is the key of the band or level. ``parts`` holds domains and sub-scores. ``passing``
    is None where nothing is passed. ``safety`` is for a person to act on, whatever the total.
    """

    instrument: str
    version: str
    total: Decimal | None
    band: str | None
    parts: Mapping[str, Decimal]
    flags: frozenset[ScoreFlag]
    unanswered: tuple[str, ...]
    classification: str | None
    passing: Decision | None
    safety: tuple[Reason, ...]


def score(instrument: Instrument, assessment: Assessment) -> Score:
    """Return the score. Raises InvalidValue when the assessment is of another version."""
    if (assessment.instrument, assessment.version) != (instrument.key, instrument.version):
        raise InvalidValue(
            f"The answers are to {assessment.instrument} version {assessment.version}, "
            f"not to {instrument.key} version {instrument.version}."
        )
    points = _points(instrument, assessment)
    unanswered = _unanswered(instrument, points)
    if instrument.scoring.method is Method.FIRST_MATCH:
        return _level(instrument, points, unanswered)
    parts = _parts(instrument, points)
    total, flags = _total(instrument, points, unanswered, parts)
    band = instrument.band(total) if total is not None else None
    return Score(
        instrument=instrument.key,
        version=instrument.version,
        total=total,
        band=band.key if band else None,
        parts=parts,
        flags=flags,
        unanswered=unanswered,
        classification=_classify(instrument, points),
        passing=_passing(instrument, points, total, unanswered),
        safety=_safety(instrument, assessment),
    )


def _points(instrument: Instrument, assessment: Assessment) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in instrument.items:
        answer = assessment.answers.get(item.key)
        if answer is not None:
            found[item.key] = item.points(answer)
    return found


def _unanswered(instrument: Instrument, points: Mapping[str, int]) -> tuple[str, ...]:
    """Return the counted items that are open and not skipped by a "no" to another item."""
    return tuple(
        key
        for key in instrument.scoring.items
        if key not in points and points.get(instrument.item(key).needed_unless_no) != 0
    )


def _parts(instrument: Instrument, points: Mapping[str, int]) -> dict[str, Decimal]:
    parts: dict[str, Decimal] = {}
    for domain in instrument.scoring.domains:
        answered = [points[key] for key in domain.items if key in points]
        if answered:
            parts[domain.key] = Decimal(max(answered))
    for subscore in instrument.scoring.subscores:
        if all(key in points for key in subscore.items):
            parts[subscore.key] = Decimal(sum(points[key] for key in subscore.items))
    return parts


def _total(
    instrument: Instrument,
    points: Mapping[str, int],
    unanswered: tuple[str, ...],
    parts: Mapping[str, Decimal],
) -> tuple[Decimal | None, frozenset[ScoreFlag]]:
    scoring = instrument.scoring
    incomplete = None, frozenset({ScoreFlag.INCOMPLETE})
    if scoring.method is Method.DOMAINS:
        keys = [domain.key for domain in scoring.domains]
        if any(key not in parts for key in keys):
            return incomplete
        return sum((parts[key] for key in keys), Decimal(0)), frozenset()
    answered = [points[key] for key in scoring.items if key in points]
    if not unanswered:
        return sum(answered) * scoring.multiply, frozenset()
    too_many = len(unanswered) > scoring.most_missing
    if too_many or not answered or scoring.never_prorated & set(unanswered):
        return incomplete
    whole = Decimal(sum(answered)) * len(scoring.items) / len(answered) * scoring.multiply
    return whole.quantize(Decimal(1), ROUND_HALF_UP), frozenset({ScoreFlag.PRORATED})


def _level(instrument: Instrument, points: Mapping[str, int], unanswered: tuple[str, ...]) -> Score:
    """The first level that matches. A screen that is still open gives the top level, or none."""
    levels = instrument.scoring.levels
    matched = next((x.key for x in levels if any(points.get(k) for k in x.any_of)), NONE)
    level = matched if not unanswered or matched == levels[0].key else None
    safety: list[Reason] = []
    if matched != NONE:
        safety.append(
            SUICIDE_RISK_FOUND.reason(seen=f"{matched} or above", limit=NONE)
            if level is None
            else SUICIDE_RISK_FOUND.reason(seen=matched, limit=NONE)
        )
    if unanswered:
        safety.append(SUICIDE_SCREEN_INCOMPLETE.reason(seen=", ".join(unanswered)))
    return Score(
        instrument=instrument.key,
        version=instrument.version,
        total=None,
        band=level,
        parts={},
        flags=frozenset({ScoreFlag.INCOMPLETE, ScoreFlag.NEEDS_CLINICIAN})
        if unanswered
        else frozenset(),
        unanswered=unanswered,
        classification=None,
        passing=None,
        safety=tuple(safety),
    )


def _classify(instrument: Instrument, points: Mapping[str, int]) -> str | None:
    rule = instrument.classification
    if rule is None or any(key not in points for key in rule.thresholds):
        return None
    counted = [key for key, least in rule.thresholds.items() if points[key] >= least]
    if not set(counted) & set(rule.needs_any_of):
        return NONE
    return next((key for key, least in rule.levels if len(counted) >= least), NONE)


def _passing(
    instrument: Instrument,
    points: Mapping[str, int],
    total: Decimal | None,
    unanswered: tuple[str, ...],
) -> Decision | None:
    rule = instrument.passing
    if rule is None:
        return None
    reasons = [
        ITEM_BELOW_PASS.reason(seen=f"{instrument.item(key).construct} {points[key]}", limit=least)
        for key, least in rule.items.items()
        if key in points and points[key] < least
    ]
    if total is None:
        open_items = ", ".join(instrument.item(key).construct for key in unanswered)
        reasons.append(TOTAL_MISSING.reason(seen=open_items, limit=rule.at_least))
    elif total < rule.at_least:
        reasons.append(TOTAL_BELOW_PASS.reason(seen=total, limit=rule.at_least))
    return Decision.from_reasons(reasons)


def _safety(instrument: Instrument, assessment: Assessment) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    for key, least in instrument.suicide_items.items():
        answer = assessment.answers.get(key)
        if answer is None:
            reasons.append(SUICIDE_ITEM_UNANSWERED.reason())
        elif answer >= least:
            reasons.append(SUICIDE_ITEM_POSITIVE.reason(seen=answer, limit=least))
    return tuple(reasons)
