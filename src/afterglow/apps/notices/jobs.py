"""What the worker does for notices."""

from __future__ import annotations

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from afterglow.apps.notices import services
from afterglow.web import clock


@app.task(retry=RetryStrategy(max_attempts=services.MOST_ATTEMPTS, exponential_wait=4))
def deliver(notice: str) -> str:
    """Mail one notice; a failure is tried again, later each time."""
    return str(services.deliver_email(notice=UUID(notice), at=clock.now()))
