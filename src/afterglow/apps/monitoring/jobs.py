"""What the worker does for alarms."""

from __future__ import annotations

from procrastinate.contrib.django import app

from afterglow.apps.monitoring.services.escalation import pass_on_unanswered
from afterglow.web import clock


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="pass-on-unanswered-alarms", pass_context=False)
def pass_on_unanswered_alarms(timestamp: int) -> int:
    """Every minute: the watch does it sooner, and may be down."""
    return pass_on_unanswered(at=clock.now())
