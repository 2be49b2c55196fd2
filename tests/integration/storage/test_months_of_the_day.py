"""No page of a day and no message of a monitor looks into the months of years ago.

Every query that the day's pages, panels and the charter ask of a table that is stored by month is
planned again: its plan may not name a month of long ago.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from afterglow.apps.monitoring import services as monitoring
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.monitoring.months import make_between
from afterglow.apps.monitoring.windows import Windows
from afterglow.apps.treatment.services.pump import note_pump_agreement
from afterglow.apps.treatment.views.panels import PANELS
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.web import clock
from support.clinic_messages import PULSE, SPO2, arrive, oru
from support.infusion_day import TO_START, Day, ready, recovering
from support.long_infusion import lively_infusion, tell_by_the_minute

pytestmark = pytest.mark.django_db

TABLES = re.compile(
    r'(?:FROM|JOIN)\s+"?(?:monitoring_vitalsign|monitoring_pumpreading|devices_rawmessage)\b'
)
READS = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
LONG_AGO = re.compile(r"_(2019|2020|2021)_\d\d\b")


@pytest.fixture
def old_months() -> None:
    make_between(date(2019, 1, 1), date(2021, 12, 1))


@contextmanager
def only_months_of_today(at_least: int) -> Iterator[None]:
    """Plan again what was asked meanwhile; fail on what would look into months of long ago."""
    with CaptureQueriesContext(connection) as asked:
        yield
    said = {query["sql"] for query in asked.captured_queries}
    looks = {sql for sql in said if TABLES.search(sql) and READS.match(sql)}
    assert len(looks) >= at_least, f"{len(looks)} queries of the tables by month were seen"
    for look in looks:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {look}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert not LONG_AGO.search(plan), look


def visit(day: Day, *names: str) -> int:
    """Open pages of a session as its clinician; return how many there were to open."""
    browser = Client()
    browser.force_login(day.clinician, backend="django.contrib.auth.backends.ModelBackend")
    for name in names:
        answer = browser.get(reverse(f"treatment:{name}", args=[day.id]))
        assert answer.status_code == 200, (name, answer.status_code)
    return len(names)


@pytest.mark.usefixtures("old_months")
def test_the_pages_of_a_running_infusion_look_into_the_months_around_today() -> None:
    now = clock.now()
    day = lively_infusion(now=now)
    tell_by_the_minute(day, since=day.started, until=now)
    reading = VitalSign.objects.filter(session=day.session, source="device").latest("pk")
    browser = Client()
    browser.force_login(day.clinician, backend="django.contrib.auth.backends.ModelBackend")

    with only_months_of_today(at_least=15):
        visit(day, "infusion", "infusion-readings", "infusion-trend", "infusion-predicted")
        for panel in PANELS:
            address = reverse("treatment:infusion-panel", args=[day.id, panel])
            assert browser.get(address).status_code == 200, panel
        for name, words in (
            ("infusion-artefact", (reading.batch, reading.code)),
            ("infusion-raw", ("minute", int(day.started.timestamp()))),
        ):
            address = reverse(f"treatment:{name}", args=[day.id, *words])
            assert browser.get(address).status_code == 200, address


@pytest.mark.usefixtures("old_months")
def test_the_pages_before_the_start_look_into_the_months_around_today() -> None:
    day = ready(at=clock.now() - TO_START)

    with only_months_of_today(at_least=1):
        visit(day, "ready")


@pytest.mark.usefixtures("old_months")
def test_the_pages_after_the_stop_look_into_the_months_around_today() -> None:
    day = recovering(at=clock.now() - TO_START - timedelta(minutes=60))
    tell_by_the_minute(day, since=day.started, until=day.minute(41))

    with only_months_of_today(at_least=5):
        visit(day, "recovery", "infusion")
        note_pump_agreement([day.session.pk], clock.now())


@pytest.mark.usefixtures("old_months")
def test_what_people_enter_looks_into_the_months_around_today() -> None:
    now = clock.now()
    day = lively_infusion(now=now)
    key = uuid.uuid4()

    with only_months_of_today(at_least=3):
        monitoring.record_vital_signs_by_hand(
            session=day.id,
            readings={VitalSignCode.SPO2: Decimal(97)},
            taken_at=now,
            by=day.clinician,
            at=now,
            key=key,
        )
        monitoring.take_back_entry(session=day.id, batch=key, by=day.clinician, at=now)


@pytest.mark.usefixtures("old_months")
def test_charting_a_message_looks_into_the_months_around_today() -> None:
    now = clock.now()
    day = lively_infusion(now=now)
    windows = Windows()

    with only_months_of_today(at_least=3):
        for number in range(2):
            at = now + timedelta(seconds=number)
            raw = oru(day.monitor, {SPO2: "97", PULSE: "71"}, at=at, control_id=f"m{number}")
            arrive(raw, at=at)
            monitoring.judge_touched([day.session.pk], at=at, windows=windows)
