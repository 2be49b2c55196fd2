"""What the printed record says: products by name, no identifiers, every reading that was marked."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from afterglow.apps.medicines.models import Product
from afterglow.apps.monitoring.models import Alarm, VitalSign
from afterglow.apps.monitoring.services import acknowledge_alarm, mark_artefact
from afterglow.apps.treatment.facts.sign import reds_without_symptom_answer
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.models.offline import OfflineChoice
from afterglow.apps.treatment.printed import before, during
from afterglow.apps.treatment.printed.readings import artefacts
from afterglow.apps.treatment.printed.words import Clock
from afterglow.apps.treatment.record import record_content
from afterglow.apps.treatment.services import charting, offline
from afterglow.apps.treatment.views.signing import waiting_alarms
from support.infusion_day import Day, infusing, take_vitals
from support.typed_offline import sent, typed

pytestmark = pytest.mark.django_db

IDENTIFIER = re.compile(r"[0-9a-f]{8}[- ][0-9a-f]{4}[- ]")


@pytest.fixture
def day() -> Day:
    return infusing()


def content_of(day: Day) -> tuple[dict[str, Any], Clock]:
    content = record_content(day.refreshed(), signed_by=day.clinician, at=day.minute(40))
    return content, Clock.of(content)


def rows_of(sections: list[dict[str, Any]], title: str) -> list[list[Any]]:
    [found] = [each for each in sections if each.get("title") == title]
    return list(found["rows"])


def test_what_is_allowed_by_need_is_named_as_the_order_page_names_it(day: Day) -> None:
    named = "Labetalol 5 mg/mL, 20 mL vial"
    Product.objects.filter(key="labetalol").update(name=named)
    content, clock = content_of(day)

    [order] = [each for each in before.sections(content, clock) if each.get("title") == "Order"]
    said = dict(order["rows"])["By need"]

    assert said.split("\n")[-1] == named
    assert len(said.split("\n")) == len(content["order"]["prn"])


def test_no_note_carries_an_identifier_or_a_time_of_a_machine(day: Day) -> None:
    (entry,) = sent(day, typed(day, 12, "readings", readings={"spo2": "140"}))
    offline.settle(
        session=day.id,
        entry=entry.public_id,
        choice=OfflineChoice.NOTED,
        reason="It was 94.",
        by=day.clinician,
        at=day.minute(25),
    )
    charting.record_event(
        session=day.id,
        kind=EventKind.DOWNTIME_ENTRY,
        by=day.clinician,
        at=day.minute(26),
        key=uuid.uuid4(),
        label="ABCDEF",
        data={
            "kept_by": str(day.second.public_id),
            "kept_by_name": day.second.full_name,
            "from": day.minute(10).isoformat(),
        },
    )

    content, clock = content_of(day)
    told = rows_of(during.story(content, clock), "Events and symptoms")

    everything = " ".join(str(cell) for row in told for cell in row)
    assert not IDENTIFIER.search(everything)
    assert "+00:00" not in everything
    assert "Typed offline: SpO2 140 %. It was 94." in everything
    assert f"kept by {day.second.full_name}" in everything
    assert clock.exact(day.minute(10).isoformat()) in everything


def test_every_reading_that_was_marked_is_in_the_record(day: Day) -> None:
    for minute, value in ((11.1, 78), (11.3, 81)):  # two of one minute
        take_vitals(day, at=day.minute(minute), spo2=value)
    marked = VitalSign.objects.filter(session=day.session, code="spo2", value__in=(78, 81))
    for row, why in zip(marked.order_by("taken_at"), ("probe off", "moved"), strict=True):
        mark_artefact(reading=row.pk, reason=why, by=day.clinician, at=day.minute(13))

    rows = rows_of(artefacts(*content_of(day)), "Readings marked as artefact")

    assert [(row[1], row[2], row[3]) for row in rows] == [
        ("SpO2", "78 %", "probe off"),
        ("SpO2", "81 %", "moved"),
    ]


def test_a_day_without_marks_has_no_such_table(day: Day) -> None:
    assert artefacts(*content_of(day)) == []


def test_one_reading_is_asked_after_once_before_the_signature_and_answered_for_all_of_it(
    day: Day,
) -> None:
    for minute in (10, 11):
        take_vitals(day, at=day.minute(minute), systolic=192, diastolic=118)
    reds = list(reds_without_symptom_answer(day.session))
    for alarm in Alarm.objects.filter(session=day.session, ended_at=None):
        acknowledge_alarm(alarm=alarm.public_id, by=day.clinician, at=day.minute(11.5))
    for minute in (12, 13, 14, 16, 20):
        take_vitals(day, at=day.minute(minute), systolic=122, diastolic=77)

    asked = [each for each in waiting_alarms(day.session) if each.asks_symptoms]
    assert len(reds) > 1
    assert len(asked) == 1
    assert {asked[0].row.pk, *(one.pk for one in asked[0].also)} == {row.pk for row in reds}

    acknowledge_alarm(
        alarm=asked[0].row.public_id, by=day.clinician, at=day.minute(30), symptomatic=False
    )
    assert not reds_without_symptom_answer(day.session).exists()
