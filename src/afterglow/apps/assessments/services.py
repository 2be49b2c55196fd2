"""Record answers to an instrument, score them, and correct them by a row that replaces."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.assessments import extension, queries
from afterglow.apps.assessments.models import Assessment, AssessmentMistake, Score
from afterglow.apps.assessments.outcomes import Recorded, Refused
from afterglow.apps.monitoring.services import common
from afterglow.apps.monitoring.services.alarms import judge
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Reason, Severity
from afterglow.core.instruments import scoring
from afterglow.core.instruments.answers import Assessment as Answers
from afterglow.core.instruments.answers import check_answers
from afterglow.core.reason_codes import declare
from afterglow.core.roles import Action

NOTHING_ANSWERED = declare(
    "NOTHING_ANSWERED", Severity.BLOCKER, "Nothing was answered.", subject="assessments"
)
ANSWERED_IN_THE_FUTURE = declare(
    "ANSWERED_IN_THE_FUTURE",
    Severity.BLOCKER,
    "The answers are timed {seen}, which is after now ({limit}).",
    subject="assessments",
)
ANSWERED_BEFORE_CHECK_IN = declare(
    "ANSWERED_BEFORE_CHECK_IN",
    Severity.BLOCKER,
    "The answers are timed {seen}, before check-in at {limit}.",
    subject="assessments",
)
ASSESSMENT_ALREADY_CORRECTED = declare(
    "ASSESSMENT_ALREADY_CORRECTED",
    Severity.BLOCKER,
    "This answer was corrected on another screen at {seen}. Look at the newer one first.",
    subject="assessments",
)
ASSESSMENT_OF_ANOTHER_INSTRUMENT = declare(
    "ASSESSMENT_OF_ANOTHER_INSTRUMENT",
    Severity.BLOCKER,
    "An answer to {seen} cannot be corrected by an answer to {limit}.",
    subject="assessments",
)


@transaction.atomic
def record_assessment(
    *,
    session: UUID,
    instrument: str,
    answers: Mapping[str, int | None],
    by: Account,
    at: datetime,
    key: UUID,
    happened_at: datetime | None = None,
    replaces: UUID | None = None,
) -> Recorded | Refused:
    """Record answers to the instrument's version in use, with their score.

    ``replaces`` names the assessment that this one corrects: both stay, the newer one counts, and
    it keeps the version that was answered. The same ``key`` again returns the same row. Raises
    Forbidden, RecordLocked or DoesNotExist.
    """
    row = common.lock_session(session, action=Action.CHART, by=by, at=at)
    if earlier := Assessment.objects.filter(key=key, session=row).first():
        return Recorded(earlier, repeated=True)
    when = happened_at or at
    corrected = (
        Assessment.objects.select_related("instrument").get(public_id=replaces, session=row)
        if replaces
        else None
    )
    if corrected is not None and happened_at is None:
        when = corrected.at
    definition = (
        corrected.instrument
        if corrected is not None and corrected.instrument_key == instrument
        else queries.instrument_in_use(instrument, at=at)
    )
    parsed = queries.instrument_of(definition)
    decision = Decision.from_reasons(
        _why_not(row, instrument, answers, when, at, corrected),
        check_answers(parsed, answers).reasons,
    )
    if decision.refused:
        common.refuse("assessment", session=row, subject=row, decision=decision, by=by, at=at)
        return Refused(decision)
    result = scoring.score(parsed, Answers.of(parsed, answers))
    made = Assessment.objects.create(
        patient=row.patient,
        session=row,
        instrument=definition,
        instrument_key=instrument,
        answers=dict(answers),
        at=when,
        recorded_at=at,
        by=by,
        replaces=corrected,
        key=key,
    )
    _write_scores(made, result)
    common.tell(
        "assessment-recorded" if corrected is None else "assessment-corrected",
        session=row,
        subject=made,
        by=by,
        at=at,
        detail={"instrument": instrument, "version": definition.version},
    )
    if result.safety:
        extension.tell_safety(made, at)
    judge([row], at=at)
    return Recorded(made, result.safety)


@transaction.atomic
def take_back_assessment(
    *, session: UUID, assessment: UUID, reason: str, by: Account, at: datetime
) -> AssessmentMistake:
    """Say that an assessment was entered in error: it stays for ever and counts no more.

    What it replaced stays replaced. Saying the same twice adds nothing. A task that a positive
    answer opened stays open until somebody closes it. Raises Forbidden, RecordLocked or
    DoesNotExist.
    """
    row = common.lock_session(session, action=Action.CHART, by=by, at=at)
    found = Assessment.objects.get(public_id=assessment, session=row)
    if earlier := AssessmentMistake.objects.filter(assessment=found).first():
        return earlier
    mistake = AssessmentMistake.objects.create(
        assessment=found, session=row, reason=reason.strip()[:200], by=by, at=at
    )
    common.tell(
        "assessment-taken-back",
        session=row,
        subject=mistake,
        by=by,
        at=at,
        detail={"instrument": found.instrument_key, "assessment": str(found.public_id)},
    )
    judge([row], at=at)
    return mistake


def _write_scores(made: Assessment, result: scoring.Score) -> None:
    flags = sorted(str(flag) for flag in result.flags)
    Score.objects.bulk_create(
        [
            Score(
                assessment=made,
                name="total",
                value=result.total,
                band=result.band or "",
                flags=flags,
            ),
            *(
                Score(assessment=made, name=name, value=value)
                for name, value in result.parts.items()
            ),
        ]
    )


def _why_not(
    session: TreatmentSession,
    instrument: str,
    answers: Mapping[str, int | None],
    when: datetime,
    at: datetime,
    corrected: Assessment | None,
) -> list[Reason]:
    reasons = []
    if all(answer is None for answer in answers.values()):
        reasons.append(NOTHING_ANSWERED.reason())
    if when > at:
        reasons.append(
            ANSWERED_IN_THE_FUTURE.reason(seen=_time(session, when), limit=_time(session, at))
        )
    if when < session.checked_in_at:
        reasons.append(
            ANSWERED_BEFORE_CHECK_IN.reason(
                seen=_time(session, when), limit=_time(session, session.checked_in_at)
            )
        )
    if corrected is not None and corrected.instrument_key != instrument:
        reasons.append(
            ASSESSMENT_OF_ANOTHER_INSTRUMENT.reason(seen=corrected.instrument_key, limit=instrument)
        )
    if corrected is not None:
        newer = Assessment.objects.filter(replaces=corrected).first()
        if newer is not None:
            reasons.append(
                ASSESSMENT_ALREADY_CORRECTED.reason(seen=_time(session, newer.recorded_at))
            )
    return reasons


def _time(session: TreatmentSession, at: datetime) -> str:
    return at.astimezone(session.site.zone).strftime("%H:%M")
