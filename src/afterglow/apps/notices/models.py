"""Notices: messages to people, and what became of each."""

from __future__ import annotations

from enum import StrEnum

import pghistory
from django.db import models

from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import PublicModel


class Channel(StrEnum):
    """How a notice travels."""

    SCREEN = "screen"
    EMAIL = "email"


class DeliveryState(StrEnum):
    """What became of a notice."""

    WAITING = "waiting"
    SENT = "sent"
    READ = "read"
    FAILED = "failed"


@pghistory.track()
class Notice(PublicModel):
    """One message to one account. The text comes from a template; nobody is named in it."""

    to = models.UUIDField()
    channel = CodeField(Channel)
    template = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=80)
    subject = models.UUIDField()
    site = models.UUIDField(null=True)
    state = CodeField(DeliveryState, default=DeliveryState.WAITING)
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=120, unique=True, null=True)

    class Meta:
        verbose_name = "notice"
        constraints = [
            one_of("channel", Channel, name="notice_channel_is_known"),
            one_of("state", DeliveryState, name="notice_state_is_known"),
        ]
        indexes = [models.Index(fields=["to", "state"], name="notices_by_person")]

    def __str__(self) -> str:
        return f"{self.template} {self.public_id}"
