"""From trial records to effects: which trials answer a question, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from afterglow.core.decisions import Decision, Reason
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.synthesis import codes
from afterglow.core.evidence.synthesis.designs import cluster_counts, crossover_effect
from afterglow.core.evidence.synthesis.effects import (
    Counts,
    Effect,
    Means,
    Measure,
    ZeroCells,
    effects_of_counts,
    effects_of_means,
)
from afterglow.core.evidence.trials import Trial
from afterglow.core.evidence.vocabulary import Endpoint, FactStatus

TRIALS_FOR_SPREAD: Final = 5
"""Below five trials tau² is hardly estimated, whatever the method."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a question: a trial, its treated arm or arms (combined), its control arm.

    ``correlation`` is what a crossover needs; ``cluster_size`` and ``icc`` what a cluster trial
    does.
    """

    trial: str
    treated: tuple[str, ...]
    control: str
    correlation: float | None = None
    cluster_size: float | None = None
    icc: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is pooled: an endpoint, in a measure, over rows."""

    id: str
    title: str
    endpoint: Endpoint
    measure: Measure
    rows: tuple[Row, ...]
    question: str = ""

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """Return the question of a data entry. Raises InvalidValue for what cannot be read."""
        try:
            return cls(
                id=body["id"],
                title=body["title"],
                endpoint=Endpoint(body["endpoint"]),
                measure=Measure(body["measure"]),
                rows=tuple(_row(row) for row in body["rows"]),
                question=body.get("question", ""),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise unreadable("question", body, problem) from None


def unreadable(what: str, body: Mapping[str, Any], problem: Exception) -> InvalidValue:
    """Return the error for a question or a network that its file gives wrongly."""
    return InvalidValue(f"The {what} {body.get('id')!r} cannot be read: {problem}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a question yields: effects, and every reason for what was left out or is doubtful.

    ``left_out`` names the trials that are not in ``effects``, each with its blockers. ``counts``
    are the two-by-two rows behind the effects, where there are any.
    """

    effects: tuple[Effect, ...]
    decision: Decision
    left_out: Mapping[str, tuple[Reason, ...]] = field(default_factory=dict)
    counts: tuple[Counts, ...] = ()


def read(
    question: Question,
    trials: Mapping[str, Trial],
    *,
    measure: Measure | None = None,
    zero_cells: ZeroCells = ZeroCells.ADD_HALF_TO_ALL,
) -> Reading:
    """Return the effects that the trials give for a question, crossovers last.

    A trial that cannot be pooled is left out with its reasons and the rest goes on; when nothing
    is left the decision refuses.
    """
    asked = measure or question.measure
    shared = _shared_controls(question)
    admitted: list[tuple[Row, Trial]] = []
    left: dict[str, tuple[Reason, ...]] = {}
    for row in question.rows:
        trial = trials.get(row.trial)
        if trial is None:
            left[row.trial] = (codes.TRIAL_UNKNOWN.reason(seen=row.trial),)
            continue
        why = Decision.from_reasons(may_pool(row, trial, question.endpoint, asked), shared.get(row))
        if why.refused:
            left[_name(trial, row)] = why.blockers
        else:
            admitted.append((row, trial))
    effects, counts = _effects(admitted, question.endpoint, asked, zero_cells)
    reasons = doubts_of([trial for _row, trial in admitted], question.endpoint)
    if not effects:
        reasons.append(codes.NOTHING_LEFT.reason(seen=len(question.rows)))
    return Reading(tuple(effects), Decision.from_reasons(reasons), left, tuple(counts))


def may_pool(row: Row, trial: Trial, endpoint: Endpoint, measure: Measure) -> list[Reason]:
    """Return every reason against pooling a trial's row; nothing when it may be."""
    return against_trial(
        trial,
        (*row.treated, row.control),
        endpoint,
        of_counts=measure.of_counts,
        paired=row.correlation is not None,
        weighed=row.cluster_size is not None and row.icc is not None,
    )


def against_trial(
    trial: Trial,
    arms: Iterable[str],
    endpoint: Endpoint,
    *,
    of_counts: bool = True,
    paired: bool = False,
    weighed: bool = False,
) -> list[Reason]:
    """Return every reason against reading a trial's arms together, pooled or in a network.

    ``paired`` says that the correlation within a person of a crossover is known, ``weighed`` that
    the size and the ICC of clusters are.
    """
    reasons = []
    if trial.excluded:
        reasons.append(codes.TRIAL_EXCLUDED.reason(seen=trial.study, limit=trial.excluded))
    counted = trial.endpoint if endpoint is Endpoint.RESPONSE else endpoint
    if of_counts and counted is not endpoint:
        reasons.append(
            codes.ENDPOINT_DIFFERS.reason(
                seen=f"{trial.study} counts {_plain(trial.endpoint)}", limit=_plain(endpoint)
            )
        )
    if trial.crossover and not paired:
        reasons.append(codes.CROSSOVER_UNPAIRED.reason(seen=trial.study))
    if trial.cluster and not weighed:
        reasons.append(codes.CLUSTER_UNCORRECTED.reason(seen=trial.study))
    named = [trial.arm(name) for name in arms]
    if of_counts:
        known = all(arm.events(endpoint) is not None and arm.n_analysed for arm in named)
    else:
        known = all(None not in (arm.mean_change, arm.sd, arm.n_analysed) for arm in named)
    if not known:
        reasons.append(codes.NO_COUNTS.reason(seen=trial.study, limit=_plain(endpoint)))
    return reasons


def _effects(
    admitted: Sequence[tuple[Row, Trial]],
    endpoint: Endpoint,
    measure: Measure,
    zero_cells: ZeroCells,
) -> tuple[list[Effect], list[Counts]]:
    if not measure.of_counts:
        means = [_means(row, trial) for row, trial in admitted]
        return effects_of_means(means, measure), []
    paired = {
        index: crossover_effect(_counts(row, trial, endpoint), measure, correlation=row.correlation)
        for index, (row, trial) in enumerate(admitted)
        if trial.crossover and row.correlation is not None
    }
    counts = [
        _counts(row, trial, endpoint)
        for index, (row, trial) in enumerate(admitted)
        if index not in paired
    ]
    apart = effects_of_counts(counts, measure, zero_cells)
    return [*apart, *paired.values()], counts


def _counts(row: Row, trial: Trial, endpoint: Endpoint) -> Counts:
    treated = [trial.arm(name) for name in row.treated]
    control = trial.arm(row.control)
    counts = Counts(
        _name(trial, row),
        sum(arm.events(endpoint) or 0 for arm in treated),
        sum(arm.n_analysed or 0 for arm in treated),
        control.events(endpoint) or 0,
        control.n_analysed or 0,
        _groups(trial),
    )
    if trial.cluster and row.cluster_size is not None and row.icc is not None:
        return cluster_counts(counts, cluster_size=row.cluster_size, icc=row.icc)
    return counts


def _means(row: Row, trial: Trial) -> Means:
    treated = [trial.arm(name) for name in row.treated]
    if len(treated) != 1:
        raise InvalidValue(
            f"{trial.study}: the means of {len(treated)} treated arms cannot be combined here; "
            "name one."
        )
    arm, control = treated[0], trial.arm(row.control)
    return Means(
        _name(trial, row),
        float(arm.mean_change or 0),
        float(arm.sd or 0),
        arm.n_analysed or 0,
        float(control.mean_change or 0),
        float(control.sd or 0),
        control.n_analysed or 0,
        _groups(trial),
    )


def _groups(trial: Trial) -> dict[str, str]:
    return {"control": trial.control, "dosing": trial.dosing, "population": trial.population}


def _shared_controls(question: Question) -> dict[Row, Reason]:
    """Return the rows whose control arm another row counts already."""
    seen: dict[tuple[str, str], list[Row]] = {}
    for row in question.rows:
        seen.setdefault((row.trial, row.control), []).append(row)
    return {
        row: codes.SHARED_CONTROL.reason(seen=row.trial, limit=len(rows))
        for rows in seen.values()
        if len(rows) > 1
        for row in rows
    }


def doubts_of(trials: Sequence[Trial], endpoint: Endpoint) -> list[Reason]:
    """Return every caution that trials give when they are read together."""
    reasons: list[Reason] = []
    unread = [each.study for each in trials if each.counts is not FactStatus.CONFIRMED]
    if unread:
        reasons.append(codes.COUNTS_FROM_MEMORY.reason(seen="; ".join(unread)))
    times = sorted({trial.time_words for trial in trials})
    if len(times) > 1:
        reasons.append(codes.TIMES_MIXED.reason(seen="; ".join(times)))
    kinds = sorted({_plain(trial.population) for trial in trials})
    if len(kinds) > 1:
        reasons.append(codes.POPULATIONS_MIXED.reason(seen="; ".join(kinds)))
    column = "remission_definition" if endpoint is Endpoint.REMISSION else "response_definition"
    ways = sorted({_plain(getattr(trial, column)) or "undefined" for trial in trials})
    if len(ways) > 1 and endpoint is not Endpoint.SYMPTOM_CHANGE:
        reasons.append(codes.DEFINITIONS_MIXED.reason(seen="; ".join(ways)))
    if 0 < len(trials) < TRIALS_FOR_SPREAD:
        reasons.append(codes.FEW_TRIALS.reason(seen=len(trials), limit=TRIALS_FOR_SPREAD))
    return reasons


def _name(trial: Trial, row: Row) -> str:
    several = len(trial.arms) > 2 and len(row.treated) == 1
    return f"{trial.study}, {row.treated[0]}" if several else trial.study


def _row(body: Mapping[str, Any]) -> Row:
    treated = body["treated"]
    return Row(
        body["trial"],
        (treated,) if isinstance(treated, str) else tuple(treated),
        body["control"],
        body.get("correlation"),
        body.get("cluster_size"),
        body.get("icc"),
    )


def _plain(code: str) -> str:
    return str(code).replace("_", " ")
