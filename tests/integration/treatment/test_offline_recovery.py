"""The recovery at a tablet without a connection: criteria and scores arrive once, as found."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from afterglow.apps.assessments.models import Assessment
from afterglow.apps.treatment.models import OfflineEntry, Recovery
from afterglow.apps.treatment.services import closing, offline
from afterglow.apps.work.models import Task
from support.infusion_day import Day, infusing, recovering
from support.tablet import Tablet

pytestmark = pytest.mark.django_db

ALDRETE = {
    **{"activity": 2, "respiration": 2, "circulation": 2},
    **{"consciousness": 2, "oxygen": 2},
}


@pytest.fixture
def day() -> Day:
    return recovering()


def sent(
    day: Day, minute: float, kind: str, body: dict[str, Any], key: uuid.UUID | None = None
) -> OfflineEntry:
    """Let the second nurse's tablet send what the first typed at a minute; ten minutes later."""
    typed = offline.Typed(
        key=key or uuid.uuid4(),
        kind=kind,
        body=body,
        happened_at=day.minute(minute),
        typed_by=day.clinician.public_id,
    )
    offline.take_in(
        session=day.id,
        tablet=uuid.UUID(int=7),
        entries=[typed],
        by=day.second,
        at=day.minute(minute + 10),
    )
    return OfflineEntry.objects.get(key=typed.key)


def criteria(day: Day, minute: float, was: dict[str, str] | None = None, **answers: str) -> Any:
    return sent(day, minute, "criteria", {"answers": answers, "was": was or {}})


def found(day: Day) -> Recovery:
    return Recovery.objects.get(session=day.session)


def codes(entry: OfflineEntry) -> list[str]:
    return [why["code"] for why in entry.reasons]


def test_criteria_are_saved_as_they_were_found_and_asked_at_their_own_time(day: Day) -> None:
    entry = criteria(
        day, 45, oriented="3", steady_gait="no", suicide_statement_positive="no", escort_name="Ada"
    )

    now = found(day)
    assert (entry.outcome, entry.reasons) == ("charted", [])
    assert (now.oriented, now.steady_gait, now.escort_name) == (3, False, "Ada")
    assert (now.suicide_statement_positive, now.suicide_asked_at) == (False, day.minute(45))


def test_what_another_screen_answered_otherwise_is_not_overwritten(day: Day) -> None:
    closing.save_recovery(
        session=day.id,
        answers={"steady_gait": True, "oriented": 2},
        seen_version=found(day).row_version,
        by=day.second,
        at=day.minute(44),
    )

    same = criteria(day, 45, steady_gait="yes")
    other = criteria(day, 46, steady_gait="no", drank_fluid="yes")
    known = criteria(day, 47, was={"oriented": "2"}, oriented="3")

    assert (same.outcome, known.outcome) == ("charted", "charted")
    assert (other.outcome, codes(other)) == ("refused", ["CRITERIA_SAVED_MEANWHILE"])
    assert other.reasons[0]["seen"] == "steady gait"
    assert (found(day).steady_gait, found(day).drank_fluid, found(day).oriented) == (True, None, 3)


def test_what_the_patient_said_about_suicide_waits_for_nobody(day: Day) -> None:
    closing.save_recovery(
        session=day.id,
        answers={"steady_gait": True, "suicide_statement_positive": False},
        seen_version=found(day).row_version,
        by=day.second,
        at=day.minute(44),
    )

    entry = criteria(day, 45, steady_gait="no", suicide_statement_positive="yes")

    assert entry.outcome == "refused"
    assert (found(day).suicide_statement_positive, found(day).steady_gait) == (True, True)
    assert Task.objects.filter(kind__contains="suicide").exists()


def test_a_statement_in_an_entry_that_cannot_be_read_is_owned_by_somebody(day: Day) -> None:
    entry = criteria(day, 45, suicide_statement_positive="yes", oriented="nine")

    assert (entry.outcome, codes(entry)) == ("refused", ["OFFLINE_ENTRY_NOT_UNDERSTOOD"])
    assert Task.objects.filter(kind__contains="suicide").exists()


def test_before_the_recovery_that_counts_nothing_of_it_is_answered(day: Day) -> None:
    early = criteria(day, 30, steady_gait="yes")
    running = infusing()
    never = criteria(running, 10, steady_gait="yes")

    assert codes(early) == codes(never) == ["CRITERIA_BEFORE_RECOVERY"]
    assert found(day).steady_gait is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"answers": {}},
        {"answers": {"oriented": "4"}},
        {"answers": {"oriented": "many"}},
        {"answers": {"steady_gait": "maybe"}},
        {"answers": {"session": "1"}},
        {"answers": {"suicide_asked_at": "now"}},
        {"answers": {"suicide_level": "terrible"}},
        {"answers": {"escort_phone": "0" * 41}},
        {"answers": ["oriented"]},
        {"answers": {"oriented": "3"}, "was": {"row_version": "1"}},
    ],
)
def test_what_cannot_be_read_is_kept_and_changes_nothing(day: Day, body: dict[str, Any]) -> None:
    before = found(day).row_version

    entry = sent(day, 45, "criteria", body)

    assert (entry.outcome, codes(entry)) == ("refused", ["OFFLINE_ENTRY_NOT_UNDERSTOOD"])
    assert found(day).row_version == before


def test_a_score_that_comes_by_both_roads_is_charted_once(day: Day) -> None:
    key = uuid.uuid4()
    answers = {f"aldrete-{item}": value for item, value in ALDRETE.items()}

    posted = Tablet(day, minute=45).post(
        "recovery-score", "aldrete", **{"aldrete-key": str(key)}, **answers
    )
    entry = sent(day, 45, "readings", {"readings": {}, "scales": {"aldrete": ALDRETE}}, key=key)

    assert (posted.status_code, entry.outcome) == (302, "charted")
    charted = Assessment.objects.filter(session=day.session, instrument_key="aldrete")
    assert [each.at for each in charted] == [day.minute(45)]


def test_the_kept_recovery_page_can_be_typed_on_and_names_nobody(day: Day) -> None:
    patient = day.session.patient
    closing.save_recovery(
        session=day.id,
        answers={"escort_name": "Wilhelmina Escort", "escort_phone": "5550199"},
        seen_version=found(day).row_version,
        by=day.second,
        at=day.minute(44),
    )

    html = Tablet(day, minute=45).get("kept-recovery")

    assert 'name="aldrete-activity"' in html
    assert 'name="steady_gait"' in html
    for word in (patient.family_name, patient.mrn, "Wilhelmina", "5550199"):
        assert word not in html
    assert "/static/" not in html
