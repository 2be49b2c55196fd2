"""Tasks that the record itself opens and ends: its signature, the review of its overrides."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from afterglow.apps.treatment.models import CheckIn
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import closing, overrides, signing
from afterglow.apps.treatment.services.deciding import READINESS, decision_at
from afterglow.apps.work.kinds import REVIEW_OVERRIDE, SIGN_RECORD
from afterglow.apps.work.models import Task, TaskState
from afterglow.apps.work.services import complete_task
from afterglow.core.decisions import Overrider
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import SessionEnding
from factories import staff
from support.infusion_day import Day, discharged, prepared, recovered, take_vitals

pytestmark = pytest.mark.django_db


def tasks(day: Day, kind: str) -> list[Task]:
    return list(Task.objects.filter(kind=kind, subject=day.id).order_by("opened_at"))


def test_an_ended_session_asks_the_prescriber_for_a_signature_until_it_is_given() -> None:
    day = discharged()

    (waiting,) = tasks(day, SIGN_RECORD)
    assert waiting.state == TaskState.OPEN
    assert waiting.owner == day.prescriber.public_id

    done = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(95))

    assert isinstance(done, Done)
    waiting.refresh_from_db()
    assert waiting.state == TaskState.DONE
    assert waiting.closed_by == day.prescriber.public_id


def test_a_session_that_was_called_off_waits_for_its_signature_too() -> None:
    day = prepared()

    done = closing.discharge(
        session=day.id,
        ending=SessionEnding.CANCELLED_BEFORE_START,
        fields={"reason": "Fever", "patient_told": True},
        by=day.clinician,
        at=day.minute(-5),
        key=uuid.uuid4(),
    )

    assert isinstance(done, Done), done
    assert [each.state for each in tasks(day, SIGN_RECORD)] == [TaskState.OPEN]


def test_overrides_wait_for_the_director_in_one_task_until_they_were_looked_at() -> None:
    day = prepared()
    director = staff(Role.MEDICAL_DIRECTOR, site=day.site)

    def override(minute: float) -> None:
        now = day.minute(minute)
        standing = decision_at(day.refreshed(), READINESS, at=now).blockers
        code = next(each.code for each in standing if each.overridable_by == Overrider.PRESCRIBER)
        done = overrides.override_reasons(
            session=day.id,
            gate=READINESS,
            codes=[code],
            reason="Steady all morning",
            by=day.prescriber,
            at=now,
        )
        assert isinstance(done, Done), done

    override(-4)
    (first,) = tasks(day, REVIEW_OVERRIDE)
    complete_task(
        task=first.public_id,
        by=director,
        at=day.minute(-2),
        on=day.site.local_date(day.minute(-2)),
        outcome="Looked at",
    )
    take_vitals(day, at=day.minute(-1), systolic=172)
    override(-0.5)

    assert first.owner_role == Role.MEDICAL_DIRECTOR
    assert [each.state for each in tasks(day, REVIEW_OVERRIDE)] == [TaskState.DONE, TaskState.OPEN]


@pytest.mark.parametrize(
    ("level", "asked_for"),
    [(SuicideScreen.NONE, []), (SuicideScreen.LOW, []), (SuicideScreen.MODERATE, ["follow_up"])],
)
def test_who_went_home_at_moderate_risk_is_contacted_again(
    level: SuicideScreen, asked_for: list[str]
) -> None:
    day = recovered()
    CheckIn.objects.filter(session=day.session).update(
        suicide_level=level, suicide_assessed_at=day.minute(-20), safety_plan_given=True
    )

    left = closing.discharge(
        session=day.id,
        ending=SessionEnding.COMPLETED,
        fields={},
        by=day.clinician,
        at=day.minute(82),
        key=uuid.uuid4(),
    )

    assert isinstance(left, Done), left
    opened = tasks(day, "follow_up")
    assert [task.kind for task in opened] == asked_for
    assert all(task.due_at == day.minute(82) + dt.timedelta(days=1) for task in opened)
