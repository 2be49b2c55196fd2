"""Paper: the sheet says what was charted, and what stands on it comes back at its own times."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.monitoring.models import Alarm, VitalSign
from afterglow.apps.treatment import coverages, downtime, record
from afterglow.apps.treatment.downtime import sheets
from afterglow.apps.treatment.emergencies import emergency_of
from afterglow.apps.treatment.models import (
    Infusion,
    MedicineGiven,
    PumpAction,
    Refusal,
    SessionEvent,
)
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.reports.certificate import certificate
from afterglow.apps.treatment.services import charting, lines
from afterglow.apps.treatment.services import from_paper as paper
from afterglow.apps.treatment.services.infusions import act_on_pump
from afterglow.apps.treatment.shown import events
from afterglow.apps.treatment.shown.grid import grid
from afterglow.apps.work.kinds import REVIEW_OVERRIDE
from afterglow.apps.work.models import Task
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.quantities import Rate
from afterglow.core.roles import Role
from afterglow.db.models import StaleRow
from afterglow.web import clock
from afterglow.web.sentences import sentence_of
from factories import AppointmentFactory, CourseFactory, staff
from support.infusion_day import Day, checked_in, infusing, ready, signed

pytestmark = pytest.mark.django_db

KEY = uuid.UUID(int=7)


@pytest.fixture
def day() -> Day:
    return infusing()


def copied(day: Day, *written: lines.LateLine, minute: float = 30, **given: Any) -> Any:
    given.setdefault("seen_sequence", 1)
    given.setdefault("key", KEY)
    return paper.copy_from_paper(
        session=day.id,
        lines=written,
        kept_by=day.second,
        by=day.clinician,
        at=day.minute(minute),
        **given,
    )


def readings(day: Day, minute: float, systolic: int) -> lines.ReadingsLine:
    values = {
        VitalSignCode.SYSTOLIC: Decimal(systolic),
        VitalSignCode.DIASTOLIC: Decimal(80),
        VitalSignCode.SPO2: Decimal(97),
    }
    return lines.ReadingsLine(at=day.minute(minute), readings=values)


# -- the sheet ----------------------------------------------------------------------------------


def test_the_sheet_says_who_the_dose_the_limits_and_what_was_charted(day: Day) -> None:
    sheet = sheets.session_sheet(day.refreshed(), at=day.minute(12))

    said = dict(sheet["who"]) | dict(sheet["plan"])
    assert said["MRN"] == day.session.patient.mrn
    assert said["Drawn"].startswith("35")
    assert ["HR", "above 120; below 50", "above 130; below 45"] in sheet["limits"]
    assert [column[1] for column in sheet["carried"]] == ["124/78", "124/78"]
    assert "Started" in sheet["told"][0][1]


def test_a_sheet_of_somebody_at_the_door_counts_minutes_and_not_the_clock() -> None:
    day = checked_in()

    sheet = sheets.session_sheet(day.session, at=day.arrived)

    assert sheet["columns"][:4] == ["base 1", "base 2", "start", "+10"]
    assert any("identifiers" in words for words in sheet["door"])


def test_every_patient_of_today_has_two_pages_and_an_empty_sheet_is_last(day: Day) -> None:
    course = CourseFactory.create(site=day.site)
    AppointmentFactory.create(course=course)

    content = downtime.print_sheets(day.site, by=day.clinician, at=day.minute(12))

    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") + content.count(b"/Type/Page/") == 6
    printed = AuditEntry.objects.filter(action="downtime-sheet-printed")
    assert printed.filter(patient=day.session.patient.public_id).count() == 1
    assert printed.count() == 2


def test_a_signed_day_is_not_printed_again() -> None:
    day = signed()

    assert downtime.sessions_today(day.site, at=day.minute(200)) == []


# -- copied back --------------------------------------------------------------------------------


def test_what_stands_on_paper_is_charted_at_its_own_times_and_says_whose_paper(day: Day) -> None:
    outcome = copied(
        day,
        readings(day, 20, 131),
        lines.PumpLine(
            at=day.minute(12), kind=PumpActionKind.CHANGE_RATE, rate=Rate.ml_per_h("50")
        ),
        lines.NoteLine(at=day.minute(14), kind=EventKind.SYMPTOM, text="", label="Nausea"),
        readings(day, 10, 128),
        sheet="AC7DEF",
    )

    assert isinstance(outcome, Done)
    by_hand = VitalSign.objects.filter(session=day.session, code="systolic", source="hand")
    taken = dict(by_hand.values_list("taken_at", "value"))
    assert taken[day.minute(10)] == 128
    assert taken[day.minute(20)] == 131
    assert by_hand.get(taken_at=day.minute(10)).arrived_at == day.minute(30)
    change = PumpAction.objects.get(infusion=day.infusion, sequence=2)
    assert (change.at, change.recorded_at) == (day.minute(12), day.minute(30))
    event = SessionEvent.objects.get(session=day.session, kind=EventKind.DOWNTIME_ENTRY)
    assert event.data["kept_by"] == str(day.second.public_id)
    assert event.text == "2 sets of readings, 1 pump entry, 1 note"


def test_who_copied_which_paper_is_never_taken_back_and_no_page_offers_it(day: Day) -> None:
    copied(day, readings(day, 10, 128))
    event = SessionEvent.objects.get(session=day.session, kind=EventKind.DOWNTIME_ENTRY)

    undone = charting.withdraw_event(
        session=day.id,
        event=event.public_id,
        reason="Wrong",
        by=day.clinician,
        at=day.minute(31),
        key=uuid.uuid4(),
    )

    assert isinstance(undone, Refused)
    assert undone.decision.codes == ("EVENT_CANNOT_BE_WITHDRAWN",)
    [entry] = [e for e in events.entries(day.session) if e.event == str(event.public_id)]
    assert not entry.can_withdraw
    assert {EventKind.DOWNTIME_ENTRY, EventKind.SOUND_TEST, EventKind.LEFT_ALONE} <= set(
        charting.STANDS
    )


def test_a_symptom_from_paper_raises_its_alarm_and_makes_a_pressure_symptomatic(
    client: Client, day: Day
) -> None:
    status, _html = typed(
        client,
        day,
        30,
        n0_when=at_clock(day, 14),
        n0_what="symptom:CHEST_PAIN",
        n0_text="Pressing, to the left arm",
    )

    assert status == 200
    event = SessionEvent.objects.get(session=day.session, kind=EventKind.SYMPTOM)
    assert (event.data, event.label) == ({"code": "CHEST_PAIN"}, "Chest pain")
    assert Alarm.objects.filter(session=day.session, condition="SYMPTOM_CHEST_PAIN").exists()
    unknown = copied(
        day,
        lines.NoteLine(at=day.minute(15), kind=EventKind.SYMPTOM, text="", code="GROWING_PAINS"),
        key=uuid.uuid4(),
    )
    assert unknown.decision.codes == ("SYMPTOM_UNKNOWN",)


def test_one_wrong_line_keeps_every_line_out_and_is_named(day: Day) -> None:
    before = VitalSign.objects.count()

    outcome = copied(
        day,
        readings(day, 10, 128),
        lines.PumpLine(
            at=day.minute(12), kind=PumpActionKind.CHANGE_RATE, rate=Rate.ml_per_h("525")
        ),
    )

    assert isinstance(outcome, paper.RefusedAt)
    assert (outcome.line, outcome.decision.codes) == (1, ("RATE_ABOVE_HARD_LIMIT",))
    assert VitalSign.objects.count() == before
    assert PumpAction.objects.filter(infusion=day.infusion).count() == 1
    assert Refusal.objects.filter(session=day.session, attempted="copy-from-paper").exists()


def test_the_same_sheet_twice_is_charted_once(day: Day) -> None:
    copied(day, readings(day, 10, 128))
    again = copied(day, readings(day, 10, 128))

    assert again.repeated
    assert VitalSign.objects.filter(taken_at=day.minute(10), code="systolic").count() == 1


def test_a_rate_charted_on_another_screen_meanwhile_is_not_written_over(day: Day) -> None:
    act_on_pump(
        session=day.id,
        kind=PumpActionKind.PAUSE,
        by=day.clinician,
        at=day.minute(28),
        key=uuid.uuid4(),
        seen_sequence=1,
    )

    with pytest.raises(StaleRow):
        copied(
            day,
            readings(day, 10, 128),
            lines.PumpLine(
                at=day.minute(12), kind=PumpActionKind.CHANGE_RATE, rate=Rate.ml_per_h("50")
            ),
        )
    assert not VitalSign.objects.filter(taken_at=day.minute(10)).exists()


def test_a_stop_on_paper_ends_the_infusion_at_its_paper_time(day: Day) -> None:
    copied(day, lines.PumpLine(at=day.minute(40), kind=PumpActionKind.STOP), minute=70)

    day.infusion.refresh_from_db()
    assert (day.infusion.ended_at, day.infusion.ending) == (day.minute(40), "completed")


def test_a_stop_before_the_last_pump_entry_is_refused_and_not_moved(day: Day) -> None:
    early = day.started - dt.timedelta(minutes=2)

    outcome = copied(day, lines.PumpLine(at=early, kind=PumpActionKind.STOP))

    assert outcome.decision.codes == ("PAPER_STOP_OUT_OF_ORDER",)
    (why,) = outcome.decision.blockers
    zone = day.session.site.zone
    assert why.seen == f"{early.astimezone(zone):%H:%M:%S}"
    assert why.limit == f"{day.started.astimezone(zone):%H:%M:%S}"
    assert (
        sentence_of(why)
        == f"The stop at {why.seen} is not after the last pump entry at {why.limit}."
    )
    with translation.override("es"):
        assert why.seen in sentence_of(why)
        assert why.limit in sentence_of(why)
    day.infusion.refresh_from_db()
    assert day.infusion.ended_at is None


def test_an_empty_sheet_is_refused(day: Day) -> None:
    assert copied(day).decision.codes == ("NOTHING_ON_PAPER",)


# -- the pages ----------------------------------------------------------------------------------


def typed(client: Client, day: Day, minute: float, **fields: str) -> tuple[int, str]:
    client.force_login(day.clinician)
    data = {"key": str(KEY), "kept_by": str(day.clinician.public_id), "seen_sequence": "1"}
    data |= {name.replace("_", "-", 1): value for name, value in fields.items()}
    with clock.fixed(day.minute(minute)):
        answer = client.post(f"/sessions/{day.id}/from-paper/", data, follow=True)
    return answer.status_code, answer.content.decode()


def at_clock(day: Day, minute: float) -> str:
    return day.minute(minute).astimezone(day.site.zone).strftime("%H:%M")


def test_the_page_takes_a_sheet_line_by_line(client: Client, day: Day) -> None:
    status, html = typed(
        client,
        day,
        30,
        r0_when=at_clock(day, 10),
        r0_pressure="133/84",
        r0_moaas="4",
        n0_what="note",
        n0_when=at_clock(day, 11),
        n0_text="Asked for the light off.",
    )

    assert status == 200
    assert "Copied from paper" in html
    assert VitalSign.objects.filter(taken_at=day.minute(10), code="systolic", value=133).exists()
    assert SessionEvent.objects.filter(text="Asked for the light off.").exists()


def test_a_line_without_its_time_is_said_at_the_line_and_nothing_is_lost(
    client: Client, day: Day
) -> None:
    status, html = typed(
        client, day, 30, r0_pressure="133/84", r1_when="25:10", r1_spo2="96", m0_dose="4"
    )

    assert status == 422
    assert "Write the time that stands on the paper." in html
    assert "25:10" in html
    assert 'value="133/84"' in html
    assert not VitalSign.objects.filter(value=133).exists()
    assert not MedicineGiven.objects.exists()


def test_a_refused_line_carries_its_reason_on_the_page(client: Client, day: Day) -> None:
    status, html = typed(
        client, day, 30, p0_when=at_clock(day, 12), p0_what="change_rate", p0_rate="525"
    )

    assert status == 409
    assert "faster than" in html
    assert 'value="525"' in html


def test_only_who_may_chart_prints_or_copies(client: Client, day: Day) -> None:
    desk = staff(Role.FRONT_DESK, site=day.site)
    client.force_login(desk)

    with clock.fixed(day.minute(5)):
        answers = [
            client.get("/downtime/").status_code,
            client.post("/downtime/sheets.pdf").status_code,
            client.post(f"/sessions/{day.id}/paper.pdf").status_code,
            client.get(f"/sessions/{day.id}/from-paper/").status_code,
        ]

    assert answers == [403, 403, 403, 403]


def test_the_page_of_the_day_lists_who_is_here_and_gives_the_file(client: Client, day: Day) -> None:
    client.force_login(day.clinician)

    with clock.fixed(day.minute(5)):
        html = client.get("/downtime/").content.decode()
        file = client.post("/downtime/sheets.pdf")

    assert day.session.patient.full_name in html
    assert file["Content-Type"] == "application/pdf"
    assert file.content.startswith(b"%PDF")


# -- what the record lost, and who was there ----------------------------------------------------


def test_a_start_that_the_record_lost_is_copied_with_its_time_and_the_director_looks_at_it() -> (
    None
):
    day = ready()

    outcome = copied(
        day,
        lines.PumpLine(at=day.minute(0), kind=PumpActionKind.START),
        lines.PumpLine(
            at=day.minute(12), kind=PumpActionKind.CHANGE_RATE, rate=Rate.ml_per_h("50")
        ),
        readings(day, 10, 128),
        seen_sequence=0,
    )

    assert isinstance(outcome, Done), outcome
    infusion = Infusion.objects.get(session=day.session)
    assert infusion.started_at == day.minute(0)
    start = infusion.actions.get(sequence=1)
    assert (start.at, start.recorded_at) == (day.minute(0), day.minute(30))
    assert start.reason.startswith("From paper; judged afterwards:")
    [stretch] = coverages.coverage_of(day.session)
    assert (stretch.began, stretch.during.lower) == ("from_paper", day.minute(0))
    assert Task.objects.filter(kind=REVIEW_OVERRIDE, subject=day.id).exists()
    shown = {entry.kind: entry.paper for entry in events.entries(day.refreshed())}
    assert shown["pump"] == day.second.full_name


@pytest.mark.parametrize(
    ("rate", "code"),
    [
        ("0", "RATE_NOT_POSITIVE"),
        ("525", "RATE_ABOVE_HARD_LIMIT"),
        ("999999.99", "RATE_IMPOSSIBLE"),
    ],
)
def test_the_rate_of_a_start_from_paper_is_judged_as_one_at_the_screen(
    rate: str, code: str
) -> None:
    day = ready()

    outcome = copied(
        day,
        lines.PumpLine(
            at=day.minute(0), kind=PumpActionKind.START, rate=Rate.ml_per_h(Decimal(rate))
        ),
        seen_sequence=0,
    )

    assert isinstance(outcome, paper.RefusedAt)
    assert outcome.decision.codes == (code,)
    assert (outcome.decision.blockers[0].seen, bool(outcome.decision.blockers[0].limit)) == (
        str(Rate.ml_per_h(Decimal(rate))),
        True,
    )
    assert not Infusion.objects.filter(session=day.session).exists()


@pytest.mark.parametrize("what", ["start", "change_rate", "resume"])
def test_a_rate_that_the_record_has_no_room_for_is_said_at_its_field(
    client: Client, what: str
) -> None:
    day = ready() if what == "start" else infusing()

    status, html = typed(
        client, day, 30, p0_when=at_clock(day, 12), p0_what=what, p0_rate="1000000"
    )

    assert status == 422
    said = html.replace("\N{NO-BREAK SPACE}", " ")
    assert "1000000 mL/h is above the highest value that can be entered, 999999.99 mL/h." in said


def test_all_that_stood_against_a_start_from_paper_is_in_the_record() -> None:
    day = ready()
    why = "The server came back as it was before the start; the paper was kept by hand. " * 3

    copied(
        day,
        lines.PumpLine(at=day.minute(90), kind=PumpActionKind.START, reason=why.strip()),
        seen_sequence=0,
        minute=100,
    )

    start = PumpAction.objects.get(infusion__session=day.session, sequence=1)
    [audited] = AuditEntry.objects.filter(action="infusion-started", detail__from_paper=True)
    assert audited.detail["against"]
    assert len(start.reason) > 200
    assert start.reason.startswith(why.strip())
    for code in audited.detail["against"]:
        assert code in start.reason


def test_a_start_is_not_copied_where_one_is_charted_or_nothing_is_prepared(day: Day) -> None:
    again = copied(day, lines.PumpLine(at=day.minute(1), kind=PumpActionKind.START))
    early = checked_in()
    unready = copied(early, lines.PumpLine(at=early.minute(0), kind=PumpActionKind.START))

    assert again.decision.codes == ("PAPER_START_NOT_READY",)
    assert "PAPER_START_NOT_READY" in unready.decision.codes
    assert "PAPER_START_INCOMPLETE" in unready.decision.codes


def test_a_hand_over_on_paper_is_in_the_certificate_and_says_that_nobody_signed(day: Day) -> None:
    outcome = copied(day, lines.CoverageLine(at=day.minute(15), to=day.second.public_id))

    assert isinstance(outcome, Done), outcome
    found = certificate(day.refreshed(), at=day.minute(30))
    assert found is not None
    assert [row["began"] for row in found["stretches"]] == ["start", "from_paper"]
    assert found["whole"] is True
    # Twenty minutes from the start; the paper bears out nothing by itself.
    assert (found["rests_on"]["declared"], found["rests_on"]["signed"]) == (2, 0)
    assert found["rests_on"]["borne_out_s"] == 15 * 60
    day.infusion.refresh_from_db()
    assert day.infusion.clinician == day.second
    before = copied(
        day,
        lines.CoverageLine(at=day.minute(14), to=day.clinician.public_id),
        key=uuid.uuid4(),
    )
    assert before.decision.codes == ("PAPER_TAKE_OVER_OUT_OF_ORDER",)


def test_an_emergency_on_paper_comes_back_step_by_step_at_its_times(day: Day) -> None:
    unopened = copied(
        day, lines.NoteLine(at=day.minute(5), kind=EventKind.EMERGENCY_STEP, text="Oxygen")
    )
    outcome = copied(
        day,
        lines.NoteLine(at=day.minute(10), kind=EventKind.EMERGENCY_CALLED, text=""),
        lines.PumpLine(at=day.minute(10.5), kind=PumpActionKind.STOP),
        lines.NoteLine(at=day.minute(11), kind=EventKind.EMERGENCY_STEP, text="Oxygen 10 L"),
        lines.NoteLine(at=day.minute(20), kind=EventKind.EMERGENCY_OVER, text="Awake"),
    )

    assert unopened.decision.codes == ("PAPER_EMERGENCY_OUT_OF_ORDER",)
    assert isinstance(outcome, Done), outcome
    found = emergency_of(day.session)
    assert found is not None
    assert (found.called.at, found.is_open) == (day.minute(10), False)


def test_a_reading_from_paper_says_who_measured_it_in_the_grid_and_in_the_record(day: Day) -> None:
    copied(day, readings(day, 10, 128), minute=10.5)  # too soon after to look late

    [line] = [row for row in grid(day.session, at=day.minute(12)).lines if row.line.field == "spo2"]
    kept = record.vital_signs(day.session)["by_hand"]

    assert line.cells[-1][1].paper == day.second.full_name
    assert {row["on_paper_by"] for row in kept if row["at"] == kept[-1]["at"]} == {
        day.second.full_name
    }


def test_the_form_takes_who_took_over_and_the_steps_of_an_emergency(
    client: Client, day: Day
) -> None:
    status, html = typed(
        client,
        day,
        30,
        n0_when=at_clock(day, 10),
        n0_what="emergency_called",
        w0_when=at_clock(day, 15),
        w0_to=str(day.second.public_id),
    )

    assert status == 200, html
    assert SessionEvent.objects.filter(session=day.session, kind="emergency_called").exists()
    assert SessionEvent.objects.filter(session=day.session, kind="hand_over").exists()
