"""Tasks that a session opens. A positive answer about suicide opens one at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.accounts.queries import who_holds
from afterglow.apps.assessments.models import Assessment
from afterglow.apps.monitoring.services.escalation import PRESCRIBERS
from afterglow.apps.treatment.facts.day import suicide_awaits_assessment, suicide_facts
from afterglow.apps.treatment.models import CheckIn
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.queries import suicide_task_key
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.work.kinds import FOLLOW_UP, REVIEW_OVERRIDE, SIGN_RECORD, SUICIDE_POSITIVE
from afterglow.apps.work.models import Task, TaskState
from afterglow.apps.work.services import open_task, settle_task
from afterglow.core.decisions import Reason, caution
from afterglow.core.treatment.facts import CssrsLevel


def open_suicide_task(*, session: TreatmentSession, subject: models.Model, at: datetime) -> Task:
    """Open the task that a positive answer about suicide demands, whatever the total score.

    One for each thing that was said: an answer that is changed while its task is open finds that
    task; what is said after somebody closed it opens the next. It belongs to the course's
    prescriber; its clock and its escalation come from its kind.
    """
    about: UUID = subject.public_id  # type: ignore[attr-defined]
    waiting = Task.objects.filter(
        kind=SUICIDE_POSITIVE, subject=about, state=TaskState.OPEN
    ).first()
    if waiting is not None:
        return waiting
    said = [str(getattr(subject, name)) for name in _ANSWERS if hasattr(subject, name)]
    return open_task(
        kind=SUICIDE_POSITIVE,
        key=":".join((suicide_task_key(session), str(about)[-12:], *said)),
        subject=subject,
        site=session.site,
        patient=session.patient,
        owner=session.course.prescriber,
        at=at,
        by=None,
    )


def prescriber_here(session: TreatmentSession, *, at: datetime) -> Account | None:
    """Return the course's prescriber where they may prescribe at the site on this day.

    None where they have left: the task is then everybody's who has its kind's role, at once.
    """
    prescriber: Account | None = session.course.prescriber
    here = who_holds(PRESCRIBERS, site=session.site, on=session.site.local_date(at))
    return prescriber if prescriber in here else None


def ask_for_signature(*, session: TreatmentSession, by: Account, at: datetime) -> Task:
    """Have the ended session's record signed: a task for the prescriber, with the kind's clock.

    One open task a session; the ending after a call-back opens the next one.
    """
    known = Task.objects.filter(kind=SIGN_RECORD, subject=session.public_id)
    waiting = known.filter(state=TaskState.OPEN).first()
    if waiting is not None:
        return waiting
    return open_task(
        kind=SIGN_RECORD,
        key=f"{SIGN_RECORD}:{session.public_id}:{known.count() + 1}",
        subject=session,
        site=session.site,
        patient=session.patient,
        owner=session.course.prescriber,
        at=at,
        by=by,
    )


def signature_given(*, session: TreatmentSession, by: Account, at: datetime) -> None:
    """End the task that asked for the signature."""
    _settle_signature(session, by=by, at=at, outcome="Signed.")


def signature_not_due(*, session: TreatmentSession, by: Account, at: datetime) -> None:
    """End the task that asks for the signature of a patient who was called back."""
    _settle_signature(session, by=by, at=at, outcome="Called back: the session goes on.")


def _settle_signature(
    session: TreatmentSession, *, by: Account, at: datetime, outcome: str
) -> None:
    waiting = Task.objects.filter(kind=SIGN_RECORD, subject=session.public_id, state=TaskState.OPEN)
    for key in waiting.values_list("key", flat=True):
        settle_task(key=str(key), by=by, at=at, outcome=outcome)


def ask_for_review(*, session: TreatmentSession, by: Account, at: datetime) -> Task:
    """Have the medical director look at the session's overrides: one open task a session.

    What is overridden after a review was finished opens the next one.
    """
    known = Task.objects.filter(kind=REVIEW_OVERRIDE, subject=session.public_id)
    waiting = known.filter(state=TaskState.OPEN).first()
    if waiting is not None:
        return waiting
    return open_task(
        kind=REVIEW_OVERRIDE,
        key=f"{REVIEW_OVERRIDE}:{session.public_id}:{known.count() + 1}",
        subject=session,
        site=session.site,
        patient=session.patient,
        at=at,
        by=by,
    )


def ask_to_follow_up(*, session: TreatmentSession, by: Account, at: datetime) -> Task | None:
    """Have somebody contact a patient again who went home at risk; None where no risk was found.

    The worst level found today counts. One task a session, also after a call-back.
    """
    level = suicide_facts(session, CheckIn.objects.get(session=session)).level
    if level not in (CssrsLevel.MODERATE, CssrsLevel.HIGH):
        return None
    return open_task(
        kind=FOLLOW_UP,
        subject=session,
        site=session.site,
        patient=session.patient,
        at=at,
        by=by,
    )


SUICIDE_ASKED = ("suicide_statement_positive", "phq9_item9")
"""What the patient answers; the level is what a clinician finds."""

_ANSWERS = (*SUICIDE_ASKED, "suicide_level")
"""What a row of the check-in or of the recovery says; an event or a scale says one thing once."""


def standing_answers(row: models.Model, answers: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which of ``answers`` would take back what was said or found about suicide.

    A positive answer is not made less, and a level that was found is replaced only by another.
    """
    standing = []
    for name in SUICIDE_ASKED:
        before, now = getattr(row, name, None), answers.get(name, ...)
        if now is not ... and before and (now is None or now < before):
            standing.append(name)
    level = getattr(row, "suicide_level", SuicideScreen.NOT_DONE)
    wiped = answers.get("suicide_level") == SuicideScreen.NOT_DONE
    if wiped and level != SuicideScreen.NOT_DONE:
        standing.append("suicide_level")
    return tuple(standing)


def stands(standing: tuple[str, ...]) -> Reason | None:
    """Return the caution that says which answers were not taken back, or None."""
    if not standing:
        return None
    return caution(
        "SUICIDE_ANSWER_STANDS",
        "A positive answer about suicide is not taken back; the first answer stands. "
        "Assess it, and write what was found.",
        seen=", ".join(standing),
    )


def is_assessment(
    answers: Mapping[str, Any], changed: Mapping[str, Any], *, session: TreatmentSession
) -> bool:
    """Whether saving ``answers`` assesses for suicide, before they are written down.

    Another level is a finding. The same level is one as well while something positive waits for
    its assessment: somebody looked again and found the same.
    """
    if "suicide_level" in changed:
        return True
    level = answers.get("suicide_level") or SuicideScreen.NOT_DONE
    return level != SuicideScreen.NOT_DONE and suicide_awaits_assessment(session)


def act_on_answer(assessment: Assessment, at: datetime) -> None:
    """Open the task for an answer that needs a person at once (assessments call this)."""
    if assessment.session is None:
        raise ValueError(f"{assessment} was answered outside a session; nobody here owns it.")
    open_suicide_task(session=assessment.session, subject=assessment, at=at)
