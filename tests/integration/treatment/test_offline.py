"""A tablet that was offline: what it typed arrives once, at its own time, and nothing is lost."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.treatment.facts import sign as sign_facts
from afterglow.apps.treatment.models import (
    OfflineEntry,
    OfflineResolution,
    PumpAction,
    SessionEvent,
)
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.models.offline import OfflineChoice
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import offline
from afterglow.apps.treatment.services.infusions import act_on_pump, record_pump_stopped
from afterglow.apps.work.models import Task
from afterglow.core.quantities import Rate
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.web import clock
from factories import staff
from support.infusion_day import Day, infusing, signed
from support.typed_offline import TABLET, pressure, sent, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def day() -> Day:
    return infusing()


def change(day: Day, minute: float, rate: str = "50", seen: int = 1) -> offline.Typed:
    return typed(day, minute, "pump", kind="change_rate", rate=rate, seen_sequence=seen)


def test_twenty_entries_of_five_minutes_arrive_once_each_at_their_own_times(day: Day) -> None:
    entries = [pressure(day, 10 + n / 4, 120 + n) for n in range(20)]

    first = sent(day, *entries)
    again = sent(day, *entries, minute=22)

    assert {str(entry.outcome) for entry in first} == {"charted"}
    assert [entry.pk for entry in again] == [entry.pk for entry in first]
    taken = VitalSign.objects.filter(
        session=day.session, code="systolic", arrived_at=day.minute(20)
    )
    assert sorted(taken.values_list("taken_at", "value")) == [
        (entry.happened_at, Decimal(120 + n)) for n, entry in enumerate(entries)
    ]


def test_entries_are_charted_in_the_order_in_which_they_happened(day: Day) -> None:
    later, sooner = change(day, 15, "40", seen=2), change(day, 12, "50", seen=1)

    outcomes = sent(day, later, sooner)

    assert [str(entry.outcome) for entry in outcomes] == ["charted", "charted"]
    steps = PumpAction.objects.filter(infusion=day.infusion).order_by("sequence")
    assert [step.rate_ml_per_h for step in steps][1:] == [
        Rate.ml_per_h("50"),
        Rate.ml_per_h("40"),
    ]


def test_two_rates_on_two_tablets_wait_for_a_person_and_hold_the_signature(day: Day) -> None:
    act_on_pump(
        session=day.id,
        kind=PumpActionKind.CHANGE_RATE,
        by=day.clinician,
        at=day.minute(14),
        key=uuid.uuid4(),
        seen_sequence=1,
        rate=Rate.ml_per_h("60"),
    )

    (entry,) = sent(day, change(day, 12))

    assert str(entry.outcome) == "conflict"
    assert PumpAction.objects.filter(infusion=day.infusion).count() == 2
    facts = sign_facts.sign(day.refreshed(), slots_unread=0, at=day.minute(20))
    assert facts.offline_unsettled == 1


def test_a_stop_that_meets_a_later_entry_is_a_conflict_and_not_moved(day: Day) -> None:
    act_on_pump(
        session=day.id,
        kind=PumpActionKind.CHANGE_RATE,
        by=day.clinician,
        at=day.minute(14),
        key=uuid.uuid4(),
        seen_sequence=1,
        rate=Rate.ml_per_h("60"),
    )

    (entry,) = sent(day, typed(day, 12, "pump", kind="stop"))

    assert str(entry.outcome) == "conflict"
    day.infusion.refresh_from_db()
    assert day.infusion.ended_at is None


def test_a_stop_typed_offline_ends_the_infusion_when_it_was_pressed(day: Day) -> None:
    (entry,) = sent(day, typed(day, 12, "pump", kind="stop"))

    day.infusion.refresh_from_db()
    assert str(entry.outcome) == "charted"
    assert day.infusion.ended_at == day.minute(12)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("readings", {"readings": {"systolic": "abc"}}),
        ("readings", {"readings": {"sistolic": "120"}}),
        ("pump", {"kind": "explode"}),
        ("pump", {"kind": "start", "rate": "75", "reason": "x"}),
        ("medicine", {"product": "none", "dose_mg": "4"}),
        ("note", {"kind": "hand_over", "text": "x"}),
        ("dance", {}),
    ],
)
def test_what_cannot_be_read_is_kept_and_waits(day: Day, kind: str, body: dict[str, Any]) -> None:
    (entry,) = sent(day, typed(day, 12, kind, **body))

    assert (str(entry.outcome), entry.body) == ("refused", body)
    assert entry.reasons[0]["code"] == "OFFLINE_ENTRY_NOT_UNDERSTOOD"


def test_an_implausible_reading_is_refused_with_its_reason_and_kept(day: Day) -> None:
    (entry,) = sent(day, typed(day, 12, "readings", readings={"spo2": "140"}))

    assert str(entry.outcome) == "refused"
    assert "140" in entry.reasons[0]["sentence"]


def test_what_arrives_after_the_signature_is_kept_and_charts_nothing() -> None:
    day = signed()
    before = VitalSign.objects.count()

    (entry,) = sent(day, pressure(day, 12), minute=300)

    assert entry.reasons[0]["code"] == "RECORD_SIGNED_BEFORE"
    assert VitalSign.objects.count() == before


def settled(day: Day, entry: OfflineEntry, choice: OfflineChoice, reason: str = "") -> Any:
    return offline.settle(
        session=day.id,
        entry=entry.public_id,
        choice=choice,
        reason=reason,
        by=day.clinician,
        at=day.minute(25),
    )


def conflict(day: Day) -> OfflineEntry:
    act_on_pump(
        session=day.id,
        kind=PumpActionKind.PAUSE,
        by=day.clinician,
        at=day.minute(11),
        key=uuid.uuid4(),
        seen_sequence=1,
    )
    (entry,) = sent(day, typed(day, 15, "pump", kind="resume", seen_sequence=1))
    assert str(entry.outcome) == "conflict"
    return entry


def test_a_stop_that_waits_stands_in_the_room_on_every_screen_until_it_is_settled(
    day: Day, client: Client
) -> None:
    act_on_pump(
        session=day.id,
        kind=PumpActionKind.CHANGE_RATE,
        by=day.clinician,
        at=day.minute(14),
        key=uuid.uuid4(),
        seen_sequence=1,
        rate=Rate.ml_per_h("60"),
    )
    (entry,) = sent(day, typed(day, 12, "pump", kind="stop"))
    assert str(entry.outcome) == "conflict"
    client.force_login(day.clinician)
    where = f"/sessions/{day.id}/infusion/"
    said = f"{entry.happened_at.astimezone(day.session.site.zone):%H:%M:%S} and is not charted"

    with clock.fixed(day.minute(21)):
        page = client.get(where).content.decode()
        settled(day, entry, OfflineChoice.NOTED, "The pump runs.")
        after = client.get(where).content.decode()

    assert "PUMP STOPPED was typed without a connection" in page
    assert said in page
    assert "PUMP STOPPED was typed" not in after


def test_a_conflict_that_fits_after_all_is_charted_at_its_own_time(day: Day) -> None:
    entry = conflict(day)

    outcome = settled(day, entry, OfflineChoice.CHARTED)

    assert isinstance(outcome, Done)
    last = PumpAction.objects.filter(infusion=day.infusion).order_by("-sequence")[0]
    assert (last.kind, last.at) == ("resume", day.minute(15))


def test_a_conflict_can_stand_as_a_note_and_is_settled_once(day: Day) -> None:
    entry = conflict(day)

    settled(day, entry, OfflineChoice.NOTED, "The other tablet was right.")
    again = settled(day, entry, OfflineChoice.DROPPED, "Changed my mind.")

    assert again.repeated
    note = SessionEvent.objects.get(session=day.session, kind=EventKind.NOTE)
    assert note.text == "Typed offline: Pump resumed. The other tablet was right."
    assert OfflineResolution.objects.get(entry=entry).choice == "noted"


def test_nothing_is_left_out_without_a_reason(day: Day) -> None:
    outcome = settled(day, conflict(day), OfflineChoice.DROPPED)

    assert isinstance(outcome, Refused)
    assert outcome.decision.codes == ("OFFLINE_DROPPED_WITHOUT_REASON",)


def test_the_database_keeps_entries_and_refuses_a_silent_drop(day: Day) -> None:
    entry = conflict(day)

    with pytest.raises(DatabaseError), transaction.atomic():
        OfflineEntry.objects.filter(pk=entry.pk).update(outcome="charted")
    with pytest.raises(DatabaseError), transaction.atomic():
        OfflineEntry.objects.filter(pk=entry.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        OfflineResolution.objects.create(
            entry=entry, choice="dropped", reason="", by=day.clinician, at=day.minute(30)
        )


# -- the page and what the tablet calls ---------------------------------------------------------


def post(client: Client, day: Day, body: Any, minute: float = 20) -> tuple[int, Any]:
    with clock.fixed(day.minute(minute)):
        answer = client.post(
            f"/sessions/{day.id}/offline/",
            body if isinstance(body, str) else json.dumps(body),
            content_type="application/json",
        )
    return answer.status_code, answer.json()


def as_sent(entry: offline.Typed) -> dict[str, Any]:
    return {
        "key": str(entry.key),
        "kind": entry.kind,
        "body": dict(entry.body),
        "happened_at": entry.happened_at.isoformat(),
        "typed_by": str(entry.typed_by),
    }


def test_the_tablet_hears_of_each_entry_by_its_key(client: Client, day: Day) -> None:
    client.force_login(day.clinician)
    good, bad = pressure(day, 12), typed(day, 13, "dance")

    status, answer = post(
        client, day, {"tablet": str(TABLET), "entries": [as_sent(good), as_sent(bad)]}
    )

    assert status == 200
    assert [(one["key"], one["outcome"]) for one in answer["entries"]] == [
        (str(good.key), "charted"),
        (str(bad.key), "refused"),
    ]


@pytest.mark.parametrize(
    "body",
    ["", "[]", '{"tablet": "x", "entries": []}', '{"entries": [{}], "tablet": ""}'],
)
def test_what_is_no_message_is_refused_whole(client: Client, day: Day, body: str) -> None:
    client.force_login(day.clinician)

    status, answer = post(client, day, body)

    assert status == 400
    assert answer["error"]
    assert not OfflineEntry.objects.exists()


def test_a_time_without_its_zone_is_refused(client: Client, day: Day) -> None:
    client.force_login(day.clinician)
    entry = as_sent(pressure(day, 12)) | {"happened_at": "2026-11-23T13:00:00"}

    status, answer = post(client, day, {"tablet": str(TABLET), "entries": [entry]})

    assert status == 400
    assert "not a time with its zone" in answer["error"]


def test_only_who_may_chart_sends(client: Client, day: Day) -> None:
    client.force_login(staff(Role.FRONT_DESK, site=day.site))

    with clock.fixed(day.minute(20)):
        answer = client.post(f"/sessions/{day.id}/offline/", "{}", content_type="application/json")

    assert answer.status_code == 403


def test_both_sides_of_a_conflict_stand_side_by_side_and_are_settled_there(
    client: Client, day: Day
) -> None:
    entry = conflict(day)
    client.force_login(day.clinician)

    with clock.fixed(day.minute(25)):
        html = client.get(f"/sessions/{day.id}/offline/").content.decode()
        where = f"/sessions/{day.id}/offline/{entry.public_id}/"
        nothing = client.post(where, {"choice": "eat"})
        dropped = client.post(where, {"choice": "dropped", "reason": "Never pressed."}, follow=True)

    assert "Pump resumed" in html
    assert "Paused" in html
    assert nothing.status_code == 422
    assert "left out" in dropped.content.decode()


def test_a_stop_that_both_tablets_charted_is_no_conflict_when_the_times_agree(day: Day) -> None:
    record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.COMPLETED,
        by=day.clinician,
        at=day.minute(12),
        key=uuid.uuid4(),
    )

    (entry,) = sent(day, typed(day, 12.5, "pump", kind="stop"))

    assert entry.reasons[0]["code"] == "PAPER_STOP_TWICE"


def test_a_statement_about_suicide_that_could_not_be_charted_has_its_task_and_is_never_left_out(
    day: Day,
) -> None:
    too_early = typed(day, -300, "note", kind="suicidal_statement", text="I want to be gone.")

    (entry,) = sent(day, too_early)
    dropped = settled(day, entry, OfflineChoice.DROPPED, "Typed by mistake.")
    noted = settled(day, entry, OfflineChoice.NOTED)

    assert str(entry.outcome) == "refused"
    assert Task.objects.filter(kind="suicide_positive", patient=day.session.patient.public_id)
    assert dropped.decision.codes == ("OFFLINE_STATEMENT_STANDS",)
    assert isinstance(noted, Done)
    assert SessionEvent.objects.filter(kind=EventKind.SUICIDAL_STATEMENT).count() == 1


@pytest.mark.parametrize("body", [{"scales": {"moaas": 7}}, {"readings": 3}, {"text": "a\x00b"}])
def test_an_entry_of_no_shape_still_has_its_place_on_the_page(
    client: Client, day: Day, body: dict[str, Any]
) -> None:
    client.force_login(day.clinician)
    status, _answer = post(
        client,
        day,
        {"tablet": str(TABLET), "entries": [as_sent(typed(day, 12, "readings", **body))]},
    )

    with clock.fixed(day.minute(25)):
        page = client.get(f"/sessions/{day.id}/offline/")

    assert (status, page.status_code) == (200, 200)
    assert "Not understood" in page.content.decode()
