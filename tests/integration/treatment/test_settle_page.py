"""What waits after an offline stretch: only what can be done is offered, in the clinic's words."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from afterglow.apps.medicines.models import Product
from afterglow.apps.treatment.models import OfflineEntry, OfflineResolution, PumpAction
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.offline_words import said, said_in_the_record
from afterglow.apps.treatment.services import mistakes
from afterglow.apps.treatment.services.infusions import act_on_pump
from afterglow.apps.treatment.services.offline_ways import ways_of
from afterglow.core.quantities import Rate
from afterglow.web import clock
from support.infusion_day import Day, infusing
from support.typed_offline import sent, typed

pytestmark = pytest.mark.django_db

AT_ITS_TIME = 'name="choice" value="charted"'


@pytest.fixture
def day() -> Day:
    return infusing()


def rate_of_another_screen(day: Day, minute: float = 14) -> PumpAction:
    done = act_on_pump(
        session=day.id,
        kind=PumpActionKind.CHANGE_RATE,
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
        seen_sequence=1,
        rate=Rate.ml_per_h("60"),
    )
    return done.row  # type: ignore[union-attr]


def overtaken_stop(day: Day) -> OfflineEntry:
    rate_of_another_screen(day)
    (entry,) = sent(day, typed(day, 12, "pump", kind="stop"))
    return entry


def page(client: Client, day: Day, minute: float = 25) -> str:
    client.force_login(day.clinician)
    with clock.fixed(day.minute(minute)):
        return client.get(f"/sessions/{day.id}/offline/").content.decode()


def press(client: Client, day: Day, entry: OfflineEntry, **data: str) -> tuple[int, str]:
    client.force_login(day.clinician)
    with clock.fixed(day.minute(25)):
        there = f"/sessions/{day.id}/offline/{entry.public_id}/"
        answer = client.post(there, data, follow=True)
    return answer.status_code, answer.content.decode()


def at_clock(day: Day, minute: float, form: str = "%H:%M:%S") -> str:
    return day.minute(minute).astimezone(day.site.zone).strftime(form)


def test_a_stop_that_can_never_be_charted_at_its_time_is_not_offered_so(
    client: Client, day: Day
) -> None:
    overtaken_stop(day)

    html = page(client, day)

    assert f"Chart it at {at_clock(day, 12)}" not in html
    assert f"It cannot be charted at {at_clock(day, 12)} as it was typed." in html
    says = f"The stop at {at_clock(day, 12)} is not after the last pump entry at"
    assert f"{says} {at_clock(day, 14)}." in html
    assert "It happened at another time" in html
    assert "It was charted in error" in html
    shown = html[html.index("<main") :]
    assert "+00:00" not in shown
    assert "change_rate" not in shown


def test_what_can_be_charted_at_its_time_is_offered_and_is(client: Client, day: Day) -> None:
    wrong = rate_of_another_screen(day)
    (entry,) = sent(day, typed(day, 12, "pump", kind="stop"))
    mistakes.take_back_pump_action(
        session=day.id,
        action=wrong.public_id,
        reason="It never ran.",
        by=day.clinician,
        at=day.minute(21),
        key=uuid.uuid4(),
    )

    html = page(client, day)
    status, _after = press(client, day, entry, choice="charted")

    assert f"Chart it at {at_clock(day, 12)}" in html
    assert status == 200
    day.infusion.refresh_from_db()
    assert day.infusion.ended_at == day.minute(12)


def test_it_is_charted_at_another_time_with_the_reason(client: Client, day: Day) -> None:
    entry = overtaken_stop(day)
    other = at_clock(day, 16, "%H:%M")

    wordless, html = press(client, day, entry, choice="charted", when=other)
    future, later = press(client, day, entry, choice="charted", when=at_clock(day, 40, "%H:%M"))
    done, _after = press(
        client, day, entry, choice="charted", when=other, reason="My clock was slow."
    )

    assert (wordless, future, done) == (409, 422, 200)
    assert "Say why it is charted at that time." in html
    assert f'value="{other}"' in html
    assert "is in the future" in later
    day.infusion.refresh_from_db()
    assert day.infusion.ended_at == day.minute(16)
    settled = OfflineResolution.objects.get(entry=entry)
    assert settled.reason == f"At {at_clock(day, 16)}: My clock was slow."


def test_a_rate_past_the_limit_is_offered_as_what_the_pump_really_ran_at_and_no_other_way(
    client: Client, day: Day
) -> None:
    (entry,) = sent(day, typed(day, 12, "pump", kind="change_rate", rate="525", seen_sequence=1))

    html = page(client, day)
    status, _after = press(
        client, day, entry, choice="really_ran", reason="A digit too many at the pump."
    )

    assert "New rate 525 mL/h" in html
    assert 'value="really_ran"' in html
    assert AT_ITS_TIME not in html
    assert status == 200
    step = PumpAction.objects.get(infusion=day.infusion, sequence=2)
    assert (step.at, step.rate_ml_per_h) == (day.minute(12), Rate.ml_per_h("525"))


def test_looking_at_the_page_charts_nothing(client: Client, day: Day) -> None:
    entry = overtaken_stop(day)
    before = list(PumpAction.objects.values_list("pk", flat=True))

    ways = ways_of(day.refreshed(), entry, by=day.clinician, at=day.minute(25))
    page(client, day)

    assert (ways.at_its_time, ways.another_time) == (False, True)
    assert list(PumpAction.objects.values_list("pk", flat=True)) == before
    day.infusion.refresh_from_db()
    assert day.infusion.ended_at is None
    assert not OfflineResolution.objects.exists()


def waiting_rates(day: Day, count: int) -> list[OfflineEntry]:
    return sent(
        day,
        *(
            typed(day, 2 + n / 10, "pump", kind="change_rate", rate="525", seen_sequence=1)
            for n in range(count)
        ),
    )


def test_of_many_that_wait_one_is_tried_and_the_others_when_they_are_asked_for(
    client: Client, day: Day
) -> None:
    waiting_rates(day, 1)
    page(client, day)
    with CaptureQueriesContext(connection) as of_one:
        page(client, day)
    _first, *_others, last = waiting_rates(day, 10)
    with CaptureQueriesContext(connection) as of_many:
        html = page(client, day)
    client.force_login(day.clinician)
    with clock.fixed(day.minute(25)):
        asked = client.get(f"/sessions/{day.id}/offline/?entry={last.public_id}").content.decode()

    assert len(of_many) <= len(of_one) + 2
    assert html.count('value="really_ran"') == 1
    assert html.count("What is possible?") == 10
    assert f'for="reason-{last.public_id}"' in asked
    assert asked.count('value="really_ran"') == 1


@pytest.mark.django_db(transaction=True)
def test_the_page_steps_aside_where_somebody_charts(client: Client, day: Day) -> None:
    overtaken_stop(day)
    elsewhere = connection.copy()
    try:
        elsewhere.set_autocommit(False)
        with elsewhere.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM visits_treatmentsession WHERE id = %s FOR UPDATE", [day.session.pk]
            )
        html = page(client, day)
    finally:
        elsewhere.close()
    later = page(client, day)

    assert "Somebody is charting in this session just now." in html
    assert "What is possible?" in html
    assert "It happened at another time" in later


def test_charting_at_another_time_asks_for_the_time_and_a_note_takes_none(
    client: Client, day: Day
) -> None:
    entry = overtaken_stop(day)
    shown = page(client, day)

    timeless, html = press(
        client, day, entry, choice="charted", needs_time="on", reason="My clock was slow."
    )
    timed, note = press(
        client, day, entry, choice="noted", needs_time="on", when=at_clock(day, 16, "%H:%M")
    )

    assert 'name="needs_time"' in shown
    assert (timeless, timed) == (422, 422)
    assert "Type the time at which it happened." in html
    assert "A time is taken only for what is charted." in note
    assert not OfflineResolution.objects.exists()


READ = {"systolic": "138", "diastolic": "86", "spo2": "97", "temperature": "36.8"}
SAID: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "readings",
        {"readings": READ, "scales": {"moaas": {"response": 4}}},
        "BP 138/86 mmHg, SpO2 97 %, Temp 36.8 °C, MOAA/S 4",
        "PA 138/86 mmHg, SpO2 97 %, Temp 36.8 °C, MOAA/S 4",
    ),
    (
        "pump",
        {"kind": "change_rate", "rate": "60"},
        "New rate 60 mL/h",
        "Nueva velocidad 60 mL/h",
    ),
    ("pump", {"kind": "stop"}, "Pump stopped", "Bomba detenida"),
    ("note", {"kind": "fall", "text": "Beside the chair."}, "Fall: Beside the chair.", "Caída: "),
    ("note", {"kind": "symptom", "code": "CHEST_PAIN"}, "Chest pain", "Dolor"),
    ("medicine", {"dose_mg": "4.0", "route": "IV"}, "Ondansetron 4 mg IV", "4 mg IV"),
    ("dance", {"step": 1}, 'Not understood: {"step": 1}', "No se"),
]


@pytest.mark.parametrize(("kind", "body", "english", "spanish"), SAID)
def test_what_was_typed_is_said_in_the_fields_words_with_units(
    day: Day, kind: str, body: dict[str, Any], english: str, spanish: str
) -> None:
    if kind == "medicine":
        body = body | {"product": str(Product.objects.get(key="ondansetron").public_id)}
    (entry,) = sent(day, typed(day, 12, kind, **body))

    with translation.override("es"):
        in_spanish, record = said(entry), said_in_the_record(entry)

    assert said(entry) == english
    assert record == f"Typed offline: {english}"
    assert spanish in in_spanish
