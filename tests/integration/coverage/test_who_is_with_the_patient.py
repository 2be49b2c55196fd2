"""Who is with the patient, by the real services: start, take-over, break, leaving, stop."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring import services as monitoring
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.services.escalation import pass_on_unanswered, unanswered
from afterglow.apps.treatment import coverages
from afterglow.apps.treatment.facts.coverage import candidates
from afterglow.apps.treatment.models import Coverage, SessionEvent
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import coverage, infusions
from afterglow.core.roles import Role
from afterglow.core.treatment.coverage import CoverageBegan, CoveragePhase
from afterglow.core.treatment.endings import InfusionEnding
from factories import staff
from support.infusion_day import (
    Day,
    discharged,
    infusing,
    on_shift,
    recovered,
    recovering,
    taken_over,
)

pytestmark = pytest.mark.django_db

TEN = dt.timedelta(minutes=10)


def timeline(day: Day) -> list[tuple[str, str, str, float, float | None]]:
    """Return the stretches as phase, clinician, beginning, from and to in minutes."""

    def minutes(at: dt.datetime | None) -> float | None:
        return None if at is None else round((at - day.started) / dt.timedelta(minutes=1), 2)

    return [
        (
            str(row.phase),
            row.clinician.username,
            str(row.began),
            minutes(row.during.lower) or 0,
            minutes(row.during.upper),
        )
        for row in coverages.coverage_of(day.session)
    ]


def alarms(day: Day, minute: float) -> set[str]:
    monitoring.refresh_alarms(session=day.id, at=day.minute(minute))
    rows = Alarm.objects.filter(session=day.session, ended_at=None, condition_gone_at=None)
    return set(rows.values_list("condition", flat=True)) & {"NOBODY_WITH_PATIENT", "BREAK_OVERRUN"}


def stop(day: Day, minute: float, happened: float | None = None) -> Any:
    return infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.COMPLETED,
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
        happened_at=None if happened is None else day.minute(happened),
    )


def leave(day: Day, minute: float, *, by: Account | None = None, reason: str = "Fire bell") -> Any:
    return coverage.leave_alone(
        session=day.id,
        reason=reason,
        by=by or day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
    )


def test_the_start_begins_it_the_stop_hands_it_to_recovery_and_going_home_ends_it() -> None:
    day = recovered()
    who = day.clinician.username
    assert timeline(day) == [
        ("infusing", who, "start", 0, 40.5),
        ("recovery", who, "pump_stopped", 40.5, None),
    ]
    proof = coverages.proof_of(day.session, at=day.minute(90))
    assert proof is not None
    assert proof.is_whole


def test_whoever_takes_over_signs_in_and_the_patient_is_theirs() -> None:
    day = infusing()

    outcome = taken_over(day, to=day.second, at=day.minute(10))

    assert isinstance(outcome, Done)
    assert timeline(day) == [
        ("infusing", day.clinician.username, "start", 0, 10),
        ("infusing", day.second.username, "take_over", 10, None),
    ]
    day.infusion.refresh_from_db()
    assert (day.infusion.clinician, day.refreshed().clinician) == (day.second, day.second)
    assert outcome.row.countersignature is not None
    assert outcome.row.countersignature.beside == day.clinician
    event = SessionEvent.objects.get(session=day.session, kind="hand_over")
    assert event.data["how"] == "take_over"


def test_the_same_press_twice_takes_over_once() -> None:
    day = infusing()
    key = uuid.uuid4()

    first = taken_over(day, to=day.second, at=day.minute(10), key=key)
    again = taken_over(day, to=day.second, at=day.minute(10), key=key)

    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert (again.row, again.repeated) == (first.row, True)


def test_a_wrong_pin_takes_nobody_over_and_is_on_record() -> None:
    day = infusing()

    outcome = taken_over(day, to=day.second, at=day.minute(10), secret="000000")

    assert isinstance(outcome, Refused)
    assert outcome.decision.codes == ("PIN_WRONG",)
    assert day.session.refusals.get(attempted="take-over").reasons
    assert len(timeline(day)) == 1


def test_at_their_own_tablet_the_taker_still_signs() -> None:
    day = infusing()

    wrong = taken_over(day, to=day.second, by=day.second, at=day.minute(9), secret="000000")
    right = taken_over(day, to=day.second, by=day.second, at=day.minute(10))

    assert isinstance(wrong, Refused)
    assert isinstance(right, Done)
    assert right.row.countersignature is None


def test_a_break_is_covered_for_a_while_and_the_alarm_says_when_it_is_over() -> None:
    day = infusing()

    cover = taken_over(day, to=day.second, at=day.minute(10), break_for=TEN)
    during, after = alarms(day, 19), alarms(day, 20.1)
    back = taken_over(day, to=day.clinician, by=day.second, at=day.minute(21))

    assert isinstance(cover, Done)
    assert (cover.row.covers_for, cover.row.back_by) == (day.clinician, day.minute(20))
    assert (during, after) == (set(), {"BREAK_OVERRUN"})
    assert isinstance(back, Done)
    assert back.row.began == CoverageBegan.BACK_FROM_BREAK
    assert alarms(day, 22) == set()


def test_a_break_longer_than_the_protocol_allows_is_refused() -> None:
    day = infusing()

    outcome = taken_over(day, to=day.second, at=day.minute(10), break_for=dt.timedelta(minutes=16))

    assert isinstance(outcome, Refused)
    assert outcome.decision.codes == ("BREAK_TOO_LONG",)


def test_who_must_leave_is_written_down_and_an_alarm_begins_at_once() -> None:
    day = infusing()

    left = leave(day, 10)

    assert isinstance(left, Done)
    found = Alarm.objects.get(session=day.session, condition="NOBODY_WITH_PATIENT", ended_at=None)
    assert (str(found.priority), str(found.kind)) == ("high", "technical")
    came = taken_over(day, to=day.second, at=day.minute(12))
    assert isinstance(came, Done)
    assert came.row.began == CoverageBegan.CAME_TO_UNCOVERED
    assert alarms(day, 13) == set()
    proof = coverages.proof_of(day.session, at=day.minute(20))
    assert proof is not None
    assert [(g.begins, g.ends) for g in proof.gaps] == [(day.minute(10), day.minute(12))]


def test_only_who_is_there_can_say_that_they_left_and_why() -> None:
    day = infusing()

    assert leave(day, 10, by=day.second).decision.codes == ("LEFT_BY_ANOTHER",)
    assert leave(day, 10, reason=" ").decision.codes == ("LEFT_WITHOUT_REASON",)
    assert alarms(day, 11) == set()


def test_a_closed_account_is_nobody() -> None:
    day = infusing()
    Account.objects.filter(pk=day.clinician.pk).update(is_active=False)

    assert alarms(day, 5) == {"NOBODY_WITH_PATIENT"}


def test_a_stop_charted_late_ends_the_one_to_one_when_the_pump_stopped() -> None:
    day = infusing()

    stop(day, 42, happened=40)

    assert [row[3:] for row in timeline(day)] == [(0, 40), (40, None)]


def test_a_stop_charted_after_a_take_over_lets_both_stretches_stand() -> None:
    day = infusing()
    taken_over(day, to=day.second, at=day.minute(41))

    stop(day, 42, happened=40)

    assert [(row[1], *row[3:]) for row in timeline(day)] == [
        (day.clinician.username, 0, 41),
        (day.second.username, 41, 42),
        (day.second.username, 42, None),
    ]


def test_a_stop_while_nobody_is_there_names_nobody_for_the_recovery() -> None:
    day = infusing()
    leave(day, 30)

    outcome = stop(day, 40)

    assert isinstance(outcome, Done)
    assert outcome.decision.codes == ("RECOVERY_NOT_WATCHED",)
    assert len(timeline(day)) == 1


def lone(day: Day) -> Alarm:
    return Alarm.objects.get(session=day.session, condition="NOBODY_WITH_PATIENT")


def test_a_stop_while_nobody_is_there_leaves_the_alarm_as_loud_as_it_was() -> None:
    day = infusing()
    leave(day, 30)

    stop(day, 40)

    row = lone(day)
    assert (row.ended_at, row.condition_gone_at, row.since) == (None, None, day.minute(30))
    assert row in unanswered()
    assert isinstance(taken_over(day, to=day.second, at=day.minute(42)), Done)
    assert lone(day).condition_gone_at == day.minute(42)
    assert lone(day) not in unanswered()


def test_who_leaves_a_patient_in_recovery_raises_the_alarm_that_is_passed_on() -> None:
    day = recovering()
    assert alarms(day, 50) == set()

    leave(day, 60)

    assert alarms(day, 60) == {"NOBODY_WITH_PATIENT"}
    assert str(lone(day).priority) == "high"
    pass_on_unanswered(at=day.minute(60.5))
    assert lone(day).told_site_at == day.minute(60.5)
    assert isinstance(taken_over(day, to=day.second, at=day.minute(61)), Done)
    assert alarms(day, 61) == set()


def test_who_is_called_back_is_watched_again() -> None:
    day = recovered()
    row = coverage.close_stretch(day.session, by=day.clinician, at=day.minute(90))
    assert row is not None

    coverage.begin_recovery(
        day.session, began=CoverageBegan.CALLED_BACK, by=day.clinician, at=day.minute(95)
    )

    assert timeline(day)[-1][2:] == ("called_back", 95, None)


def test_nobody_takes_a_second_running_infusion_and_the_page_says_who_could() -> None:
    here = infusing()
    busy = infusing(site=here.site)
    on_shift(staff(Role.MONITOR, site=here.site), here.site)

    outcome = taken_over(here, to=busy.clinician, at=here.minute(5))
    people = candidates(here.session, at=here.minute(5))

    assert isinstance(outcome, Refused)
    assert outcome.decision.codes == ("CLINICIAN_HAS_RUNNING_INFUSION",)
    free = {c.facts.who for c in people if c.is_free}
    assert str(here.second.public_id) in free
    assert str(busy.clinician.public_id) not in free
    assert str(here.clinician.public_id) not in {c.facts.who for c in people}


def test_who_saw_an_older_page_reads_who_has_the_patient_now() -> None:
    day = infusing()
    saw = coverages.open_coverage(day.session)
    assert saw is not None
    third = on_shift(staff(Role.MONITOR, site=day.site), day.site)
    taken_over(day, to=day.second, at=day.minute(10))

    outcome = taken_over(day, to=third, at=day.minute(10.1), seen=saw.public_id)

    assert isinstance(outcome, Refused)
    assert outcome.decision.codes == ("COVERAGE_CHANGED",)
    assert outcome.decision.reasons[0].seen == day.second.get_short_name()


@pytest.mark.django_db(transaction=True)
def test_two_take_one_patient_at_once_and_exactly_one_has_them() -> None:
    day = infusing()
    third = on_shift(staff(Role.MONITOR, site=day.site), day.site)
    saw = coverages.open_coverage(day.session)
    assert saw is not None
    outcomes: dict[str, Any] = {}
    ready = threading.Barrier(2)

    def take(who: Account) -> None:
        ready.wait(10)
        outcomes[who.username] = taken_over(
            day, to=who, by=who, at=day.minute(10), seen=saw.public_id
        )
        connection.close()

    threads = [threading.Thread(target=take, args=(who,)) for who in (day.second, third)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)

    done = [name for name, outcome in outcomes.items() if isinstance(outcome, Done)]
    lost = [o for o in outcomes.values() if isinstance(o, Refused)]
    assert (len(done), len(lost)) == (1, 1)
    assert lost[0].decision.codes == ("COVERAGE_CHANGED",)
    assert timeline(day)[-1][1] == done[0]
    assert len(timeline(day)) == 2


@pytest.mark.django_db(transaction=True)
def test_one_person_takes_two_patients_at_once_and_has_exactly_one() -> None:
    one, two = infusing(), infusing()
    taker = staff(Role.MONITOR)
    seen = {}
    for day in (one, two):
        now = coverages.open_coverage(day.session)
        assert now is not None
        seen[day.id] = now.public_id
    outcomes: list[Any] = []
    ready = threading.Barrier(2)

    def take(day: Day) -> None:
        ready.wait(10)
        outcomes.append(
            taken_over(day, to=taker, by=day.clinician, at=day.minute(10), seen=seen[day.id])
        )
        connection.close()

    threads = [threading.Thread(target=take, args=(day,)) for day in (one, two)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)

    lost = [o for o in outcomes if isinstance(o, Refused)]
    assert len(outcomes) == 2
    assert [o.decision.codes[0] for o in lost] == ["CLINICIAN_HAS_RUNNING_INFUSION"]
    mine = Coverage.objects.filter(clinician=taker, during__upper_inf=True)
    assert mine.count() == 1


# ---- what the database refuses


def insert(day: Day, **changed: Any) -> Coverage:
    values: dict[str, Any] = {
        "session": day.session,
        "clinician": day.second,
        "phase": CoveragePhase.INFUSING,
        "during": DateTimeTZRange(day.minute(50), day.minute(60)),
        "began": CoverageBegan.TAKE_OVER,
        "opened_by": day.second,
        "key": uuid.uuid4(),
    }
    return Coverage.objects.create(**values | changed)


def refused_by(day: Day, **changed: Any) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        insert(day, **changed)
    return str(caught.value)


def test_the_database_refuses_two_clinicians_with_one_patient() -> None:
    day = infusing()
    said = refused_by(day, during=DateTimeTZRange(day.minute(5), day.minute(6)))
    assert "one_clinician_is_with_a_patient_at_a_time" in said


def test_the_database_refuses_one_clinician_with_two_running_infusions() -> None:
    one, two = infusing(), infusing()
    coverage.close_stretch(two.session, by=two.clinician, at=two.minute(5))
    said = refused_by(
        two, clinician=one.clinician, during=DateTimeTZRange(two.minute(6), two.minute(7))
    )
    assert "nobody_is_with_two_running_infusions" in said


def test_the_database_lets_one_clinician_share_recoveries() -> None:
    one, two = recovering(), recovering()
    coverage.close_stretch(two.session, by=two.clinician, at=two.minute(50))
    insert(
        two,
        clinician=one.clinician,
        phase=CoveragePhase.RECOVERY,
        during=DateTimeTZRange(two.minute(51), None),
    )


def test_a_fourth_patient_in_recovery_with_one_clinician_alarms_and_is_passed_on() -> None:
    days = [recovering() for _ in range(4)]
    keeper = days[0].clinician

    def alarms(day: Day) -> list[Alarm]:
        monitoring.refresh_alarms(session=day.id, at=day.minute(52))
        return list(day.session.alarms.filter(condition="RECOVERY_RATIO_EXCEEDED", ended_at=None))

    for day in days[1:]:
        assert alarms(days[0]) == []
        coverage.close_stretch(day.session, by=day.clinician, at=day.minute(50))
        insert(
            day,
            clinician=keeper,
            phase=CoveragePhase.RECOVERY,
            during=DateTimeTZRange(day.minute(51), None),
        )

    [row] = alarms(days[0])
    assert (row.seen, row.limit, str(row.priority)) == ("4", "3", "medium")
    assert row.sentence == ("One clinician watches 4 patients in recovery; the protocol allows 3.")
    assert len(alarms(days[3])) == 1
    assert row in unanswered()

    coverage.close_stretch(days[3].session, by=keeper, at=days[3].minute(52))
    assert alarms(days[0]) == []


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"phase": "asleep"}, "coverage_phase_is_known"),
        ({"began": "magic"}, "coverage_beginning_is_known"),
        ({"during": "empty"}, "a_stretch_of_coverage_begins_and_lasts"),
        ({"back_by": "later"}, "a_cover_says_whose_break_and_until_when"),
        ({"began": "break_cover", "covers_for": "self", "back_by": "later"}, "own_break"),
    ],
)
def test_the_database_refuses_what_is_no_stretch(changed: dict[str, Any], name: str) -> None:
    day = infusing()
    coverage.close_stretch(day.session, by=day.clinician, at=day.minute(5))
    if changed.get("during") == "empty":
        changed = {"during": DateTimeTZRange(empty=True)}
    if "back_by" in changed:
        changed = {**changed, "back_by": day.minute(70)}
    if "covers_for" in changed:
        changed = {**changed, "covers_for": day.second}
    assert name in refused_by(day, **changed)


def test_a_stretch_is_closed_once_and_never_rewritten() -> None:
    day = infusing()
    taken_over(day, to=day.second, at=day.minute(10))
    closed, opened = Coverage.objects.filter(session=day.session).order_by("during")
    later = DateTimeTZRange(closed.during.lower, day.minute(11))
    for row, changed in (
        (closed, {"during": later}),
        (closed, {"clinician": day.prescriber}),
        (opened, {"clinician": day.prescriber}),
        (opened, {"phase": "recovery"}),
        (opened, {"during": DateTimeTZRange(day.minute(9), day.minute(12))}),
    ):
        with pytest.raises(IntegrityError, match="closed once"), transaction.atomic():
            Coverage.objects.filter(pk=row.pk).update(**changed)
    with pytest.raises(IntegrityError, match="closed once"), transaction.atomic():
        opened.delete()


def test_going_home_ends_the_recovery() -> None:
    day = discharged()

    assert coverages.open_coverage(day.session) is None
    assert timeline(day)[-1][4] is not None


def test_an_upgrade_says_who_is_with_the_patients_of_that_moment() -> None:
    running, resting = infusing(), recovering()
    with connection.cursor() as cursor:  # as before the table was there
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE treatment_coverage CASCADE")
    migration = import_module("afterglow.apps.treatment.migrations.0010_who_is_with_the_patient")

    migration.say_who_is_there(apps, None)

    assert timeline(running) == [("infusing", running.clinician.username, "start", 0, None)]
    assert timeline(resting)[0][:3] == ("recovery", resting.clinician.username, "pump_stopped")
