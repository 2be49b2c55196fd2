"""One question answered whole: the estimate, its doubts, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afterglow.core.decisions import Decision, Reason
from afterglow.core.evidence.synthesis.effects import Effect, Measure, ZeroCells
from afterglow.core.evidence.synthesis.pooling import Interval, Model, Pooled, Range, pool
from afterglow.core.evidence.synthesis.reading import Question, read
from afterglow.core.evidence.synthesis.robustness import (
    Egger,
    LeftOut,
    Subgroups,
    egger,
    leave_one_out,
    may_test_asymmetry,
    subgroups,
)
from afterglow.core.evidence.synthesis.telling import doubts_told, told
from afterglow.core.evidence.trials import Trial

GROUPS = ("control", "dosing")


@dataclass(frozen=True, slots=True)
class Options:
    """How to pool. The defaults are those of a careful reader of few trials."""

    model: Model = Model.REML
    interval: Interval = Interval.NORMAL
    measure: Measure | None = None
    zero_cells: ZeroCells = ZeroCells.ADD_HALF_TO_ALL


@dataclass(frozen=True, slots=True)
class Report:
    """A question with its answer. ``pooled`` is None when nothing was left to pool."""

    question: Question
    measure: Measure
    options: Options
    effects: tuple[Effect, ...]
    pooled: Pooled | None
    decision: Decision
    left_out: Mapping[str, tuple[Reason, ...]]
    without: tuple[LeftOut, ...] = ()
    groups: tuple[Subgroups, ...] = ()
    asymmetry: Egger | None = None
    asymmetry_decision: Decision = Decision()  # noqa: RUF009 (frozen and empty)

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values, effects and bounds as people read them."""
        shown = self.measure.shown
        return {
            "id": self.question.id,
            "title": self.question.title,
            "endpoint": self.question.endpoint,
            "measure": self.measure,
            "method": self.options.model,
            "interval": self.options.interval,
            "zero_cells": self.options.zero_cells,
            "pooled": None if self.pooled is None else _pooled(self.pooled),
            "studies": [
                {
                    "study": each.study,
                    "data": each.words,
                    "estimate": shown(each.estimate),
                    "variance": each.variance,
                    "weight_percent": weight,
                    "groups": dict(each.groups),
                }
                for each, weight in zip(
                    self.effects,
                    self.pooled.weights if self.pooled else [0.0] * len(self.effects),
                    strict=True,
                )
            ],
            "refused": told(self.decision.blockers),
            **doubts_told(self.decision, self.left_out),
            "leave_one_out": [
                {"without": each.without, **_pooled(each.pooled)} for each in self.without
            ],
            "subgroups": [
                {
                    "by": each.by,
                    "groups": {name: _pooled(group) for name, group in each.groups},
                    "q_between": each.q,
                    "df": each.df,
                    "p": each.p,
                }
                for each in self.groups
            ],
            "egger": None
            if self.asymmetry is None
            else {"slope": self.asymmetry.slope, "p": self.asymmetry.p, "df": self.asymmetry.df},
            "egger_refused": [why.sentence for why in self.asymmetry_decision.blockers],
        }


def answer(question: Question, trials: Mapping[str, Trial], options: Options) -> Report:
    """Answer a question from the trials, with everything that puts the answer in doubt."""
    measure = options.measure or question.measure
    found = read(question, trials, measure=measure, zero_cells=options.zero_cells)
    if not found.effects:
        return Report(question, measure, options, (), None, found.decision, found.left_out)
    how: dict[str, Any] = {
        "measure": measure,
        "model": options.model,
        "interval": options.interval,
    }
    tested = may_test_asymmetry(found.effects)
    return Report(
        question=question,
        measure=measure,
        options=options,
        effects=found.effects,
        pooled=pool(found.effects, **how),
        decision=found.decision,
        left_out=found.left_out,
        without=leave_one_out(found.effects, **how),
        groups=tuple(
            subgroups(found.effects, by=by, **how)
            for by in GROUPS
            if len({each.groups.get(by) for each in found.effects}) > 1
        ),
        asymmetry=egger(found.effects) if tested.allowed else None,
        asymmetry_decision=tested,
    )


def _pooled(found: Pooled) -> dict[str, Any]:
    shown = found.measure.shown

    def both(bounds: Range | None) -> list[float] | None:
        return None if bounds is None else [shown(bounds.low), shown(bounds.high)]

    return {
        "k": found.k,
        "estimate": shown(found.estimate),
        "ci": both(found.ci),
        "level": found.level,
        "p": found.p,
        "tau2": found.tau2,
        "i2_percent": found.i2,
        "q": found.q,
        "q_df": found.q_df,
        "q_p": found.q_p,
        "prediction": both(found.prediction),
    }
