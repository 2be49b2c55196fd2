"""The outbox: one row per event, read in commit order."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Func

from afterglow.db.triggers import FirmTrigger

CHANNEL = "afterglow_outbox"


class XidField(models.Field[int, int]):
    """PostgreSQL's 64-bit transaction id."""

    def db_type(self, connection: Any) -> str:
        """Return the column type."""
        return "xid8"

    def from_db_value(self, value: Any, *_: object) -> int | None:
        """Return the id as a plain integer."""
        return None if value is None else int(value)


class OutboxEvent(models.Model):
    """Something happened. Ids only: readers fetch what they may see.

    Rows are read in (xid, id) order and only below the oldest running transaction: a plain serial
    cursor loses events, because a lower id may commit later.
    """

    xid = XidField(db_default=Func(function="pg_current_xact_id", output_field=XidField()))
    event = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    topic = models.UUIDField(help_text="What a screen follows: a session, a patient or a site.")
    subject = models.UUIDField(help_text="The row or batch that changed.")
    site = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = "outbox event"
        indexes = [
            models.Index(fields=["xid", "id"], name="outbox_in_commit_order"),
            models.Index(fields=["at"], name="outbox_by_time"),
        ]
        triggers = [
            FirmTrigger(
                name="outbox_notifies",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                # An empty payload, so that PostgreSQL folds all of a transaction's into one.
                func=f"PERFORM pg_notify('{CHANNEL}', ''); RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject}"
