"""What the worker does for accounts."""

from __future__ import annotations

from procrastinate.contrib.django import app

from afterglow.apps.accounts import services
from afterglow.web import clock


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="clear-expired-links")
def clear_expired_links(timestamp: int) -> int:
    """Every hour: remove links, locks and sessions that are over."""
    return services.clear_expired(at=clock.now())
