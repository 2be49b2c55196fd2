"""What was charted in error: struck through for ever, and reckoned with no more."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.services.countersigning import SecondPerson
from afterglow.apps.assessments.models import Assessment, AssessmentMistake
from afterglow.apps.medicines.models import Product
from afterglow.apps.stock.models import LedgerEntry
from afterglow.apps.treatment import courses, queries, record
from afterglow.apps.treatment.models import ChartMistake, MedicineGiven, PumpAction
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import charting, infusions, mistakes
from afterglow.apps.treatment.shown import drug, events
from afterglow.apps.treatment.shown.grid import grid
from afterglow.core.quantities import Dose, Rate
from afterglow.core.treatment.lifecycles import InfusionState
from afterglow.web import clock
from factories import PASSWORD
from support.infusion_day import Day, infusing, take_vitals

pytestmark = pytest.mark.django_db


@pytest.fixture
def day() -> Day:
    return infusing()


def give(day: Day, key: str, dose: int, minute: float) -> MedicineGiven:
    outcome = charting.give_medicine(
        session=day.id,
        product=Product.objects.get(key=key).public_id,
        dose=Dose.mg(dose),
        route="iv",
        indication="unrest",
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
        above_usual_confirmed=True,
    )
    assert isinstance(outcome, Done), outcome
    return outcome.row


def back(day: Day, given: MedicineGiven, minute: float, **changed: Any) -> Any:
    wanted: dict[str, Any] = {
        "reason": "the patient refused it",
        "second": SecondPerson(day.second.username, PASSWORD),
        "by": day.clinician,
        "key": uuid.uuid4(),
    } | changed
    return mistakes.take_back_medicine(
        session=day.id, medicine=given.public_id, at=day.minute(minute), **wanted
    )


def act(day: Day, kind: PumpActionKind, minute: float, rate: str | None = None) -> PumpAction:
    last = queries.actions_of(day.infusion)[-1]
    outcome = infusions.act_on_pump(
        session=day.id,
        kind=kind,
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
        seen_sequence=last.sequence,
        rate=Rate.ml_per_h(rate) if rate else None,
    )
    assert isinstance(outcome, Done), outcome
    return outcome.row


def entry_back(day: Day, action: PumpAction, minute: float, **changed: Any) -> Any:
    wanted: dict[str, Any] = {
        "reason": "typed 40 for 60",
        "by": day.clinician,
        "key": uuid.uuid4(),
    } | changed
    return mistakes.take_back_pump_action(
        session=day.id, action=action.public_id, at=day.minute(minute), **wanted
    )


# ---- a medicine


def test_a_sedative_that_was_not_given_restarts_no_observation_and_counts_in_no_total(
    day: Day,
) -> None:
    lines = LedgerEntry.objects.count()
    given = give(day, "midazolam", 1, 10)

    outcome = back(day, given, 12)

    assert isinstance(outcome, Done)
    assert outcome.row.seconded.account == day.second
    row = drug.drug_row(day.session, at=day.minute(13))
    assert row is not None
    assert row.others == ()
    [course] = courses.courses([day.session.pk], day.minute(13)).values()
    assert course.sedatives == ()
    assert queries.medicines_given(day.session) == []
    assert LedgerEntry.objects.count() == lines
    assert MedicineGiven.objects.filter(pk=given.pk).exists()


def test_the_strip_and_the_record_show_it_struck_through_with_who_and_why(day: Day) -> None:
    given = give(day, "ondansetron", 4, 10)
    back(day, given, 12, second=None)

    [entry] = [one for one in events.entries(day.session) if one.kind == "medicine"]
    content = record.record_content(day.session, signed_by=day.prescriber, at=day.minute(13))
    [kept] = content["medicines_given"]

    assert entry.withdrawn
    assert "the patient refused it" in entry.text
    assert kept["taken_back"]["reason"] == "the patient refused it"


def test_a_controlled_medicine_is_taken_back_by_two(day: Day) -> None:
    given = give(day, "midazolam", 1, 10)

    alone = back(day, given, 12, second=None)
    twice_the_same = back(day, given, 12, second=SecondPerson(day.clinician.username, PASSWORD))

    assert isinstance(alone, Refused)
    assert alone.decision.codes == ("MISTAKE_NEEDS_A_SECOND_PERSON",)
    assert isinstance(twice_the_same, Refused)
    assert not ChartMistake.objects.exists()


def test_it_needs_a_reason_and_a_second_press_adds_nothing(day: Day) -> None:
    given = give(day, "ondansetron", 4, 10)
    key = uuid.uuid4()

    unsaid = back(day, given, 12, reason=" ", second=None)
    back(day, given, 12, key=key, second=None)
    again = back(day, given, 12, key=key, second=None)

    assert unsaid.decision.codes == ("TAKEN_BACK_WITHOUT_REASON",)
    assert again.repeated
    assert ChartMistake.objects.count() == 1


# ---- the pump


def test_a_rate_that_was_mistyped_leaves_the_milligrams_as_if_it_had_not_been_typed(
    day: Day,
) -> None:
    truth = queries.given(day.infusion, at=day.minute(30)).charted.dose
    wrong = act(day, PumpActionKind.CHANGE_RATE, 10, "40")
    assert queries.given(day.infusion, at=day.minute(30)).charted.dose != truth

    outcome = entry_back(day, wrong, 11)

    assert isinstance(outcome, Done)
    assert queries.given(day.infusion, at=day.minute(30)).charted.dose == truth
    [first, struck] = [one for one in events.entries(day.session) if one.kind == "pump"]
    assert (first.withdrawn, struck.withdrawn) == (False, True)


def test_a_pause_taken_back_runs_again_and_the_next_entry_gets_a_new_number(day: Day) -> None:
    pause = act(day, PumpActionKind.PAUSE, 10)
    entry_back(day, pause, 10.5)
    day.infusion.refresh_from_db()
    state = day.infusion.state
    later = act(day, PumpActionKind.CHANGE_RATE, 12, "60")

    assert state == InfusionState.RUNNING
    assert (pause.sequence, later.sequence) == (2, 3)


def test_a_start_a_stop_and_what_is_not_the_last_stand(day: Day) -> None:
    start = queries.actions_of(day.infusion)[0]
    first = act(day, PumpActionKind.CHANGE_RATE, 10, "60")
    act(day, PumpActionKind.CHANGE_RATE, 12, "50")

    assert entry_back(day, start, 13).decision.codes == ("PUMP_ENTRY_STANDS",)
    assert entry_back(day, first, 13).decision.codes == ("PUMP_ENTRY_NOT_LAST",)


# ---- a column of scores alone


def test_a_column_of_scores_alone_is_undone_and_shown_struck_through(day: Day) -> None:
    client = Client(headers={"HX-Request": "true"})
    client.force_login(day.clinician)
    key = uuid.uuid4()
    undo = reverse("treatment:infusion-undo-entry", args=[day.id, key])
    with clock.fixed(day.minute(9)):
        charted = client.post(
            reverse("treatment:infusion-observe", args=[day.id]), {"key": key, "moaas": "2"}
        )
        assert undo in charted.content.decode()
        undone = client.post(undo)
        again = client.post(undo)
        panel = client.get(reverse("treatment:infusion-panel", args=[day.id, "grid"]))

    assert (undone.status_code, again.status_code) == (200, 200)
    assert Assessment.objects.filter(session=day.session, key=uuid.uuid5(key, "moaas")).exists()
    [line] = [one for one in grid(day.session, at=day.minute(9)).lines if one.line.field == "moaas"]
    assert (line.cells[-1][1].text, line.cells[-1][1].struck) == ("", "2")
    assert 'class="cell-struck"' in panel.content.decode()
    found = record.record_content(day.session, signed_by=day.prescriber, at=day.minute(10))
    assert [row["taken_back"]["reason"] for row in found["assessments"] if row["taken_back"]] == [
        "entered in error"
    ]


# ---- what the database refuses


def test_a_mistake_is_about_one_entry_and_is_never_rewritten(day: Day) -> None:
    given = give(day, "ondansetron", 4, 10)
    back(day, given, 12, second=None)
    row = ChartMistake.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        ChartMistake.objects.create(
            session=day.session, reason="x", by=day.clinician, at=day.minute(1), key=uuid.uuid4()
        )
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        ChartMistake.objects.filter(pk=row.pk).update(reason="another")


def test_no_mistake_is_without_a_reason(day: Day) -> None:
    given = give(day, "ondansetron", 4, 10)
    take_vitals(day, at=day.minute(10))
    scored = Assessment.objects.filter(session=day.session).latest("pk")
    unsaid: dict[str, Any] = {
        "session": day.session,
        "reason": "",
        "by": day.clinician,
        "at": day.minute(12),
    }

    with (
        pytest.raises(IntegrityError, match="an_entry_is_taken_back_with_a_reason"),
        transaction.atomic(),
    ):
        ChartMistake.objects.create(medicine=given, key=uuid.uuid4(), **unsaid)
    with (
        pytest.raises(IntegrityError, match="an_assessment_is_taken_back_with_a_reason"),
        transaction.atomic(),
    ):
        AssessmentMistake.objects.create(assessment=scored, **unsaid)


# ---- the words of an entry


def test_a_note_opens_in_all_its_words_in_the_room_and_stands_in_the_playback(day: Day) -> None:
    words = "Call the husband first, he is in the car park; " * 3 + "555-0142 and then the sister."
    client = Client(headers={"HX-Request": "true"})
    client.force_login(day.clinician)
    with clock.fixed(day.minute(5)):
        client.post(
            reverse("treatment:infusion-note", args=[day.id]), {"key": uuid.uuid4(), "text": words}
        )
        number = next(one.number for one in events.entries(day.session) if one.kind == "note")
        strip = client.get(reverse("treatment:infusion-panel", args=[day.id, "events"]))
        opened = client.get(reverse("treatment:infusion-entry", args=[day.id, number]))
        none = client.get(reverse("treatment:infusion-entry", args=[day.id, 99]))

    assert words in strip.content.decode()
    assert words in opened.content.decode()
    assert none.status_code == 404


@pytest.mark.parametrize(
    ("seconds", "both", "looks_late"), [(55, False, False), (75, True, False), (130, True, True)]
)
def test_two_times_are_shown_from_one_minute_and_two_minutes_look_late(
    day: Day, seconds: int, both: bool, looks_late: bool
) -> None:
    charting.record_event(
        session=day.id,
        kind=EventKind.NOTE,
        text="late",
        by=day.clinician,
        at=day.minute(5) + timedelta(seconds=seconds),
        happened_at=day.minute(5),
        key=uuid.uuid4(),
    )
    take_vitals(day, at=day.minute(8))

    [entry] = [one for one in events.entries(day.session) if one.kind == "note"]

    assert (entry.late is not None, entry.is_late) == (both, looks_late)
