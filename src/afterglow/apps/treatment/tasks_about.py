"""What open tasks are about, in words: the patient's name, and the rules of an override."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from afterglow.apps.people.models import Patient
from afterglow.apps.treatment.models import Override, SessionEvent
from afterglow.apps.work.kinds import REVIEW_OVERRIDE
from afterglow.apps.work.models import Task
from afterglow.core.treatment.calls import became_known_late
from afterglow.web.formats import clock_time
from afterglow.web.sentences import stored_sentence

EMERGENCIES = ("emergency_called", "emergency_known_late", "emergency_review")


def about(tasks: Sequence[Task]) -> Mapping[UUID, str]:
    """Return each task's patient; of overrides each rule, of an emergency when it began."""
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
    asked = [task.subject for task in tasks if task.kind in EMERGENCIES]
    calls = {
        row.public_id: row
        for row in SessionEvent.objects.filter(public_id__in=asked).select_related("session__site")
    }
    found = {}
    for task in tasks:
        parts = [patients.get(task.patient, "")] if task.patient is not None else []
        if task.kind == REVIEW_OVERRIDE:
            parts += rules.get(task.subject, [])
        if task.subject in calls:
            parts += _call(calls[task.subject])
        found[task.public_id] = " · ".join(filter(None, parts))
    return found


def _call(called: SessionEvent) -> list[str]:
    """Say when an emergency began, and when the site came to know of it where that was late."""
    site = called.session.site
    parts = [_("began %(time)s") % {"time": clock_time(called.at, site)}]
    if became_known_late(began=called.at, known=called.recorded_at):
        known = clock_time(called.recorded_at, site)
        parts.append(_("known here only since %(time)s") % {"time": known})
    return parts
