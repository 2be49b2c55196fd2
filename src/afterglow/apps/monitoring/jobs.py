"""What the worker does for readings."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from afterglow.apps.monitoring.months import default_rows, make_months
from afterglow.web import clock

log = logging.getLogger(__name__)


@app.periodic(cron="20 3 * * *")
@app.task(queueing_lock="make-months-of-readings", pass_context=False)
def make_months_of_readings(timestamp: int) -> int:
    """Every night: make the months to come, so that no reading falls outside them."""
    for table in default_rows():
        log.error("%s holds rows outside its months: see afterglow readings months.", table)
    return make_months(at=clock.now())
