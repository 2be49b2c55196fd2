"""One whole day of a clinic, saved, restored, archived: how long each takes on this machine.

``pytest -m bench tests/bench/test_restore_day.py`` writes the table into
docs/reference/reliability.md. The day: ten monitors for eight hours, a message with six readings
every five seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from afterglow.apps.definitions import services as definitions
from afterglow.apps.definitions.models import Definition, DefinitionApproval, DefinitionKind
from afterglow.apps.devices.models import RawMessage
from afterglow.apps.monitoring.models import ReadingsArchive, VitalSign
from afterglow.apps.monitoring.months import make_between
from afterglow.apps.monitoring.services import archiving
from afterglow.config import backup as backups
from afterglow.config.postgres import Role
from afterglow.db import months
from afterglow.web import clock
from support.clinic_messages import PULSE, Bed, bed, oru
from support.database import DatabaseUrl
from support.months import sign

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True)]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "reliability.md"
BEGIN, END = "<!-- numbers: written by the restore bench -->", "<!-- end of restore numbers -->"
DAY = date(2019, 11, 20)
BEDS, MESSAGES = 10, 8 * 3600 // 5
SIGNS = ("spo2", "heart_rate", "pulse_rate", "respiratory_rate", "systolic", "diastolic")
FILL_MESSAGES = """
INSERT INTO devices_rawmessage (id, public_id, received_at, peer, port, content, sha256,
    sending_application, sending_facility, control_id, device_id, outcome, problem)
SELECT %(low)s + n, gen_random_uuid(), %(at)s::timestamptz + n * interval '5 s', '127.0.0.1', 1,
    %(content)s, encode(sha256((%(low)s + n)::text::bytea), 'hex'), 'GW', '', n::text, %(device)s,
    'charted', '' FROM generate_series(1, %(messages)s) n
"""
FILL_SIGNS = """
INSERT INTO monitoring_vitalsign (id, session_id, batch, code, value, unit, source, taken_at,
    arrived_at, device_id, message_id, flag)
SELECT %(low)s * 1 + n * 10 + i, %(session)s, gen_random_uuid(), (%(signs)s::text[])[i], 90 + i,
    '1', 'device', %(at)s::timestamptz + n * interval '5 s',
    %(at)s::timestamptz + n * interval '5 s', %(device)s, %(low)s + n, ''
FROM generate_series(1, %(messages)s) n, generate_series(1, 6) i
"""

T = TypeVar("T")


def fill(number: int, here: Bed) -> None:
    """Store the day of one bed."""
    start = datetime(DAY.year, DAY.month, DAY.day, 9, tzinfo=UTC)
    low = months.number_of(DAY) * months.ROWS_A_MONTH + number * 1_000_000
    content = oru(here.monitor, dict.fromkeys([PULSE], "70"), at=start, control_id="1") * 2
    values: dict[str, Any] = {
        "low": low,
        "at": start,
        "content": content,
        "device": here.monitor.pk,
        "session": here.session.pk,
        "messages": MESSAGES,
        "signs": list(SIGNS),
    }
    with connection.cursor() as cursor:
        cursor.execute(FILL_MESSAGES, values)
        cursor.execute(FILL_SIGNS, values)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.monotonic()
    return work(), time.monotonic() - began


def test_a_day_is_saved_and_brought_back(database_url: DatabaseUrl, tmp_path: Path) -> None:
    definitions.sync_definitions(at=datetime(2019, 1, 1, tzinfo=UTC))
    make_between(DAY, DAY)
    beds = [bed() for _ in range(BEDS)]
    for number, here in enumerate(beds):
        fill(number, here)
        sign(here)
    rule = Definition.objects.get(kind=DefinitionKind.READINGS_RETENTION)
    at = datetime(2019, 1, 2, tzinfo=UTC)
    DefinitionApproval.objects.create(
        definition=rule, act="approved", by=rule.public_id, at=at, effective_from=at
    )
    messages, readings = RawMessage.objects.count(), VitalSign.objects.count()
    owner = database_url(Role.OWNER)
    name = f"test_restored_{os.getpid()}"
    fresh = make_conninfo(owner, dbname=name)

    saved, saving = timed(
        lambda: backups.make_backup(
            owner_url=owner, data=tmp_path, target=tmp_path / "saved", at=clock.now()
        )
    )
    backups.create_database(owner, name)
    try:
        _, restoring = timed(lambda: backups.restore_into(owner_url=fresh, backup=saved))
        with psycopg.connect(fresh) as restored:
            rows = backups.count_rows(restored)
    finally:
        with psycopg.connect(make_conninfo(owner, dbname="postgres"), autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    done, archiving_took = timed(
        lambda: archiving.archive(part="2019_11", folder=tmp_path, at=clock.now())
    )
    assert isinstance(done, ReadingsArchive), done
    path = tmp_path / done.file_name
    _, back = timed(lambda: archiving.restore(path=path, at=clock.now()))

    assert rows["devices_rawmessage"] == messages == BEDS * MESSAGES
    assert rows["monitoring_vitalsign"] == readings == BEDS * MESSAGES * len(SIGNS)
    assert VitalSign.objects.count() == readings
    dump = (saved / "database.dump").stat().st_size
    table = "\n".join(
        (
            f"{clock.now():%d %b %Y}, {os.cpu_count()} cores, load average "
            f"{os.getloadavg()[0]:.1f}: {messages} messages and {readings} readings, the day of "
            f"{BEDS} monitors over eight hours.",
            "",
            "| What | Seconds | Size |",
            "|---|---|---|",
            f"| `afterglow backup` of it | {saving:.1f} | {dump / 1e6:.1f} MB |",
            f"| `afterglow restore` into an empty database, every index and key | {restoring:.1f} "
            "| |",
            f"| `afterglow readings archive` of its month, written and read back | "
            f"{archiving_took:.1f} | {path.stat().st_size / 1e6:.1f} MB |",
            f"| `afterglow readings restore` of that file | {back:.1f} | |",
        )
    )
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}")
