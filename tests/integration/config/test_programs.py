"""The programs behind `afterglow gateway` and `afterglow watch`, as processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta

import psycopg
import pytest

from afterglow.apps.monitoring.models import Alarm, VitalSign
from afterglow.config import watch
from afterglow.interop.hl7v2.framing import frame
from afterglow.web import clock
from support.clinic_messages import SPO2, bed, oru
from support.database import DatabaseUrl
from support.live import free_port

pytestmark = pytest.mark.django_db(transaction=True)


def start(database: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start `afterglow …` on a database."""
    return subprocess.Popen(
        [sys.executable, "-m", "afterglow.config.cli", *arguments],
        env={**os.environ, "DATABASE_URL": database},
    )


def stop(program: subprocess.Popen[bytes]) -> int:
    """Ask a program to stop and return how it ended."""
    program.send_signal(signal.SIGTERM)
    try:
        return program.wait(15)
    except subprocess.TimeoutExpired:
        program.kill()
        return program.wait()


def test_the_gateway_program_takes_a_message_and_stops_when_asked(
    database_url: DatabaseUrl,
) -> None:
    here = bed(at=clock.now() - timedelta(minutes=5))
    port = free_port()
    program = start(database_url(), "gateway", "--port", str(port))
    charter = start(database_url(), "charter")
    try:
        for _ in range(300):
            try:
                monitor = socket.create_connection(("127.0.0.1", port), timeout=10)
                break
            except OSError:
                time.sleep(0.1)
        raw = oru(here.monitor, {SPO2: "97"}, at=clock.now(), control_id="1")
        monitor.sendall(frame(raw))
        answer = monitor.recv(4096)
        monitor.close()
        for _ in range(300):
            if VitalSign.objects.exists():
                break
            time.sleep(0.1)
    finally:
        ended = [stop(program), stop(charter)]

    assert b"MSA|AA|1" in answer
    assert VitalSign.objects.get().session == here.session
    assert ended == [0, 0]


def test_the_watch_program_raises_what_time_makes_true_and_stops_when_asked(
    database_url: DatabaseUrl,
) -> None:
    here = bed(at=clock.now() - timedelta(minutes=5))
    program = start(database_url(), "watch")
    try:
        for _ in range(300):
            if Alarm.objects.filter(session=here.session, condition="MONITOR_SILENT").exists():
                break
            time.sleep(0.1)
    finally:
        ended = stop(program)

    assert Alarm.objects.filter(session=here.session, condition="MONITOR_SILENT").exists()
    assert ended == 0


def test_only_one_watch_leads_and_the_next_takes_over_when_it_dies(
    database_url: DatabaseUrl,
) -> None:
    with psycopg.connect(database_url(), autocommit=True) as first:
        first.execute("SELECT pg_try_advisory_lock(%s)", [watch._LEADER])
        while_it_lives = watch.lead()

    for _ in range(50):
        if after := watch.lead():
            break
        time.sleep(0.1)

    assert not while_it_lives
    assert after
    assert watch.lead(), "asking again keeps the lead"
