"""What the worker does for readings and alarms."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from afterglow.apps.monitoring.months import default_rows, make_months
from afterglow.apps.monitoring.services.escalation import pass_on_unanswered
from afterglow.web import clock

log = logging.getLogger(__name__)


@app.periodic(cron="20 3 * * *")
@app.task(queueing_lock="make-months-of-readings", pass_context=False)
def make_months_of_readings(timestamp: int) -> int:
    """Every night: make the months to come, so that no reading falls outside them."""
    for table in default_rows():
        log.error("%s holds rows outside its months: see afterglow readings months.", table)
    return make_months(at=clock.now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="pass-on-unanswered-alarms", pass_context=False)
def pass_on_unanswered_alarms(timestamp: int) -> int:
    """Every minute: the watch does it sooner, and may be down."""
    return pass_on_unanswered(at=clock.now())
