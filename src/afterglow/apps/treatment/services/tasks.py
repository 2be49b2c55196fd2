"""Tasks that a session opens. A positive answer about suicide opens one at once."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from afterglow.apps.assessments.models import Assessment
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.work.models import Task
from afterglow.core.roles import Role

SUICIDE = "suicide-positive"


def open_suicide_task(*, session: TreatmentSession, subject: models.Model, at: datetime) -> Task:
    """Open the task that a positive answer about suicide demands, whatever the total score.

    One a session: a second positive answer finds it open. It belongs to the prescriber now and is
    escalated to the medical director.
    """
    within = rules_of(session.protocol_id).session.suicide_respond_within
    return Task.objects.get_or_create(
        key=f"{SUICIDE}:{session.public_id}",
        defaults={
            "kind": SUICIDE,
            "title": "Positive answer about suicide: assess before the patient leaves",
            "subject_type": subject._meta.label_lower,
            "subject": subject.public_id,  # type: ignore[attr-defined]
            "patient": session.patient.public_id,
            "site": session.site.public_id,
            "owner_role": Role.PRESCRIBER,
            "opened_at": at,
            "due_at": at + within,
            "escalate_at": at + within,
            "escalate_to_role": Role.MEDICAL_DIRECTOR,
        },
    )[0]


def act_on_answer(assessment: Assessment, at: datetime) -> None:
    """Open the task for an answer that needs a person at once (assessments call this)."""
    if assessment.session is None:
        raise ValueError(f"{assessment} was answered outside a session; nobody here owns it.")
    open_suicide_task(session=assessment.session, subject=assessment, at=at)
