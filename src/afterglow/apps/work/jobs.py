"""What the worker does for tasks."""

from __future__ import annotations

from procrastinate.contrib.django import app

from afterglow.apps.work import services
from afterglow.web import clock


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="escalate-overdue-tasks", pass_context=False)
def escalate_overdue_tasks(timestamp: int) -> int:
    """Every minute: escalate what nobody did in time."""
    return services.escalate_overdue(at=clock.now())
