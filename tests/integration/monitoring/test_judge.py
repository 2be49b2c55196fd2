"""The judge: alarms of sessions that got readings, at once and beside the charting."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.services import (
    TOUCHED_CHANNEL,
    judge_touched,
    refresh_alarms,
    tell_touched,
    told_of,
    touched,
)
from afterglow.apps.monitoring.services.alarms import would_change
from afterglow.apps.monitoring.windows import Windows
from afterglow.config import judge
from afterglow.db.leading import Lead, heard
from afterglow.interop.hl7v2 import charter
from afterglow.web import clock
from support.clinic_messages import PULSE, SPO2, Bed, bed, journal, oru

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def here() -> Bed:
    return bed(at=clock.now() - timedelta(minutes=5))


def charted(here: Bed, signs: dict[str, str | None], *, at: datetime) -> None:
    journal(oru(here.monitor, signs, at=at, control_id=f"{at:%H%M%S%f}"))
    charter.chart_some(touched=set())


def test_a_session_judged_a_moment_ago_waits_that_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[list[int]] = []
    now, costs = [1000.0], [0.0]

    def judging(keys: list[int], **_: Any) -> None:
        judged.append(list(keys))
        now[0] += costs[0]

    monkeypatch.setattr(judge, "judge_touched", judging)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    turns = judge.Turns()

    def after(seconds: float) -> list[list[int]]:
        now[0] += seconds
        turns.judge()
        said, judged[:] = list(judged), []
        return said

    turns.note((2, 1))
    assert after(0) == [[1, 2]]
    turns.note((1, 3))
    assert after(0) == [[3]]
    assert turns.due_in_s() == judge.WAIT_S  # what is due comes later than a wait lasts
    assert after(judge.AGAIN_S) == [[1]]
    costs[0] = 3.0  # a full floor: a round takes seconds, and the next one waits in proportion
    turns.note((1,))
    assert after(judge.AGAIN_S) == [[1]]
    turns.note((1,))
    assert after(2.0) == []
    assert after(3.0 / judge.BUSY_AT_MOST) == [[1]]


def test_many_sessions_are_judged_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[int] = []
    monkeypatch.setattr(judge, "judge_touched", lambda keys, **_: judged.append(len(keys)))
    turns = judge.Turns()
    turns.note(range(2 * judge.SESSIONS_AT_ONCE + 1))
    turns.judge()

    assert judged == [judge.SESSIONS_AT_ONCE, judge.SESSIONS_AT_ONCE, 1]


def test_a_low_saturation_is_an_alarm_as_soon_as_it_is_judged(here: Bed) -> None:
    at, windows = clock.now(), Windows()
    for second in range(40):
        charted(here, {SPO2: "80"}, at=at - timedelta(seconds=40 - second))
        judge_touched([here.session.pk], at=clock.now(), windows=windows)

    assert Alarm.objects.get(condition="SPO2_LOW").ended_at is None


def locks_in(captured: CaptureQueriesContext) -> list[str]:
    return [q["sql"] for q in captured.captured_queries if "FOR NO KEY UPDATE" in q["sql"]]


def test_a_session_is_locked_for_its_readings_only_when_nothing_changes(here: Bed) -> None:
    windows = Windows()
    charted(here, {PULSE: "72"}, at=clock.now())
    refresh_alarms(session=here.session.public_id, at=clock.now())
    judge_touched([here.session.pk], at=clock.now(), windows=windows)
    charted(here, {PULSE: "73"}, at=clock.now())

    with CaptureQueriesContext(connection) as captured:
        assert judge_touched([here.session.pk], at=clock.now(), windows=windows) == 0

    said = [q["sql"] for q in captured.captured_queries]
    assert len(locks_in(captured)) == 1
    held = said[said.index("BEGIN") : said.index("COMMIT") + 1]
    assert len(held) <= 6  # begin, lock, marks, what is new, commit
    assert "monitoring_alarm" not in " ".join(held)
    assert not any("INSERT" in sql or "UPDATE " in sql.replace("NO KEY UPDATE", "") for sql in said)


def test_a_look_that_sees_a_change_leaves_it_to_the_lock(
    here: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between look and lock another process judges: nothing is raised twice."""
    windows = Windows()
    look = would_change

    def look_and_lose(sessions: Any, **more: Any) -> list[int]:
        changing = look(sessions, **more)
        refresh_alarms(session=here.session.public_id, at=clock.now())
        return changing

    monkeypatch.setattr(touched, "would_change", look_and_lose)
    charted(here, {SPO2: "80"}, at=clock.now())
    judge_touched([here.session.pk], at=clock.now(), windows=windows)

    open_now = list(Alarm.objects.filter(ended_at__isnull=True).values_list("condition", "about"))
    assert open_now
    assert len(open_now) == len(set(open_now))


def test_what_is_told_after_a_commit_is_heard_however_busy_one_is() -> None:
    lead = Lead(7_301_199, hears=TOUCHED_CHANNEL)
    assert lead.holds()
    try:
        many = range(1, 1001)
        tell_touched(many)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")  # a busy judge: the words come while it asks for others
        found: set[int] = set()
        for _ in range(20):
            for said in heard(0.1):
                found |= set(told_of(said))
    finally:
        connection.close()

    assert found == set(many)


def test_one_judge_leads(here: Bed) -> None:
    first, second = Lead(7_301_199), Lead(7_301_199)
    other = connection.copy()
    try:
        assert first.holds()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(7301199)")
            assert cursor.fetchone() == (False,)
    finally:
        other.close()
        connection.close()
    assert second.holds()
    connection.close()


@pytest.fixture(autouse=True)
def no_lead_is_left() -> Iterator[None]:
    yield
    if not transaction.get_connection().in_atomic_block:
        connection.close()
