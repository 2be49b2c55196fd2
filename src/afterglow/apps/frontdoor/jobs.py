"""What the worker does for the public face."""

from __future__ import annotations

from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from afterglow.apps.frontdoor import cache
from afterglow.apps.frontdoor.services import limits, newsletter
from afterglow.web import clock


@app.task(
    name="afterglow.apps.frontdoor.jobs.send_letters",
    retry=RetryStrategy(max_attempts=5, exponential_wait=4),
)
def send_letters(mailing: str) -> int:
    """Send one batch of a letter, and come back for the next while any waits."""
    waiting = newsletter.send_batch(mailing=UUID(mailing), at=clock.now())
    if waiting:
        send_letters.configure(schedule_in={"seconds": 20}).defer(mailing=mailing)
    return waiting


@app.periodic(cron="40 4 * * *")
@app.task(queueing_lock="prune-visible-changes", pass_context=False)
def prune_visible_changes(timestamp: int) -> int:
    """Every night: keep the notes of what changed short, and forget who sent which form."""
    limits.forget_presses(at=clock.now())
    return cache.prune()
