"""What open tasks are about, in words: the patient's name, and the rules of an override."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from afterglow.apps.people.models import Patient
from afterglow.apps.treatment.models import Override
from afterglow.apps.work.kinds import REVIEW_OVERRIDE
from afterglow.apps.work.models import Task
from afterglow.web.sentences import stored_sentence


def about(tasks: Sequence[Task]) -> Mapping[UUID, str]:
    """Return each task's patient, and for a review of overrides each rule that was overridden."""
    patients = {
        row.public_id: f"{row.full_name}, {row.mrn}"
        for row in Patient.objects.filter(
            public_id__in={task.patient for task in tasks if task.patient is not None}
        )
    }
    rules: dict[UUID, list[str]] = {}
    reviewed = [task.subject for task in tasks if task.kind == REVIEW_OVERRIDE]
    for row in (
        Override.objects.filter(session__public_id__in=reviewed)
        .order_by("at")
        .values("session__public_id", "code", "sentence", "seen", "limit")
    ):
        words = stored_sentence(row["code"], row["sentence"], seen=row["seen"], limit=row["limit"])
        rules.setdefault(row["session__public_id"], []).append(words)
    found = {}
    for task in tasks:
        parts = [patients.get(task.patient, "")] if task.patient is not None else []
        if task.kind == REVIEW_OVERRIDE:
            parts += rules.get(task.subject, [])
        found[task.public_id] = " · ".join(filter(None, parts))
    return found
