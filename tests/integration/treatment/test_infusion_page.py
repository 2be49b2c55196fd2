"""The infusion page over HTTP: what it shows, what one tap does, what a refusal says."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import Account
from afterglow.apps.assessments.models import Assessment
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.treatment.models import MedicineGiven, PumpAction, Refusal, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.work.models import Task
from afterglow.core.quantities import Rate
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.core.treatment.lifecycles import InfusionState
from afterglow.web import clock
from factories import staff
from support.infusion_day import Day, infusing, on_shift, take_vitals

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


class Screen:
    """One tablet: a signed-in browser without scripts, at one session."""

    def __init__(self, day: Day, account: Account | None = None) -> None:
        self.day = day
        self.client = Client(headers=HTMX)
        self.client.force_login(account or day.clinician)

    def url(self, name: str, *arguments: object) -> str:
        return reverse(f"treatment:{name}", args=[self.day.id, *arguments])

    def get(self, name: str, *arguments: object) -> str:
        response = self.client.get(self.url(name, *arguments))
        assert response.status_code == 200, response.content.decode()
        return response.content.decode()

    def post(self, name: str, *arguments: object, **data: object) -> tuple[int, str]:
        response = self.client.post(self.url(name, *arguments), {"key": uuid.uuid4(), **data})
        return response.status_code, response.content.decode()


@pytest.fixture
def day() -> Day:
    return infusing()


@pytest.fixture
def now(day: Day) -> Iterator[datetime]:
    """Ten minutes into the infusion."""
    with clock.fixed(day.minute(10)):
        yield day.minute(10)


@pytest.fixture
def screen(day: Day, now: datetime) -> Screen:
    return Screen(day)


def test_the_page_says_who_what_and_how_long(screen: Screen, day: Day) -> None:
    html = screen.get("infusion")

    patient = day.session.patient
    for words in (
        patient.full_name,
        patient.mrn,
        "70.4",
        "No known allergies",
        "35",
        "over 40 min",
    ):
        assert words in html
    assert "The monitor is the primary alarm." in html
    assert f"/live/sessions/{day.id}/" in html


@pytest.mark.parametrize(
    "name", ["header", "alarms", "numbers", "events", "drug", "grid", "actions"]
)
def test_each_panel_can_be_fetched_by_itself(screen: Screen, name: str) -> None:
    html = screen.get("infusion-panel", name)

    assert "<html" not in html
    assert html.strip()


def test_a_panel_that_does_not_exist_is_not_found(screen: Screen) -> None:
    assert screen.client.get(screen.url("infusion-panel", "secrets")).status_code == 404


def test_one_tap_stops_and_asks_nothing(screen: Screen, day: Day) -> None:
    status, html = screen.post("infusion-stop")

    assert status == 200
    assert "Pump recorded stopped" in html
    day.infusion.refresh_from_db()
    assert day.infusion.state == InfusionState.STOPPED
    assert day.infusion.ending == InfusionEnding.STOPPED_BY_CLINICIAN


def test_a_stop_without_a_key_still_stops(screen: Screen, day: Day) -> None:
    response = screen.client.post(screen.url("infusion-stop"))

    assert response.status_code == 200
    day.infusion.refresh_from_db()
    assert day.infusion.ended_at is not None


def test_a_double_click_on_mark_marks_once(screen: Screen, day: Day) -> None:
    key = uuid.uuid4()

    screen.post("infusion-mark", key=key)
    screen.post("infusion-mark", key=key)

    assert SessionEvent.objects.filter(session=day.session, kind=EventKind.MARK).count() == 1


def test_a_mark_is_stamped_first_and_named_after(screen: Screen, day: Day, now: datetime) -> None:
    screen.post("infusion-mark")
    mark = SessionEvent.objects.get(session=day.session)

    with clock.fixed(now + timedelta(minutes=3)):
        screen.post("infusion-name", mark.public_id, label="Eyes closed, smiling")
        html = screen.get("infusion-panel", "events")

    assert mark.at == now
    assert "Eyes closed, smiling" in html
    assert "not named yet" not in html


def test_what_is_undone_stays_on_record(screen: Screen, day: Day) -> None:
    screen.post("infusion-note", text="Wrong patient's note")
    note = SessionEvent.objects.get(session=day.session)

    status, _html = screen.post("infusion-undo", note.public_id)

    assert status == 200
    kinds = SessionEvent.objects.filter(session=day.session).values_list("kind", flat=True)
    assert sorted(kinds) == [EventKind.NOTE, EventKind.WITHDRAWN]
    assert "is-withdrawn" in screen.get("infusion-panel", "events")


def test_a_new_rate_is_charted_with_who_and_when(screen: Screen, day: Day, now: datetime) -> None:
    status, html = screen.post("infusion-rate", rate="40", reason="Calmer slower", seen_sequence=1)

    assert status == 200
    assert "Rate 40" in html
    change = PumpAction.objects.get(kind=PumpActionKind.CHANGE_RATE)
    assert (change.rate_ml_per_h, change.at, change.by) == (
        Rate.ml_per_h("40"),
        now,
        day.clinician,
    )


def test_a_second_tablet_is_shown_both_rates_and_asked_again(screen: Screen, day: Day) -> None:
    other = Screen(day, on_shift_two(day))
    screen.post("infusion-rate", rate="40", seen_sequence=1)

    status, html = other.post("infusion-rate", rate="60", seen_sequence=1)

    assert status == 409
    assert "40" in html
    assert "You were about to chart 60" in html
    assert 'name="seen_sequence" value="2"' in html
    assert PumpAction.objects.filter(kind=PumpActionKind.CHANGE_RATE).count() == 1


def test_a_stop_from_a_stale_screen_stops(screen: Screen, day: Day) -> None:
    other = Screen(day, on_shift_two(day))
    screen.post("infusion-rate", rate="40", seen_sequence=1)

    with clock.fixed(day.minute(11)):
        status, _html = other.post("infusion-stop")

    assert status == 200
    day.infusion.refresh_from_db()
    assert day.infusion.ended_at == day.minute(11)


def test_a_rate_past_the_hard_limit_is_refused_with_the_limit(screen: Screen) -> None:
    status, html = screen.post("infusion-rate", rate="500", seen_sequence=1)

    assert status == 409
    assert "RATE_ABOVE_HARD_LIMIT" in html
    assert "500 mL/h" in html
    assert Refusal.objects.filter(attempted="change_rate").exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Please fill this in."),
        ("fast", "“fast” is not a number"),
        ("-3", "below the lowest value"),
        ("40.125", "3 digits after the point"),
    ],
)
def test_a_rate_that_is_no_rate_says_what_was_seen(screen: Screen, typed: str, said: str) -> None:
    status, html = screen.post("infusion-rate", rate=typed, seen_sequence=1)

    assert status == 422
    assert said in html


def test_pause_and_resume_take_one_tap_each(screen: Screen, day: Day) -> None:
    screen.post("infusion-pause", seen_sequence=1)
    with clock.fixed(day.minute(12)):
        status, _html = screen.post("infusion-resume", seen_sequence=2)

    assert status == 200
    kinds = list(PumpAction.objects.order_by("sequence").values_list("kind", flat=True))
    assert kinds == ["start", "pause", "resume"]


def test_a_pause_on_a_stale_screen_shows_both_and_asks_again(screen: Screen) -> None:
    screen.post("infusion-rate", rate="40", seen_sequence=1)

    status, html = screen.post("infusion-pause", seen_sequence=1)

    assert status == 409
    assert "Another screen was first" in html
    assert 'name="seen_sequence" value="2"' in html


def test_a_column_of_readings_is_charted_from_one_form(screen: Screen, day: Day) -> None:
    before = VitalSign.objects.count()

    status, html = screen.post(
        "infusion-observe",
        pressure="132/84",
        heart_rate="80",
        spo2="97",
        respiratory_rate="15",
        moaas="4",
        anxiety="2",
    )

    assert status == 200, html
    assert VitalSign.objects.count() == before + 5
    assert set(
        Assessment.objects.filter(at=day.minute(10)).values_list("instrument_key", flat=True)
    ) == {"moaas", "anxiety"}
    assert "132/84" in screen.get("infusion-panel", "grid")


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("pressure", "80/120", "Are the two swapped?"),
        ("pressure", "120", "is not a blood pressure"),
        ("spo2", "140", "outside the plausible range"),
        ("heart_rate", "fast", "is not a number"),
        ("moaas", "7", "7"),
        ("when", "25:10", "is not a time"),
    ],
)
def test_a_reading_that_cannot_be_is_refused_and_nothing_is_half_written(
    screen: Screen, field: str, typed: str, said: str
) -> None:
    before = VitalSign.objects.count()

    status, html = screen.post("infusion-observe", **{"heart_rate": "80", field: typed})

    assert status == 422
    assert said in html
    assert VitalSign.objects.count() == before


def test_an_empty_column_says_so(screen: Screen) -> None:
    status, html = screen.post("infusion-observe")

    assert status == 422
    assert "Nothing was entered" in html


def test_a_paper_time_keeps_both_times_and_looks_late(screen: Screen, day: Day) -> None:
    local = clock.local(day.minute(2), day.site)

    status, _html = screen.post(
        "infusion-note", text="Vomited once", when=f"{local:%H:%M}", from_paper="on"
    )

    assert status == 200
    entry = SessionEvent.objects.get(kind=EventKind.DOWNTIME_ENTRY)
    assert entry.at == day.minute(2)
    assert entry.recorded_at == day.minute(10)
    assert "entered late" in screen.get("infusion-panel", "events")


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("infusion-rate", {"rate": "60", "seen_sequence": "1"}),
        ("infusion-note", {"text": "Hums."}),
        ("infusion-observe", {"pressure": "120/80"}),
    ],
)
def test_a_time_that_has_not_come_yet_is_never_last_nights(
    screen: Screen, day: Day, now: datetime, name: str, more: dict[str, str]
) -> None:
    here = clock.local(now, day.session.site)
    later = here + timedelta(hours=2)

    status, html = screen.post(name, when=f"{later:%H:%M}", **more)

    assert status == 422
    assert f"{later:%H:%M} is in the future; it is now {here:%H:%M}." in html
    assert PumpAction.objects.count() == 1
    assert not SessionEvent.objects.filter(kind=EventKind.NOTE).exists()


def test_a_refused_pump_time_is_told_on_the_sites_clock(
    screen: Screen, day: Day, now: datetime
) -> None:
    site = day.session.site
    started = clock.local(day.minute(0), site)
    early = started - timedelta(minutes=1)

    status, html = screen.post("infusion-rate", rate="60", seen_sequence="1", when=f"{early:%H:%M}")

    assert status == 409
    assert f"Seen {early:%H:%M}:00 · limit {started:%H:%M:%S}" in html
    assert "+00:00" not in html


def test_a_medicine_the_order_does_not_name_is_not_offered(screen: Screen) -> None:
    html = screen.get("infusion-drug")

    assert "Ondansetron" in html
    assert "Haloperidol" not in html


def test_a_sedative_is_charted_and_the_observation_time_starts_again(screen: Screen) -> None:
    status, html = screen.post("infusion-drug", what="midazolam", dose="1")

    assert status == 200, html
    assert "The observation time starts again." in html
    assert MedicineGiven.objects.get().is_sedative


def test_a_statement_about_suicide_opens_a_task_and_has_no_undo(screen: Screen, day: Day) -> None:
    status, html = screen.post("infusion-event", what="suicidal_statement", text="In her words")

    assert status == 200
    assert "A task is open for the prescriber now" in html
    assert "Undo" not in html
    assert Task.objects.filter(
        kind="suicide_positive", patient=day.session.patient.public_id
    ).exists()


def test_a_symptom_raises_its_alarm_at_once_and_ends_with_one_tap(screen: Screen) -> None:
    screen.post("infusion-event", what="symptom:HEADACHE")
    raised = screen.get("infusion-panel", "alarms")

    screen.post("infusion-event", what="over:HEADACHE")
    after = screen.get("infusion-panel", "alarms")

    assert "Headache" in raised
    assert "Headache" not in after


def test_an_event_that_does_not_exist_is_not_found(screen: Screen) -> None:
    assert screen.post("infusion-event", what="symptom:BOREDOM")[0] == 404
    assert screen.post("infusion-event", what="emergency_over")[0] == 404


def test_a_red_pressure_asks_for_symptoms_until_somebody_answers(
    screen: Screen, day: Day, now: datetime
) -> None:
    take_vitals(day, at=now - timedelta(minutes=1), systolic=196, diastolic=104)
    take_vitals(day, at=now, systolic=198, diastolic=104)
    asked = screen.get("infusion-panel", "alarms")

    alarm = day.session.alarms.get(condition="SYSTOLIC_HIGH")
    screen.post("alarm-acknowledge", alarm.public_id, symptomatic="no")

    alarm.refresh_from_db()
    assert "Symptoms?" in asked
    assert "198 mmHg" in asked
    assert "180 mmHg" in asked
    assert "proposed" in asked.lower()
    assert alarm.symptomatic is False
    assert alarm.acknowledged_by == day.clinician


def test_an_alarm_of_another_session_is_not_acknowledged_here(screen: Screen) -> None:
    assert screen.post("alarm-acknowledge", uuid.uuid4())[0] == 404


def test_a_wrong_score_is_corrected_by_a_row_that_replaces_it(screen: Screen, day: Day) -> None:
    screen.post("infusion-observe", moaas="2")
    wrong = Assessment.objects.get(at=day.minute(10))

    status, _html = screen.post("infusion-correct", wrong.public_id, answer="4")

    assert status == 200
    right = Assessment.objects.get(replaces=wrong)
    assert right.answers == {"response": 4}
    assert right.at == wrong.at


def test_an_artefact_leaves_the_grid_and_stays_on_record(screen: Screen, day: Day) -> None:
    screen.post("infusion-observe", pressure="210/140")
    high = VitalSign.objects.get(code="systolic", value=210)

    status, _html = screen.post("infusion-artefact", high.batch, high.code, reason="Moved the arm")

    assert status == 200
    assert "210/140" not in screen.get("infusion-panel", "grid")
    assert VitalSign.objects.filter(value__in=[210, 140]).count() == 2


def test_the_stop_is_explained_afterwards(screen: Screen, day: Day) -> None:
    screen.post("infusion-stop")
    day.infusion.refresh_from_db()

    status, _html = screen.post(
        "infusion-explain",
        ending="stopped_by_patient",
        reason="Asked to stop",
        seen_version=day.infusion.row_version,
    )

    assert status == 200
    stopped_at = day.infusion.ended_at
    day.infusion.refresh_from_db()
    assert day.infusion.ending == InfusionEnding.STOPPED_BY_PATIENT
    assert day.infusion.ended_at == stopped_at


def test_the_page_stays_readable_after_the_stop(screen: Screen) -> None:
    screen.post("infusion-stop")

    html = screen.get("infusion")

    assert "Recorded stopped" in html
    assert "Say why it was stopped" in html


def test_an_emergency_stops_sets_time_zero_and_shows_the_sites_number(
    screen: Screen, day: Day
) -> None:
    response = screen.client.post(screen.url("emergency-declare"), {"key": uuid.uuid4()})
    html = screen.get("emergency")

    assert response.headers["HX-Redirect"] == screen.url("emergency")
    assert "Call 911 now" in html
    assert day.site.name in html
    day.infusion.refresh_from_db()
    assert day.infusion.ending == InfusionEnding.STOPPED_IN_EMERGENCY


def test_a_step_of_the_emergency_takes_one_tap(screen: Screen) -> None:
    screen.client.post(screen.url("emergency-declare"))

    status, html = screen.post("emergency-step", code="OXYGEN")

    assert status == 200
    assert "Oxygen on" in html


def test_the_hand_over_sheet_holds_everything_so_far_on_paper_too(screen: Screen) -> None:
    screen.post("infusion-drug", what="ondansetron", dose="4")
    screen.client.post(screen.url("emergency-declare"))
    screen.post("emergency-step", code="OXYGEN")

    html = screen.get("emergency-sheet")
    read = AuditEntry.objects.filter(action="document-read")
    assert [row.subject for row in read] == [screen.day.id]
    pdf = screen.client.get(screen.url("emergency-sheet-pdf"))

    for words in ("Ondansetron", "Oxygen on", "35", "time zero"):
        assert words in html
    assert pdf.status_code == 200
    assert pdf.content.startswith(b"%PDF")
    assert read.all().count() == 2


def test_somebody_without_a_clinical_role_may_not_stop_or_chart(day: Day, now: datetime) -> None:
    desk = staff(Role.FRONT_DESK, site=day.site)
    screen = Screen(day, desk)

    assert screen.post("infusion-stop")[0] == 403
    assert screen.post("infusion-note", text="x")[0] == 403
    day.infusion.refresh_from_db()
    assert day.infusion.ended_at is None


def test_a_locked_screen_hides_who_it_is_and_keeps_the_numbers(screen: Screen, day: Day) -> None:
    screen.client.post(reverse("accounts:lock"))

    page = screen.client.get(screen.url("infusion"))
    html = page.content.decode()

    assert page.status_code == 200
    assert day.session.patient.family_name not in html
    assert day.session.patient.mrn not in html
    assert "124/78" in html
    assert "elapsed" in html
    assert screen.post("infusion-note", text="x")[0] == 423
    assert screen.post("infusion-stop")[0] in (200, 302)  # stopping never waits for a PIN


def on_shift_two(day: Day) -> Account:
    """Return a second clinician at the same site."""
    return on_shift(staff(Role.MONITOR, site=day.site), day.site)


def test_readings_after_a_time_are_given_for_a_screen_that_lost_its_stream(
    screen: Screen, day: Day
) -> None:
    url, after_9 = screen.url("infusion-readings"), {"after": day.minute(9).isoformat()}
    before = screen.client.get(url, after_9)
    screen.post("infusion-observe", pressure="132/84")
    after = screen.client.get(url, after_9)

    assert before.json()["readings"] == []
    assert [r["systolic"] for r in after.json()["readings"]] == ["132"]
