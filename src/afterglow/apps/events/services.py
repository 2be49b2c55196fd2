"""Publish events into the outbox, in the transaction that made them true."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from afterglow.apps.events.models import OutboxEvent
from afterglow.db.copying import copy_in


def publish(
    event: str, *, topic: UUID, subject: UUID, site: UUID, at: datetime, version: int = 1
) -> None:
    """Add one event: what happened, to which row, on which topic (a session, patient or site).

    Ids only. Readers see it after the transaction commits; a rollback takes it back.
    """
    publish_all([(event, topic, subject)], site=site, at=at, version=version)


def publish_many(rows: Sequence[tuple[str, UUID, UUID, UUID, datetime]]) -> None:
    """Add events of several sites (event, topic, subject, site, at) with one statement."""
    copy_in(
        [
            OutboxEvent(event=event, version=1, topic=topic, subject=subject, site=site, at=at)
            for event, topic, subject, site, at in rows
        ]
    )


def publish_all(
    events: Sequence[tuple[str, UUID, UUID]], *, site: UUID, at: datetime, version: int = 1
) -> None:
    """Add many events (event, topic, subject) with one statement and so one notification."""
    OutboxEvent.objects.bulk_create(
        OutboxEvent(event=event, version=version, topic=topic, subject=subject, site=site, at=at)
        for event, topic, subject in events
    )
