"""The task of the review queue: somebody looks at what waits, by the clock of its kind.

One open task for each device whose messages wait. What comes from a device that nobody knows is
one task at every site, because it may stand anywhere. It ends when the queue of the device is
empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from afterglow.apps.accounts.models import Account
from afterglow.apps.devices.models import Device
from afterglow.apps.monitoring.models import ReviewItem, ReviewState
from afterglow.apps.places.models import Site
from afterglow.apps.work.kinds import REVIEW_MESSAGE
from afterglow.apps.work.models import Task, TaskState
from afterglow.apps.work.services import open_task, settle_task


def ask_for_reviews(items: Iterable[ReviewItem], *, everywhere: Iterable[Site]) -> None:
    """Open the task of each device, or of each site, that has none open."""
    wanted: dict[Device | Site, tuple[Site, datetime]] = {}
    for item in items:
        device = item.message.device
        places = [(device, device.site)] if device else [(site, site) for site in everywhere]
        for subject, site in places:
            wanted.setdefault(subject, (site, item.opened_at))
    waiting = set(
        Task.objects.filter(
            kind=REVIEW_MESSAGE,
            subject__in=[subject.public_id for subject in wanted],
            state=TaskState.OPEN,
        ).values_list("subject", flat=True)
    )
    for subject, (site, at) in wanted.items():
        if subject.public_id in waiting:
            continue
        number = Task.objects.filter(kind=REVIEW_MESSAGE, subject=subject.public_id).count() + 1
        open_task(
            kind=REVIEW_MESSAGE,
            key=f"{REVIEW_MESSAGE}:{subject.public_id}:{number}",
            subject=subject,
            site=site,
            at=at,
            by=None,
        )


def reviewed(item: ReviewItem, *, by: Account, at: datetime) -> None:
    """End the task once nothing of the settled message's device waits any more."""
    device = item.message.device
    if ReviewItem.objects.filter(message__device=device, state=ReviewState.OPEN).exists():
        return
    subjects = [device.public_id] if device else Site.objects.values_list("public_id", flat=True)
    keys = Task.objects.filter(
        kind=REVIEW_MESSAGE, subject__in=subjects, state=TaskState.OPEN
    ).values_list("key", flat=True)
    for key in keys:
        settle_task(key=str(key), by=by, at=at, outcome="The queue is empty.")
