"""What a worker had begun when it was killed is run again, and nothing is begun twice at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate import JobContext
from procrastinate.contrib.django import app

from afterglow.apps.work.jobs import take_up_what_a_dead_worker_left

pytestmark = pytest.mark.django_db(transaction=True)


def begun(*, heartbeat: str, lock: str | None = None) -> int:
    """A job that some worker had begun when it was last heard."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) "
            "VALUES (now() - %s::interval) RETURNING id",
            [heartbeat],
        )
        (worker,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id, "
            "queueing_lock) VALUES ('default', 'x', '{}', 'doing', %s, %s) RETURNING id",
            [worker, lock],
        )
        return int(cursor.fetchone()[0])


def statuses() -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, status FROM procrastinate_jobs")
        return dict(cursor.fetchall())


def take_up() -> int:
    context = cast(JobContext, SimpleNamespace(app=app))
    return int(async_to_sync(take_up_what_a_dead_worker_left.func)(context, timestamp=0))


def test_a_job_of_a_dead_worker_is_run_again() -> None:
    dead, alive = begun(heartbeat="5 minutes"), begun(heartbeat="1 second")

    assert take_up() == 1

    assert statuses() == {dead: "todo", alive: "doing"}


def test_what_waits_already_is_not_queued_twice() -> None:
    dead = begun(heartbeat="5 minutes", lock="only-one")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, queueing_lock) "
            "VALUES ('default', 'x', '{}', 'todo', 'only-one') RETURNING id"
        )
        (waiting,) = cursor.fetchone()

    take_up()

    assert statuses() == {dead: "failed", waiting: "todo"}
