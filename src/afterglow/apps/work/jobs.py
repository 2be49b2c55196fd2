"""What the worker does for tasks."""

from __future__ import annotations

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from afterglow.apps.work import services
from afterglow.web import clock


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="escalate-overdue-tasks", pass_context=False)
def escalate_overdue_tasks(timestamp: int) -> int:
    """Every minute: escalate what nobody did in time."""
    return services.escalate_overdue(at=clock.now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="take-up-what-a-dead-worker-left", pass_context=True)
async def take_up_what_a_dead_worker_left(context: JobContext, timestamp: int) -> int:
    """Every minute: run again what a worker had begun when it was killed. Jobs may run twice."""
    jobs = context.app.job_manager
    left = list(await jobs.get_stalled_jobs())
    for job in left:
        assert job.id is not None  # noqa: S101 (it is stored)
        try:
            await jobs.retry_job(job)
        except UniqueViolation:  # the same work waits already, so this one is over
            await jobs.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)
    return len(left)
