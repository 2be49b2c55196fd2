"""A whole day leaves the patient's name, number and birth date in the chart and nowhere else."""

from __future__ import annotations

import logging
import re

import pytest
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import signing
from support.infusion_day import discharged

pytestmark = pytest.mark.django_db

WHO = {"family_name": "Zyxqvaldottir", "given_name": "Quillonwyn", "mrn": "MRN-774411"}
IDS_ONLY = ("events_outboxevent", "audit_auditentry", "work_task", "procrastinate_jobs")


def test_events_audit_tasks_and_logs_carry_ids_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        day = discharged(patient=WHO)
        outcome = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(90))

    assert isinstance(outcome, Done), outcome
    with connection.cursor() as cursor:
        for table in IDS_ONLY:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t")  # noqa: S608
            kept = "\n".join(row[0] for row in cursor.fetchall())
            assert [word for word in WHO.values() if word.lower() in kept.lower()] == [], table
        cursor.execute("SELECT count(*) FROM events_outboxevent")
        assert cursor.fetchone()[0] > 20
        # A notice's payload is written by the trigger: an empty text, whatever happened.
        cursor.execute("SELECT prosrc FROM pg_proc WHERE prosrc LIKE '%pg_notify(''afterglow%'")
        sources = [row[0] for row in cursor.fetchall()]
        assert len(sources) == 1  # the outbox's; the gateway rings for its charter without a word
        assert re.search(r"pg_notify\('afterglow_outbox', ''\)", sources[0])
    ours = [r for r in caplog.records if not r.name.startswith("django.db")]
    said = "\n".join(record.getMessage() for record in ours)
    assert [word for word in WHO.values() if word in said] == []


def routes(found: list[URLPattern | URLResolver], before: str = "") -> list[str]:
    every: list[str] = []
    for each in found:
        route = before + str(each.pattern)
        every += routes(each.url_patterns, route) if isinstance(each, URLResolver) else [route]
    return every


def test_no_address_holds_more_than_an_identifier() -> None:
    holes = {
        hole
        for route in routes(get_resolver().url_patterns)
        for hole in re.findall(r"<(?:\w+:)?(\w+)>", route)
    }

    assert not holes & {"mrn", "family_name", "given_name", "date_of_birth", "email"}
