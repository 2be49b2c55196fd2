"""A network question answered from the trial records, never without its assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log
from typing import Any, Self

from afterglow.core.decisions import Decision, Reason
from afterglow.core.evidence.synthesis import codes
from afterglow.core.evidence.synthesis.effects import Measure
from afterglow.core.evidence.synthesis.network import (
    ASSUMPTIONS,
    ArmEffect,
    Network,
    compare,
    may_compare,
)
from afterglow.core.evidence.synthesis.pooling import Model
from afterglow.core.evidence.synthesis.reading import against_trial, doubts_of, unreadable
from afterglow.core.evidence.synthesis.telling import doubts_told, told
from afterglow.core.evidence.trials import Trial
from afterglow.core.evidence.vocabulary import Endpoint


@dataclass(frozen=True, slots=True)
class NetworkQuestion:
    """Which arms of which trials are which treatment; all are compared on one endpoint."""

    id: str
    title: str
    endpoint: Endpoint
    reference: str
    arms: Mapping[str, Mapping[str, str]]
    question: str = ""

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """Return the question of a data entry. Raises InvalidValue for what cannot be read."""
        try:
            return cls(
                id=body["id"],
                title=body["title"],
                endpoint=Endpoint(body["endpoint"]),
                reference=body["reference"],
                arms={key: dict(arms) for key, arms in body["trials"].items()},
                question=body.get("question", ""),
            )
        except (AttributeError, KeyError, ValueError) as problem:
            raise unreadable("network", body, problem) from None


@dataclass(frozen=True, slots=True)
class NetworkReport:
    """A network question with its answer; ``network`` is None when the decision refuses."""

    question: NetworkQuestion
    model: Model
    network: Network | None
    decision: Decision
    left_out: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ASSUMPTIONS

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values, odds ratios as people read them."""
        shown = Measure.OR.shown
        found = self.network
        return {
            "id": self.question.id,
            "title": self.question.title,
            "endpoint": self.question.endpoint,
            "measure": Measure.OR,
            "method": self.model,
            "reference": self.question.reference,
            "assumptions": list(self.assumptions),
            "comparisons": [
                {
                    "treatment": each.treatment,
                    "against": each.against,
                    "estimate": shown(each.estimate),
                    "ci": [shown(each.ci.low), shown(each.ci.high)],
                    "direct_trials": each.direct,
                    "indirect_only": each.indirect_only,
                }
                for each in (found.comparisons if found else ())
            ],
            "tau2": found.tau2 if found else None,
            "q": found.q if found else None,
            "q_df": found.q_df if found else None,
            "q_p": found.q_p if found else None,
            "refused": told(self.decision.blockers),
            **doubts_told(self.decision, self.left_out),
        }


def answer_network(
    question: NetworkQuestion, trials: Mapping[str, Trial], *, model: Model = Model.REML
) -> NetworkReport:
    """Compare every treatment of a question with every other, by odds ratio.

    A trial that cannot be used is left out with its reasons. Trials that no chain links are a
    refusal, and so is a question of which nothing is left. Raises InvalidValue for a model other
    than FIXED and REML.
    """
    left: dict[str, tuple[Reason, ...]] = {}
    used: list[Trial] = []
    arms: list[ArmEffect] = []
    for key, names in question.arms.items():
        trial = trials.get(key)
        if trial is None:
            left[key] = (codes.TRIAL_UNKNOWN.reason(seen=key),)
            continue
        why = _against(trial, names, question.endpoint)
        if why:
            left[trial.study] = tuple(why)
            continue
        used.append(trial)
        arms += [
            _arm(trial, name, treatment, question.endpoint) for name, treatment in names.items()
        ]
    if not used:
        nothing = codes.NOTHING_LEFT.reason(seen=len(question.arms))
        return NetworkReport(question, model, None, Decision.from_reasons([nothing]), left)
    decision = Decision.from_reasons(
        may_compare(arms, question.reference).reasons, doubts_of(used, question.endpoint)
    )
    network = None
    if decision.allowed:
        network = compare(arms, reference=question.reference, measure=Measure.OR, model=model)
    return NetworkReport(question, model, network, decision, left)


def _against(trial: Trial, names: Mapping[str, str], endpoint: Endpoint) -> list[Reason]:
    reasons = against_trial(trial, names, endpoint)
    if len(set(names.values())) < len(names):
        twice = next(each for each in names.values() if list(names.values()).count(each) > 1)
        reasons.append(codes.NETWORK_ARMS_ALIKE.reason(seen=trial.study, limit=twice))
    return reasons


def _arm(trial: Trial, name: str, treatment: str, endpoint: Endpoint) -> ArmEffect:
    """Return the log odds of an arm; half a person is added to each cell, as in the pools."""
    arm = trial.arm(name)
    yes = (arm.events(endpoint) or 0) + 0.5
    no = (arm.n_analysed or 0) - (arm.events(endpoint) or 0) + 0.5
    return ArmEffect(trial.study, treatment, log(yes / no), 1 / yes + 1 / no)
