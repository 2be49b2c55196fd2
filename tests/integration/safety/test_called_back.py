"""Who faints at the door is a patient again: everything counts anew, nothing found is lost."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from afterglow.apps.monitoring.models import DeviceAssignment
from afterglow.apps.treatment.models import Recovery, SessionEvent
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import charting, closing
from afterglow.apps.treatment.services.deciding import discharge_decision
from afterglow.apps.work.kinds import SIGN_RECORD
from afterglow.apps.work.models import Task, TaskState
from afterglow.core.treatment.endings import SessionEnding
from afterglow.web import clock
from support.infusion_day import WELL, Day, discharged, recovered, score_recovery, take_vitals

pytestmark = pytest.mark.django_db


def call(day: Day, minute: float, reason: str = "Faint at the door", **given: Any) -> Any:
    return closing.call_back(
        session=day.id,
        reason=reason,
        by=day.clinician,
        at=day.minute(minute),
        **{"key": uuid.uuid4(), **given},
    )


def go_home(day: Day, minute: float) -> Any:
    return closing.discharge(
        session=day.id,
        ending=SessionEnding.COMPLETED,
        fields={},
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
    )


def save(day: Day, minute: float, **answers: Any) -> None:
    closing.save_recovery(
        session=day.id,
        answers=answers,
        seen_version=Recovery.objects.get(session=day.session).row_version,
        by=day.clinician,
        at=day.minute(minute),
    )


def holds(day: Day, minute: float) -> set[str]:
    decision = discharge_decision(
        day.refreshed(), ending=SessionEnding.COMPLETED, at=day.minute(minute)
    )
    return {reason.code for reason in decision.blockers}


def test_nothing_that_was_found_before_the_call_back_lets_the_patient_go_again() -> None:
    day = discharged()

    call(day, 85)
    held = go_home(day, 86)

    assert isinstance(held, Refused)
    assert {
        "OBSERVED_TOO_SHORT_AFTER_CALL_BACK",
        "RECOVERY_SCORE_MISSING",
        "DISCHARGE_CHECK_MISSING",
        "DISCHARGE_VITALS_BEFORE_RECOVERY",
        "ESCORT_NOT_PRESENT",
        "SUICIDE_NOT_ASKED_BEFORE_LEAVING",
    } <= {reason.code for reason in held.decision.blockers}


def test_everything_found_well_again_lets_the_patient_go() -> None:
    day = discharged()
    call(day, 85)

    take_vitals(day, at=day.minute(124))
    score_recovery(day, at=day.minute(124))
    save(day, 124, **WELL)
    done = go_home(day, 126)

    assert isinstance(done, Done), done
    states = Task.objects.filter(kind=SIGN_RECORD, subject=day.id).order_by("pk")
    assert [each.state for each in states] == [TaskState.DONE, TaskState.OPEN]


def test_the_call_back_and_its_reason_stay_on_the_time_axis() -> None:
    day = discharged()

    call(day, 85)

    called = SessionEvent.objects.get(session=day.session, kind=EventKind.CALLED_BACK)
    undone = charting.withdraw_event(
        session=day.id,
        event=called.public_id,
        reason="by mistake",
        by=day.clinician,
        at=day.minute(86),
        key=uuid.uuid4(),
    )
    assert called.text == "Faint at the door"
    assert isinstance(undone, Refused)


def test_a_call_back_says_why() -> None:
    day = discharged()

    outcome = call(day, 85, reason="  ")

    assert isinstance(outcome, Refused)
    assert outcome.decision.codes == ("CALL_BACK_WITHOUT_REASON",)
    assert day.refreshed().state == "discharged"


def test_a_second_press_and_a_second_tablet_call_back_once() -> None:
    day = discharged()
    key = uuid.uuid4()

    outcomes = [call(day, 85, key=key), call(day, 85.1, key=key), call(day, 85.2)]

    assert [each.repeated for each in outcomes] == [False, True, True]
    assert SessionEvent.objects.filter(kind=EventKind.CALLED_BACK).count() == 1
    assert not day.session.refusals.exists()


def test_what_was_said_and_found_about_suicide_stands_and_is_asked_again() -> None:
    day = recovered()
    save(day, 81, suicide_statement_positive=True)
    save(day, 81.5, suicide_level=SuicideScreen.LOW, safety_plan_given=True)
    assert isinstance(go_home(day, 82), Done)

    call(day, 85)

    leaving = Recovery.objects.get(session=day.session)
    assert leaving.suicide_statement_positive is True
    assert leaving.suicide_level == SuicideScreen.LOW
    assert "SUICIDE_NOT_ASKED_BEFORE_LEAVING" in holds(day, 86)
    save(day, 87, suicide_statement_positive=True)
    assert "SUICIDE_POSITIVE_NOT_ASSESSED_BEFORE_LEAVING" in holds(day, 88)


def test_a_nurse_calls_back_from_the_sign_page(client: Client) -> None:
    day = discharged()
    client.force_login(day.clinician)
    with clock.fixed(day.minute(85)):
        page = client.get(f"/sessions/{day.id}/sign/").content.decode()

        answer = client.post(
            f"/sessions/{day.id}/call-back/",
            {"reason": "Faint at the door", "key": str(uuid.uuid4())},
            follow=True,
        )

    assert f'action="/sessions/{day.id}/call-back/"' in page
    assert day.refreshed().state == "recovery"
    assert "Faint at the door" in answer.content.decode()
    assert DeviceAssignment.objects.filter(during__contains=day.minute(86)).exists()
