"""Events are published in the transaction that made them true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from afterglow.apps.events import outbox, services
from afterglow.apps.events.models import CHANNEL, OutboxEvent
from afterglow.config import processes
from afterglow.core.errors import InvalidValue
from support.database import DatabaseUrl

AT = datetime(2026, 11, 23, 18, 35, tzinfo=UTC)

pytestmark = pytest.mark.streams


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_committed_events_of_one_test_are_gone_in_the_next(turn: str) -> None:
    assert not OutboxEvent.objects.exists()

    services.publish("infusion-started", topic=uuid4(), subject=uuid4(), site=uuid4(), at=AT)

    assert OutboxEvent.objects.get().event == "infusion-started"


_INSERT = (
    "INSERT INTO events_outboxevent (event, version, topic, subject, site, at) "
    "VALUES (%s, 1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now()) RETURNING id"
)


@pytest.mark.django_db(transaction=True)
def test_a_late_commit_is_lost_by_a_serial_cursor_and_not_by_ours(
    database_url: DatabaseUrl,
) -> None:
    start = outbox.position()
    with psycopg.connect(database_url()) as slow, psycopg.connect(database_url()) as quick:
        slow.execute(_INSERT, ["written-first"])
        quick.execute(_INSERT, ["written-second"])
        quick.commit()

        seen_by_serial = list(OutboxEvent.objects.order_by("pk").values_list("pk", "event"))
        seen_by_us = outbox.read_after(start)
        slow.commit()

    assert [event for _, event in seen_by_serial] == ["written-second"]
    assert seen_by_us == []
    last = seen_by_serial[-1][0]
    assert not OutboxEvent.objects.filter(pk__gt=last).exists(), "the serial cursor lost it"
    # Any open transaction of this server, also another test's, holds events back: they show later.
    assert processes.wait_until(lambda: len(outbox.read_after(start)) == 2, seconds=20)
    after = outbox.read_after(start)
    assert sorted(e.event for e in after) == ["written-first", "written-second"]
    assert [e.position for e in after] == sorted(e.position for e in after)


@pytest.mark.django_db(transaction=True)
def test_reading_goes_on_where_it_stopped() -> None:
    start = outbox.position()
    for number in range(5):
        services.publish(f"event-{number}", topic=uuid4(), subject=uuid4(), site=uuid4(), at=AT)

    # Another test's open transaction on this server holds events back: a moment later they show.
    assert processes.wait_until(lambda: len(outbox.read_after(start)) == 5, seconds=20)
    first = outbox.read_after(start, limit=2)
    rest = outbox.read_after(first[-1].position)

    assert [e.event for e in (*first, *rest)] == [f"event-{n}" for n in range(5)]


@pytest.mark.django_db(transaction=True)
def test_one_transaction_sends_one_notice_without_content(database_url: DatabaseUrl) -> None:
    with psycopg.connect(database_url(), autocommit=True) as listener:
        listener.execute(outbox.LISTEN_SQL)
        services.publish_all(
            [("a", uuid4(), uuid4()), ("b", uuid4(), uuid4())], site=uuid4(), at=AT
        )
        notices = list(listener.notifies(timeout=1, stop_after=2))

    assert [(n.channel, n.payload) for n in notices] == [(CHANNEL, "")]


@pytest.mark.django_db
def test_only_old_events_are_pruned_and_the_last_of_them_marks_the_place() -> None:
    for event, at in (("first", AT), ("marker", AT), ("young", AT + outbox.KEEP)):
        services.publish(event, topic=uuid4(), subject=uuid4(), site=uuid4(), at=at)

    pruned = outbox.prune(at=AT + outbox.KEEP + timedelta(seconds=1))

    assert pruned == 1
    assert list(OutboxEvent.objects.order_by("pk").values_list("event", flat=True)) == [
        "marker",
        "young",
    ]


@pytest.mark.parametrize("text", ["", "5", "a-b", "5-", "-5", "1-2-3", "9" * 30 + "-1", "²-1"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="place in the outbox"):
        outbox.Position.parse(text)


def test_a_position_is_written_as_it_is_read() -> None:
    assert str(outbox.Position.parse("812-44")) == "812-44"
