"""What pools and networks say alike: what was left out, what was refused, what is in doubt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from afterglow.core.decisions import Decision, Reason


def told(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    """Return reasons as plain values: the code, which stays, and the sentence."""
    return [{"code": why.code, "sentence": why.sentence} for why in reasons]


def doubts_told(decision: Decision, left_out: Mapping[str, tuple[Reason, ...]]) -> dict[str, Any]:
    """Return what puts an answer in doubt, as plain values: trials left out, and cautions."""
    blockers = decision.blockers
    return {
        "left_out": {study: told(reasons) for study, reasons in left_out.items()},
        "cautions": told(why for why in decision.reasons if why not in blockers),
    }


def doubts_in_lines(answer: Mapping[str, Any]) -> list[str]:
    """Return what an answer's plain values say of its doubts, as lines to print."""
    left_out = [why for whys in answer["left_out"].values() for why in whys]
    said = (("refused", answer["refused"]), ("left out", left_out), ("note", answer["cautions"]))
    return [f"  {word}: {why['sentence']}" for word, whys in said for why in whys]
