"""Tasks that a session opens. A positive answer about suicide opens one at once."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from afterglow.apps.assessments.models import Assessment
from afterglow.apps.treatment.queries import suicide_task_key
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.work.models import Task
from afterglow.apps.work.services import open_task


def open_suicide_task(*, session: TreatmentSession, subject: models.Model, at: datetime) -> Task:
    """Open the task that a positive answer about suicide demands, whatever the total score.

    One a session: a second positive answer finds it open. It belongs to the course's prescriber;
    its clock and its escalation come from its kind.
    """
    return open_task(
        kind="suicide_positive",
        key=suicide_task_key(session),
        subject=subject,
        site=session.site,
        patient=session.patient,
        owner=session.course.prescriber,
        at=at,
        by=None,
    )


def act_on_answer(assessment: Assessment, at: datetime) -> None:
    """Open the task for an answer that needs a person at once (assessments call this)."""
    if assessment.session is None:
        raise ValueError(f"{assessment} was answered outside a session; nobody here owns it.")
    open_suicide_task(session=assessment.session, subject=assessment, at=at)
