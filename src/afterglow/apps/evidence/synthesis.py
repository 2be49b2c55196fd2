"""Answer a question from the trial records as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afterglow.apps.evidence import files, queries
from afterglow.apps.evidence.files import syntheses
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.synthesis.networks import (
    NetworkQuestion,
    NetworkReport,
    answer_network,
)
from afterglow.core.evidence.synthesis.pooling import Model
from afterglow.core.evidence.synthesis.reading import Question
from afterglow.core.evidence.synthesis.report import Options, Report, answer
from afterglow.core.evidence.trials import Trial


def questions() -> list[Question]:
    """Return every question that the library asks, in its order."""
    return [Question.read(body) for body in syntheses().values()]


def question_of(id: str) -> Question:
    """Return a question. Raises InvalidValue that names the known ones."""
    return Question.read(_asked("question", id, syntheses()))


def networks() -> list[NetworkQuestion]:
    """Return every network that the library asks about, in its order."""
    return [NetworkQuestion.read(body) for body in files.networks().values()]


def network_of(id: str) -> NetworkQuestion:
    """Return a network question. Raises InvalidValue that names the known ones."""
    return NetworkQuestion.read(_asked("network", id, files.networks()))


def pool_records(id: str, options: Options) -> Report:
    """Answer a question from the newest version of each trial record.

    Not the approved ones alone: a synthesis is read inside the house, and says which counts are
    from memory. What is published from it needs a record of its own.
    """
    return answer(question_of(id), _trials(), options)


def compare_records(id: str, *, model: Model = Model.REML) -> NetworkReport:
    """Compare the treatments of a network from the newest version of each trial record.

    The report carries the assumptions it rests on; as with a pool, nothing of it is for publishing.
    """
    return answer_network(network_of(id), _trials(), model=model)


def _asked(what: str, id: str, known: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    body = known.get(id)
    if body is None:
        raise InvalidValue(f"There is no {what} {id!r}; known are {', '.join(known)}.")
    return body


def _trials() -> dict[str, Trial]:
    return {key: trial for key, (trial, _version) in queries.newest_trials().items()}
