"""What a patient says, and what a person reads out, is neither lost, nor wiped, nor misread."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from afterglow.apps.assessments import services as scales
from afterglow.apps.treatment.models import CheckIn, MedicineToday
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import charting, checkin, infusions
from afterglow.apps.treatment.services.deciding import discharge_decision, readiness_decision
from afterglow.apps.treatment.services.preparation import _same
from afterglow.apps.work import services as work
from afterglow.apps.work.models import Task, TaskState
from afterglow.core.decisions import Decision
from afterglow.core.treatment.endings import SessionEnding
from support.infusion_day import Day, infusing, ready, recovered

pytestmark = pytest.mark.django_db


def say(day: Day, minute: float, **answers: Any) -> Decision:
    """Save answers of the check-in; return what was said about them."""
    check = CheckIn.objects.get(session=day.session)
    return checkin.save_check_in(
        session=day.id,
        answers=answers,
        seen_version=check.row_version,
        by=day.clinician,
        at=day.minute(minute),
    ).decision


def in_the_chair(day: Day, minute: float) -> None:
    done = charting.record_event(
        session=day.id,
        kind=EventKind.SUICIDAL_STATEMENT,
        text="I will do it tonight.",
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
    )
    assert isinstance(done, Done)


def scale(day: Day, minute: float, instrument: str, **answers: int) -> None:
    done = scales.record_assessment(
        session=day.id,
        instrument=instrument,
        answers=answers,
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
    )
    assert hasattr(done, "row"), done


def blocks(day: Day, minute: float) -> set[str]:
    decision = readiness_decision(day.refreshed(), at=day.minute(minute))
    return {reason.code for reason in decision.blockers}


def test_a_second_statement_opens_its_own_task_after_the_first_was_closed() -> None:
    day = infusing()
    say(day, 1, phq9_item9=1)
    first = Task.objects.get(kind="suicide_positive")
    work.complete_task(
        task=first.public_id,
        by=day.prescriber,
        at=day.minute(10),
        on=day.session.local_date,
        outcome="Assessed; no plan.",
    )

    in_the_chair(day, 20)

    waiting = Task.objects.get(kind="suicide_positive", state=TaskState.OPEN)
    assert waiting != first
    assert waiting.owner == day.prescriber.public_id
    assert waiting.opened_at == day.minute(20)


def test_saving_the_page_again_after_the_task_was_closed_opens_nothing() -> None:
    day = infusing()
    say(day, 1, phq9_item9=1)
    work.complete_task(
        task=Task.objects.get(kind="suicide_positive").public_id,
        by=day.prescriber,
        at=day.minute(10),
        on=day.session.local_date,
        outcome="Assessed; no plan.",
    )

    say(day, 12, escort_name="Sam R.")
    same = Task.objects.filter(kind="suicide_positive").count()
    say(day, 13, phq9_item9=3)

    assert same == 1
    assert Task.objects.filter(kind="suicide_positive", state=TaskState.OPEN).count() == 1


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ({"suicide_statement_positive": True}, {"suicide_statement_positive": False}),
        ({"suicide_statement_positive": True}, {"suicide_statement_positive": None}),
        ({"phq9_item9": 3}, {"phq9_item9": 0}),
        ({"phq9_item9": 2}, {"phq9_item9": None}),
    ],
)
def test_a_positive_answer_is_not_wiped_and_holds_the_start(
    first: dict[str, Any], later: dict[str, Any]
) -> None:
    day = ready()
    say(day, -4, **first)
    (name,) = first

    told = say(day, -3, **later)

    assert getattr(CheckIn.objects.get(session=day.session), name) == first[name]
    assert told.codes == ("SUICIDE_ANSWER_STANDS",)
    assert "SUICIDE_POSITIVE_NOT_ASSESSED" in blocks(day, -2)


def test_a_level_that_was_found_is_replaced_only_by_another_finding() -> None:
    day = ready()
    say(day, -4, suicide_level=SuicideScreen.HIGH)

    wiped = say(day, -3, suicide_level=SuicideScreen.NOT_DONE)
    held = blocks(day, -2)
    say(day, -2, suicide_level=SuicideScreen.NONE)

    assert wiped.codes == ("SUICIDE_ANSWER_STANDS",)
    assert held == {"SUICIDE_RISK_HIGH"}
    assert blocks(day, -1) == set()


def test_clearing_an_answer_is_not_asking() -> None:
    day = ready()
    CheckIn.objects.filter(session=day.session).update(suicide_asked_at=None)

    say(day, -3, phq9_item9=None)

    assert CheckIn.objects.get(session=day.session).suicide_asked_at is None
    assert "SUICIDE_NOT_ASKED" in blocks(day, -2)


def test_item_9_of_a_phq_9_filled_in_holds_the_start() -> None:
    day = ready()

    scale(day, -3, "phq9", **{str(n): 0 for n in range(1, 9)}, **{"9": 3, "10": 1})

    assert blocks(day, -2) == {"SUICIDE_POSITIVE_NOT_ASSESSED"}


def test_a_high_screen_filled_in_holds_the_start_whatever_the_door_says() -> None:
    day = ready()
    no = dict.fromkeys(("q1", "q3", "q4", "q6_lifetime", "q6_3_months"), 0)

    scale(day, -3, "cssrs_screener", **no | {"q1": 1, "q2": 1, "q5": 1})

    assert blocks(day, -2) == {"SUICIDE_RISK_HIGH"}


def test_a_screen_broken_off_after_a_yes_holds_the_way_home() -> None:
    day = recovered()

    scale(day, 81, "cssrs_screener", q1=1)

    home = discharge_decision(day.session, ending=SessionEnding.COMPLETED, at=day.minute(82))
    assert {r.code for r in home.blockers} == {"SUICIDE_POSITIVE_NOT_ASSESSED_BEFORE_LEAVING"}


def named(day: Day, name: str, drug_class: str = "") -> MedicineToday:
    return checkin.record_medicine_today(
        session=day.id,
        name=name,
        taken_at=day.minute(-90),
        drug_class=drug_class,
        by=day.clinician,
        at=day.minute(-4),
    ).row


def test_theophylline_named_at_the_door_stops_the_start_whatever_class_was_picked() -> None:
    day = ready()

    plain = named(day, "Aminophylline")
    wrong = named(day, "aminophylline 225 mg", "antidepressant")

    assert (plain.drug_class, wrong.drug_class) == ("theophylline", "theophylline")
    assert "THEOPHYLLINE_TAKEN" in blocks(day, -2)


def test_a_medicine_nobody_knows_is_an_open_question_until_somebody_gives_its_class() -> None:
    day = ready()

    named(day, "Zorbulex")
    unknown = blocks(day, -2)
    named(day, "Zorbulex", checkin.OTHER_CLASS)

    assert unknown == {"DAY_QUESTION_NOT_ASKED"}
    assert blocks(day, -2) == set()
    started = infusions.start_infusion(
        session=day.id, by=day.clinician, at=day.started, key=uuid.uuid4()
    )
    assert isinstance(started, Done)


@pytest.mark.parametrize(
    ("said", "expected", "same"),
    [
        ("50 mg/mL", "50 mg/mL", True),
        ("50", "50 mg/mL", True),
        ("50mg/ml", "50 mg/mL", True),
        ("0,70 mL", "0.7 mL", True),
        ("50 mcg/mL", "50 mg/mL", False),
        ("26.3 mL/min", "26.3 mL/h", False),
        ("50 mg", "50 mg/mL", False),
        ("12", "0012", False),
        ("0012", "0012", True),
        ("12.0", "12", False),
        ("nan", "50 mg/mL", False),
        ("", "50 mg/mL", False),
        ("5e1", "50 mg/mL", False),
    ],
)
def test_a_read_back_with_another_unit_or_another_patient_differs(
    said: str, expected: str, same: bool
) -> None:
    assert _same(said, expected) is same


def test_a_task_about_suicide_is_due_within_half_an_hour_of_each_statement() -> None:
    day = infusing()

    in_the_chair(day, 5)
    in_the_chair(day, 9)

    due = list(Task.objects.filter(kind="suicide_positive").values_list("due_at", flat=True))
    assert [each - day.minute(5) for each in sorted(due)] == [
        dt.timedelta(minutes=30),
        dt.timedelta(minutes=34),
    ]
