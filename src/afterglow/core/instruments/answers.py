"""Answers: from what a form sends to an assessment that can be scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from afterglow.core.decisions import Decision, Reason
from afterglow.core.errors import InvalidValue
from afterglow.core.instruments.definition import Instrument, Item
from afterglow.core.instruments.reasons import (
    ANSWER_NOT_A_NUMBER,
    ANSWER_OUT_OF_RANGE,
    ANSWER_TO_UNKNOWN_ITEM,
)

_LONGEST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Assessment:
    """Answers to one version of one instrument; None is an item left open."""

    instrument: str
    version: str
    answers: Mapping[str, int | None]

    @classmethod
    def of(cls, instrument: Instrument, answers: Mapping[str, int | None]) -> Assessment:
        """Return the assessment. Raises InvalidValue when ``check_answers`` refuses."""
        decision = check_answers(instrument, answers)
        if decision.refused:
            raise InvalidValue(" ".join(reason.sentence for reason in decision))
        return cls(instrument.key, instrument.version, dict(answers))


def read_answers(
    instrument: Instrument, texts: Mapping[str, str], *, called: str = ""
) -> tuple[dict[str, int | None], Decision]:
    """Return typed answers and what is wrong with them. Blank text is an item left open.

    ``called``: what the screen calls a scale of one item; else a reason names the item's construct.
    """
    items = {item.key: item for item in instrument.items}
    answers: dict[str, int | None] = {}
    reasons: list[Reason] = []
    for key, text in texts.items():
        cleaned = text.strip()
        digits = cleaned.removeprefix("-")
        if not cleaned:
            answers[key] = None
        elif key not in items or (digits.isascii() and digits.isdigit() and len(digits) < 12):
            answers[key] = int(cleaned) if key in items else None
        else:
            name = called or items[key].construct
            shown = f"“{cleaned[:_LONGEST_SHOWN]}” for {name}"
            reasons.append(ANSWER_NOT_A_NUMBER.reason(seen=shown, limit=_allowed(items[key])))
    return answers, Decision.from_reasons(
        reasons, check_answers(instrument, answers, called=called).reasons
    )


def check_answers(
    instrument: Instrument, answers: Mapping[str, int | None], *, called: str = ""
) -> Decision:
    """Decide whether the answers belong to the instrument. Items may be left open."""
    items = {item.key: item for item in instrument.items}
    reasons: list[Reason] = []
    for key, answer in answers.items():
        item = items.get(key)
        if item is None:
            shown = f"“{key[:_LONGEST_SHOWN]}”"
            reasons.append(ANSWER_TO_UNKNOWN_ITEM.reason(seen=shown, limit=", ".join(items)))
        elif answer is not None and not item.allows(answer):
            shown = f"{answer} for {called or item.construct}"
            reasons.append(ANSWER_OUT_OF_RANGE.reason(seen=shown, limit=_allowed(item)))
    return Decision.from_reasons(reasons)


def _allowed(item: Item) -> str:
    return f"a whole number from {item.lowest} to {item.highest}"
