"""The page that copies a paper back: every mistake at once with its field, nothing emptied."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.treatment import downtime
from afterglow.apps.treatment.models import PumpAction, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.printed import during
from afterglow.apps.treatment.printed.words import Clock
from afterglow.apps.treatment.record import record_content
from afterglow.apps.treatment.services import from_paper, lines
from afterglow.apps.treatment.shown.events import entries
from afterglow.apps.work.kinds import PUMP_RAN_TOO_FAST
from afterglow.apps.work.models import Task
from afterglow.core.quantities import Rate
from afterglow.web import clock
from support.infusion_day import Day, infusing, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def day() -> Day:
    return infusing()


def copied(client: Client, day: Day, **fields: str) -> tuple[int, str]:
    client.force_login(day.clinician)
    data = {"key": str(uuid.uuid4()), "kept_by": str(day.clinician.public_id), "seen_sequence": "1"}
    data |= {
        name.replace("_", "-", 1) if name[1:2].isdigit() else name: value
        for name, value in fields.items()
    }
    with clock.fixed(day.minute(30)):
        answer = client.post(f"/sessions/{day.id}/from-paper/", data, follow=True)
    return answer.status_code, answer.content.decode()


def at_clock(day: Day, minute: float, form: str = "%H:%M") -> str:
    return day.minute(minute).astimezone(day.site.zone).strftime(form)


def test_a_time_to_come_is_said_to_be_in_the_future_with_now_beside_it(
    client: Client, day: Day
) -> None:
    status, html = copied(
        client,
        day,
        r0_when=at_clock(day, 120),
        r0_spo2="97",
        p0_when=at_clock(day, 121),
        p0_what="stop",
    )

    assert status == 422
    now = at_clock(day, 30)
    for minute in (120, 121):
        assert f"{at_clock(day, minute)} is in the future; it is now {now}." in html
    assert "before check-in" not in html


def test_a_stop_before_the_last_entry_says_what_was_seen_and_the_limit(
    client: Client, day: Day
) -> None:
    status, html = copied(client, day, p0_when=at_clock(day, -2), p0_what="stop")

    assert status == 409
    seen, limit = at_clock(day, -2, "%H:%M:00"), at_clock(day, 0, "%H:%M:%S")
    assert f"The stop at {seen} is not after the last pump entry at {limit}." in html


def test_every_mistake_is_said_at_once_and_leads_to_its_field(client: Client, day: Day) -> None:
    before = VitalSign.objects.count()

    status, html = copied(
        client,
        day,
        r0_when=at_clock(day, 10),
        r0_pressure="abc",
        r1_when=at_clock(day, 15),
        r1_spo2="140",
        p0_when=at_clock(day, 12),
        p0_what="change_rate",
        p0_rate="525",
        p1_when=at_clock(day, 14),
        p1_what="change_rate",
        n0_what="note",
        n0_text="Asked for the light off.",
        sheet="zzzzzz",
    )

    assert status == 422
    summary = html[html.index('class="error-summary"') : html.index("<table")]
    assert "Nothing is saved yet" in summary
    for field in ("id_r0-pressure", "id_r1-spo2", "id_p0-when", "id_p1-rate", "id_n0-when"):
        assert f'href="#{field}"' in summary, field
        assert f'id="{field}"' in html, field
    assert 'href="#id_sheet"' in summary
    assert "525\N{NO-BREAK SPACE}mL/h is faster" in summary or "525 mL/h is faster" in summary
    assert 'value="abc"' in html
    assert VitalSign.objects.count() == before


def test_what_is_refused_by_the_record_is_said_for_every_line_and_not_for_what_only_follows(
    client: Client, day: Day
) -> None:
    status, html = copied(
        client,
        day,
        p0_when=at_clock(day, 10),
        p0_what="change_rate",
        p0_rate="525",
        p1_when=at_clock(day, 12),
        p1_what="resume",
        p2_when=at_clock(day, 13),
        p2_what="change_rate",
        p2_rate="0",
    )

    assert status == 409
    summary = html[html.index('class="error-summary"') : html.index("<table")]
    assert summary.count("<li>") == 2
    assert "Pump, line 1" in summary
    assert "Pump, line 3" in summary


def test_a_sheet_that_is_not_known_is_asked_after_once(client: Client, day: Day) -> None:
    given = {"r0_when": at_clock(day, 10), "r0_spo2": "97", "sheet": "zzzzzz"}

    refused, html = copied(client, day, **given)
    taken, _after = copied(client, day, **given, sheet_confirmed="on")

    assert refused == 422
    assert "No sheet ZZZZZZ is known" in html
    assert "sheet_confirmed" in html
    assert taken == 200
    event = SessionEvent.objects.get(session=day.session, kind=EventKind.DOWNTIME_ENTRY)
    assert (event.label, event.data["sheet_unknown"]) == ("ZZZZZZ", True)
    (shown,) = [each for each in entries(day.refreshed()) if each.kind == "downtime_entry"]
    assert shown.text.endswith("; nobody is known to have printed this sheet for the patient")
    content = record_content(day.refreshed(), signed_by=day.clinician, at=day.minute(40))
    printed = str(during.story(content, Clock.of(content)))
    assert "nobody is known to have printed this sheet" in printed


def test_a_sheet_of_this_patient_is_known_for_sixty_days(day: Day) -> None:
    downtime.print_sheets(day.site, only=day.refreshed(), by=day.clinician, at=day.minute(12))
    code = AuditEntry.objects.get(action="downtime-sheet-printed").detail["sheet"]
    patient = day.session.patient

    soon, late = day.minute(12) + timedelta(days=59), day.minute(12) + timedelta(days=61)
    assert downtime.whose_sheet(code, patient, at=soon) == downtime.SheetKnown.OURS
    assert downtime.whose_sheet(code, patient, at=late) == downtime.SheetKnown.NOBODYS


def test_the_sheet_that_was_printed_is_taken_and_anothers_is_said_to_be_anothers(
    client: Client, day: Day
) -> None:
    other = infusing()
    for each in (day, other):
        downtime.print_sheets(each.site, only=each.session, by=each.clinician, at=each.minute(1))
    codes = {
        entry.patient: entry.detail["sheet"]
        for entry in AuditEntry.objects.filter(action="downtime-sheet-printed")
    }
    mine, theirs = (codes[each.session.patient.public_id] for each in (day, other))
    given = {"r0_when": at_clock(day, 10), "r0_spo2": "97"}

    refused, html = copied(client, day, **given, sheet=theirs)
    taken, _after = copied(client, day, **given, sheet=mine.lower())

    assert refused == 422
    assert f"Sheet {theirs} was printed for another patient" in html
    assert other.session.patient.family_name not in html
    assert taken == 200
    event = SessionEvent.objects.get(session=day.session, kind=EventKind.DOWNTIME_ENTRY)
    assert (event.label, event.data["sheet_unknown"]) == (mine, False)


def test_a_rate_that_really_ran_is_ticked_on_its_line(client: Client, day: Day) -> None:
    line = {"p0_when": at_clock(day, 12), "p0_what": "change_rate", "p0_rate": "525"}

    refused, html = copied(client, day, **line)
    taken, _after = copied(client, day, **line, p0_really_ran="on", p0_reason="A digit too many.")

    assert refused == 409
    assert "If the pump really ran so, tick it" in html
    assert taken == 200
    step = PumpAction.objects.get(infusion=day.infusion, sequence=2)
    assert (step.rate_ml_per_h, step.reason) == (Rate.ml_per_h("525"), "A digit too many.")
    assert Task.objects.filter(kind=PUMP_RAN_TOO_FAST, subject=day.id).exists()


def test_the_time_is_called_what_the_column_calls_it(client: Client, day: Day) -> None:
    client.force_login(day.clinician)
    with clock.fixed(day.minute(30)):
        html = client.get(f"/sessions/{day.id}/from-paper/").content.decode()

    assert 'aria-label="Time on paper, line 1"' in html
    assert "Time, if not now" not in html


def reading_and_medicine(client: Client, day: Day) -> dict[str, str]:
    client.force_login(day.clinician)
    with clock.fixed(day.minute(30)):
        page = client.get(f"/sessions/{day.id}/from-paper/").content.decode()
    by_need = page.partition('name="m0-what"')[2].split('<option value="')[2].partition('"')[0]
    return {
        "r0_when": at_clock(day, 10),
        "r0_spo2": "97",
        "m0_when": at_clock(day, 11),
        "m0_what": by_need,
        "m0_dose": "5",
        "m0_indication": "Blood pressure",
        "n0_when": at_clock(day, 12),
        "n0_what": "note",
        "n0_text": "Asked for the light off.",
    }


def test_a_line_that_the_copier_may_not_chart_is_said_at_the_line_and_loses_nothing_typed(
    client: Client, day: Day
) -> None:
    day.clinician.credentials.filter(kind="licence").update(expires_on=date(2020, 1, 31))
    typed = reading_and_medicine(client, day)
    before = VitalSign.objects.count()

    status, html = copied(client, day, **typed)
    unread, both = copied(client, day, **typed, r1_when=at_clock(day, 15), r1_pressure="abc")

    assert (status, unread) == (409, 422)
    for page in (html, both):
        assert 'href="#id_m0-when">Medicines given, line 1' in page
        assert "licence" in page
        assert "Asked for the light off." in page
    assert 'value="97"' in html
    assert VitalSign.objects.count() == before


def test_a_line_that_the_server_stumbles_over_holds_back_no_other_and_loses_nothing(
    client: Client, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    charting = lines.chart_line

    def stumbling(row: Any, line: Any, **more: Any) -> Any:
        if isinstance(line, lines.NoteLine):
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return charting(row, line, **more)

    monkeypatch.setattr(from_paper, "chart_line", stumbling)
    status, html = copied(
        client,
        day,
        n0_when=at_clock(day, 10),
        n0_what="note",
        n0_text="Asked for the light off.",
        p0_when=at_clock(day, 12),
        p0_what="change_rate",
        p0_rate="525",
    )

    assert status == 409
    assert "The server could not chart this line. Leave it out and write it as a note." in html
    assert 'href="#id_p0-when">Pump, line 1' in html
    assert "Asked for the light off." in html


def test_a_step_that_is_not_possible_is_said_beside_a_mistake_it_does_not_follow_from(
    client: Client, day: Day
) -> None:
    wrong = {"p0_when": at_clock(day, 12), "p0_what": "resume"}

    step = {"n0_when": at_clock(day, 10), "n0_what": "emergency_step", "n0_text": "Oxygen."}
    status, html = copied(client, day, **wrong, **step)
    unread, other = copied(client, day, **wrong, r0_when=at_clock(day, 10), r0_pressure="abc")
    _status, follows = copied(client, day, **wrong, p1_what="pause")

    assert (status, unread) == (409, 422)
    for page in (html, other):
        assert 'href="#id_p0-when">Pump, line 1' in page
    assert 'href="#id_p0-when">Pump, line 1' not in follows


def test_a_sheet_for_a_record_that_was_signed_meanwhile_is_said_and_loses_nothing(
    client: Client,
) -> None:
    day = signed()

    status, html = copied(client, day, r0_when=at_clock(day, 10), r0_spo2="97")

    assert status == 409
    assert "The record was signed before this arrived; add an addendum." in html
    assert 'value="97"' in html
