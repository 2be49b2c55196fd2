"""``afterglow readings``, as an operator runs it, and what the chart says afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.definitions import services as definitions
from afterglow.apps.definitions.models import Definition, DefinitionApproval, DefinitionKind
from afterglow.apps.monitoring.models import ReadingsArchive, VitalSign
from afterglow.config.postgres import Role
from afterglow.web import clock
from support.clinic_messages import bed
from support.database import DatabaseUrl
from support.infusion_day import signed
from support.months import sign, store_in


@pytest.mark.django_db(transaction=True)
def test_a_month_is_looked_at_archived_verified_and_restored(
    database_url: DatabaseUrl, tmp_path: Path
) -> None:
    definitions.sync_definitions(at=datetime(2019, 1, 1, tzinfo=UTC))
    here = bed()
    store_in(date(2019, 11, 1), here)
    sign(here)
    rule = Definition.objects.get(kind=DefinitionKind.READINGS_RETENTION)

    def readings(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "afterglow.config.cli", "readings", *words],
            env={**os.environ, "DATABASE_URL": database_url(Role.OWNER)},
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    archive = ("archive", "--before", "2020-01", "--to", str(tmp_path / "kept"))
    status, said = readings(*archive, "--apply")
    assert (status, "ARCHIVE_RULE_NOT_APPROVED" in said) == (1, True)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    DefinitionApproval.objects.create(
        definition=rule, act="approved", by=rule.public_id, at=at, effective_from=at
    )

    assert "Nothing was done: say --apply." in readings(*archive)[1]
    assert VitalSign.objects.count() == 1
    status, said = readings(*archive, "--apply")
    assert (status, "2019-11: 2 rows of 1 sessions are now in" in said) == (0, True)
    assert VitalSign.objects.count() == 0
    path = str(tmp_path / "kept" / "readings-2019_11.tar")
    assert "The archive of 2019_11 is whole" in readings("verify", path)[1]
    assert readings("restore", path)[0] == 0
    assert VitalSign.objects.count() == 1
    assert readings("months")[0] == 0


@pytest.mark.django_db
def test_the_page_of_a_session_says_that_its_readings_are_in_an_archive() -> None:
    day = signed()
    browser = Client()
    browser.force_login(day.clinician, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("treatment:infusion", args=[day.id])

    def page() -> str:
        with clock.fixed(day.minute(95)):
            return browser.get(address).content.decode()

    def noted(act: str, minutes: int) -> None:
        ReadingsArchive.objects.create(
            act=act,
            part="2026_11",
            file_name="readings-2026_11.tar",
            sha256="0" * 64,
            rows={},
            sessions=[1, day.session.pk],
            at=day.minute(90) + timedelta(minutes=minutes),
        )

    assert "readings-2026_11.tar" not in page()
    noted("archived", 1)
    assert "readings-2026_11.tar" in page()
    noted("restored", 2)
    assert "readings-2026_11.tar" not in page()
