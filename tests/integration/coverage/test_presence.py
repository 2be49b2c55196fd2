"""Somebody went without a word: the room notices, asks, and the certificate says what it knows."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.services.leaving import note_sign_out
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.monitoring import services as monitoring
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.services.escalation import pass_on_unanswered
from afterglow.apps.scheduling.models import StaffShift
from afterglow.apps.treatment.models import Coverage, OfflineEntry
from afterglow.apps.treatment.models.infusion import EventKind, SessionEvent
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.reports import coverage as report
from afterglow.apps.treatment.reports.certificate import certificate
from afterglow.apps.treatment.reports.months import month_of
from afterglow.apps.treatment.services import charting, coverage, offline
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.treatment.coverage import CoverageBegan, CoveragePhase
from afterglow.web import clock
from factories import PASSWORD
from support.infusion_day import Day, infusing, ready, recovering, take_vitals

pytestmark = pytest.mark.django_db

ABOUT = {"PRESENCE_NOT_CERTAIN", "NOBODY_WITH_PATIENT", "ROOM_NOT_HEARD"}


@pytest.fixture
def day() -> Day:
    return infusing()


def alarms(day: Day, minute: float) -> set[str]:
    monitoring.refresh_alarms(session=day.id, at=day.minute(minute))
    rows = Alarm.objects.filter(session=day.session, ended_at=None, condition_gone_at=None)
    return set(rows.values_list("condition", flat=True)) & ABOUT


def note(day: Day, minute: float, *, by: Any) -> None:
    charting.record_event(
        session=day.id,
        kind=EventKind.NOTE,
        text="x",
        by=by,
        at=day.minute(minute),
        key=uuid.uuid4(),
    )


def test_a_nurse_who_charts_in_another_room_is_asked_for_and_then_missing(day: Day) -> None:
    other = infusing(site=day.site)
    take_vitals(day, at=day.minute(1))
    note(other, 3, by=day.clinician)

    assert alarms(day, 3.5) == {"PRESENCE_NOT_CERTAIN"}
    assert alarms(day, 4.5) == {"NOBODY_WITH_PATIENT"}
    assert alarms(other, 4.5) == set()


def test_a_shift_that_is_over_is_asked_about(day: Day) -> None:
    shift = StaffShift.objects.get(account=day.clinician, site=day.site)
    shift.during = DateTimeTZRange(shift.during.lower, day.minute(7))
    shift.save()
    take_vitals(day, at=day.minute(1))

    assert alarms(day, 6.9) == set()
    assert alarms(day, 7.5) == {"PRESENCE_NOT_CERTAIN"}


def test_who_signs_out_of_the_last_screen_is_asked_for(day: Day) -> None:
    with clock.fixed(day.minute(2)):
        keys = []
        for _screen in range(2):
            store = SessionStore()
            store[SESSION_KEY] = str(day.clinician.pk)
            store.create()
            keys.append(store.session_key)
    first = note_sign_out(account=day.clinician, session_key="another", at=day.minute(2))
    SessionStore(keys[0]).delete()
    last = note_sign_out(account=day.clinician, session_key=keys[1] or "", at=day.minute(3))

    assert (first, last) == (False, True)
    assert alarms(day, 3.5) == {"PRESENCE_NOT_CERTAIN"}


def test_without_any_act_the_room_asks_and_a_message_does_not_end_the_question(day: Day) -> None:
    assert alarms(day, 19.9) == set()
    assert alarms(day, 20.5) == {"PRESENCE_NOT_CERTAIN"}
    assert alarms(day, 21.5) == {"NOBODY_WITH_PATIENT"}
    monitoring.alarms.judge([day.session], at=day.minute(21.6), with_schedule=False)
    open_now = Alarm.objects.filter(session=day.session, ended_at=None, condition_gone_at=None)
    assert "NOBODY_WITH_PATIENT" in open_now.values_list("condition", flat=True)


def test_one_key_answers_it_and_the_record_keeps_who_said_so(day: Day) -> None:
    alarms(day, 20.5)
    client = Client(headers={"HX-Request": "true"})
    client.force_login(day.clinician)
    with clock.fixed(day.minute(20.7)):
        page = client.get(reverse("treatment:infusion-panel", args=[day.id, "header"]))
        answer = client.post(reverse("treatment:infusion-present", args=[day.id]))

    assert 'data-key="h"' in page.content.decode()
    assert f"Is {day.clinician.get_short_name()} with the patient?" in page.content.decode()
    assert answer.status_code == 200
    said = SessionEvent.objects.get(session=day.session, kind=EventKind.PRESENCE_CONFIRMED)
    assert said.by == day.clinician
    assert alarms(day, 21.5) == set()
    assert alarms(day, 41) == {"PRESENCE_NOT_CERTAIN"}


def test_nobody_answers_for_somebody_else(day: Day) -> None:
    alarms(day, 20.5)
    client = Client(headers={"HX-Request": "true"})
    client.force_login(day.second)
    with clock.fixed(day.minute(20.7)):
        page = client.get(reverse("treatment:infusion-panel", args=[day.id, "header"]))
        answer = client.post(reverse("treatment:infusion-present", args=[day.id]))

    assert "Yes, here" not in page.content.decode()
    assert reverse("treatment:infusion-present-signed", args=[day.id]) in page.content.decode()
    assert answer.status_code == 409
    assert "takes the patient over" in answer.content.decode()
    assert not SessionEvent.objects.filter(kind=EventKind.PRESENCE_CONFIRMED).exists()
    assert alarms(day, 21.5) == {"NOBODY_WITH_PATIENT"}


def test_who_is_asked_for_answers_by_pin_on_a_screen_of_somebody_elses(day: Day) -> None:
    alarms(day, 20.5)
    client = Client(headers={"HX-Request": "true"})
    client.force_login(day.second)
    address = reverse("treatment:infusion-present-signed", args=[day.id])
    given = {"key": uuid.uuid4(), "username": day.clinician.username}
    with clock.fixed(day.minute(20.7)):
        wrong = client.post(address, {**given, "secret": "999999"})
        right = client.post(address, {**given, "secret": PASSWORD})

    assert (wrong.status_code, right.status_code) == (409, 200)
    said = SessionEvent.objects.get(session=day.session, kind=EventKind.PRESENCE_CONFIRMED)
    assert said.by == day.clinician
    assert alarms(day, 21.5) == set()


def test_a_colleague_who_signs_does_not_answer_for_who_is_asked_for(day: Day) -> None:
    client = Client(headers={"HX-Request": "true"})
    client.force_login(day.clinician)
    given = {"key": uuid.uuid4(), "username": day.second.username, "secret": PASSWORD}
    with clock.fixed(day.minute(3)):
        answer = client.post(reverse("treatment:infusion-present-signed", args=[day.id]), given)

    assert answer.status_code == 409
    assert not SessionEvent.objects.filter(kind=EventKind.PRESENCE_CONFIRMED).exists()


def test_nobody_is_confirmed_where_nobody_is_on_record(day: Day) -> None:
    coverage.leave_alone(
        session=day.id, reason="Bell", by=day.clinician, at=day.minute(2), key=uuid.uuid4()
    )
    outcome = coverage.confirm_presence(
        session=day.id, by=day.second, at=day.minute(3), key=uuid.uuid4()
    )

    assert outcome.decision.codes == ("NOBODY_TO_CONFIRM",)


def test_the_certificate_says_what_it_rests_on_and_one_declaration_is_not_all_of_it(
    day: Day,
) -> None:
    found = certificate(day.session, at=day.minute(40))

    assert found is not None
    assert found["whole"] is True
    assert found["rests_on"] == {
        "declared": 1,
        "signed": 0,
        "acts": 0,
        "answers": 0,
        "each_counts_for_s": 1200,
        "borne_out_s": 1200,
    }


def arrives(day: Day, *minutes: float, minute: float, kind: str = "note", by: Any = None) -> None:
    """A tablet sends what it kept: a note of each minute, of the clinician or of somebody else."""
    body = {} if kind == "presence" else {"kind": "note", "text": "x"}
    who = by or day.clinician
    offline.take_in(
        session=day.id,
        tablet=uuid.UUID(int=9),
        entries=[
            offline.Typed(uuid.uuid4(), kind, body, day.minute(m), who.public_id) for m in minutes
        ],
        by=who,
        at=day.minute(minute),
    )


def test_what_a_tablet_kept_bears_presence_out_when_it_was_typed_not_when_it_came(
    day: Day,
) -> None:
    assert alarms(day, 22) == {"NOBODY_WITH_PATIENT"}

    arrives(day, 5, 15, 25, minute=40)

    assert alarms(day, 40.5) == set()
    assert alarms(day, 45.5) == {"PRESENCE_NOT_CERTAIN"}
    found = certificate(day.session, at=day.minute(60))
    assert found is not None
    assert found["rests_on"]["acts"] == 3
    assert found["rests_on"]["borne_out_s"] == 45 * 60


def test_that_a_tablet_sends_by_itself_is_no_sign_of_anybody(day: Day) -> None:
    arrives(day, 5, minute=40)

    assert alarms(day, 40.5) == {"NOBODY_WITH_PATIENT"}


def test_a_colleague_whom_nobody_proved_to_have_typed_was_not_there(day: Day) -> None:
    named = offline.Typed(
        uuid.uuid4(),
        "note",
        {"kind": "note", "text": "x"},
        day.minute(15),
        day.clinician.public_id,
    )

    offline.take_in(
        session=day.id,
        tablet=uuid.UUID(int=9),
        entries=[named],
        by=day.second,
        at=day.minute(30),
    )

    assert alarms(day, 30.5) == {"NOBODY_WITH_PATIENT"}
    found = certificate(day.session, at=day.minute(40))
    assert found is not None
    assert (found["rests_on"]["acts"], found["rests_on"]["borne_out_s"]) == (0, 20 * 60)


def test_one_press_is_one_act_and_a_refused_one_is_none_and_a_sign_all_the_same(day: Day) -> None:
    charting.chart_observations(
        session=day.id,
        readings={VitalSignCode.SPO2: Decimal(97), VitalSignCode.HEART_RATE: Decimal(70)},
        scales={"moaas": {"response": 5}, "nausea": {"nausea": 0}},
        taken_at=day.minute(10),
        by=day.clinician,
        at=day.minute(10),
        key=uuid.uuid4(),
    )
    refused = coverage.leave_alone(
        session=day.id, reason=" ", by=day.clinician, at=day.minute(25), key=uuid.uuid4()
    )

    found = certificate(day.session, at=day.minute(60))

    assert isinstance(refused, Refused)
    assert AuditEntry.objects.filter(by=day.clinician.public_id, at=day.minute(10)).count() > 1
    assert found is not None
    assert (found["rests_on"]["acts"], found["rests_on"]["borne_out_s"]) == (1, 45 * 60)


def room_is_shown(day: Day, minute: float, *, to: Any) -> None:
    """A screen that shows the room asks for its alarms, as each does by itself."""
    client = Client()
    client.force_login(to)
    with clock.fixed(day.minute(minute)):
        page = client.get(reverse("treatment:infusion-panel", args=[day.id, "alarms"]))
    assert page.status_code == 200


def elsewhere(day: Day, minute: float) -> str:
    client = Client()
    client.force_login(day.second)
    pass_on_unanswered(at=day.minute(minute))
    with clock.fixed(day.minute(minute)):
        return client.get(reverse("treatment:alarms-elsewhere")).content.decode()


def test_the_site_hears_that_a_tablet_is_not_heard_and_since_when(day: Day) -> None:
    room_is_shown(day, 12, to=day.clinician)
    room_is_shown(day, 12.05, to=day.clinician)  # ten screens of one room write little

    assert alarms(day, 20.5) == {"PRESENCE_NOT_CERTAIN"}
    assert alarms(day, 22) == {"ROOM_NOT_HEARD"}
    html = elsewhere(day, 24)

    assert "Tablet of the room not heard" in html
    assert at_the_wall(day, 12) in html
    assert "nobody there could be asked" in html
    assert day.session.patient.family_name not in html


def test_the_site_hears_that_nobody_answered_where_the_question_was_on_a_screen(day: Day) -> None:
    room_is_shown(day, 12, to=day.clinician)
    assert alarms(day, 20.2) == {"PRESENCE_NOT_CERTAIN"}
    room_is_shown(day, 20.5, to=day.clinician)

    assert alarms(day, 22) == {"NOBODY_WITH_PATIENT"}
    html = elsewhere(day, 24)

    assert "Nobody with the patient" in html
    assert "could be asked" not in html


def test_a_tablet_that_is_heard_again_with_what_it_kept_ends_it(day: Day) -> None:
    room_is_shown(day, 12, to=day.clinician)
    assert alarms(day, 22) == {"ROOM_NOT_HEARD"}

    arrives(day, 21, minute=25)

    assert alarms(day, 25.5) == set()


def at_the_wall(day: Day, minute: float) -> str:
    return day.minute(minute).astimezone(day.site.zone).strftime("%H:%M")


def test_an_answer_that_a_tablet_kept_counts_from_when_it_was_given(day: Day) -> None:
    arrives(day, 19, minute=36, kind="presence")

    said = SessionEvent.objects.get(session=day.session, kind=EventKind.PRESENCE_CONFIRMED)
    assert (said.at, said.recorded_at, said.by) == (day.minute(19), day.minute(36), day.clinician)
    assert alarms(day, 38) == set()
    assert alarms(day, 39.5) == {"PRESENCE_NOT_CERTAIN"}


def test_an_answer_that_a_colleague_gave_without_a_connection_counts_for_nobody(day: Day) -> None:
    arrives(day, 19, minute=36, kind="presence", by=day.second)

    assert OfflineEntry.objects.get(kind="presence").outcome == "refused"
    assert alarms(day, 38) == {"NOBODY_WITH_PATIENT"}


def test_a_tablet_that_sends_from_the_first_room_says_nothing_of_the_second(day: Day) -> None:
    other = infusing(site=day.site)
    note(other, 2, by=other.clinician)

    arrives(day, 1, minute=10, by=other.clinician)
    assert alarms(other, 10.5) == set()

    arrives(day, 9, minute=11, by=other.clinician)
    assert alarms(other, 11.5) == {"NOBODY_WITH_PATIENT"}  # they typed there at minute 9


def month(day: Day, minute: float = 120) -> report.CoverageMonth:
    of = month_of(day.site, "", at=day.started)
    return report.month(day.site, of, at=day.minute(minute))


def test_a_month_that_rests_on_declarations_alone_is_not_proved(day: Day) -> None:
    found = month(day, 40)

    assert (found.gaps, found.share_text, found.borne_out_text) == (0, "100 %", "50.00 %")
    assert not found.is_proved


@pytest.mark.parametrize(("from_minute", "to_minute", "proved"), [(-9, 0, True), (-9, 4, False)])
def test_the_ratio_counts_a_recovery_of_another_site_that_overlaps(
    from_minute: float, to_minute: float, proved: bool
) -> None:
    day = recovering()
    other = ready()
    Coverage.objects.create(
        session=other.session,
        clinician=day.clinician,
        phase=CoveragePhase.RECOVERY,
        during=DateTimeTZRange(day.minute(from_minute), day.minute(to_minute)),
        began=CoverageBegan.PUMP_STOPPED,
        opened_by=other.clinician,
        key=uuid.uuid4(),
    )

    found = month(day)

    assert found.infusions[0].recovering_meanwhile == (0 if proved else 1)
    assert found.is_proved is proved
