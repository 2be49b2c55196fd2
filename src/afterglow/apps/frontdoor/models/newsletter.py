"""The newsletter: who asked for it, its letters, and how far each was sent.

No row here knows a patient, and no patient's row knows a subscriber.
"""

from __future__ import annotations

from enum import StrEnum

import pghistory
from django.conf import settings
from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.evidence.models import Publication
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import PublicModel, VersionedModel


class SubscriberState(StrEnum):
    """Where a subscription stands."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    ENDED = "ended"


class Subscriber(PublicModel, VersionedModel):
    """An address that asked for the newsletter; letters go only to confirmed ones.

    When a subscription ends the address is forgotten: ``email`` becomes empty.
    """

    email = models.EmailField(blank=True)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    state = CodeField(SubscriberState, default=SubscriberState.ASKED)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "newsletter subscriber"
        constraints = [
            one_of("state", SubscriberState, name="subscriber_state_is_known"),
            models.UniqueConstraint(
                fields=["email"], condition=~models.Q(email=""), name="one_subscription_per_address"
            ),
            models.CheckConstraint(
                condition=~models.Q(state=SubscriberState.CONFIRMED)
                | models.Q(confirmed_at__isnull=False),
                name="a_confirmed_subscriber_says_when",
            ),
            models.CheckConstraint(
                condition=models.Q(state=SubscriberState.ENDED, email="", ended_at__isnull=False)
                | (~models.Q(state=SubscriberState.ENDED) & ~models.Q(email="")),
                name="an_ended_subscription_keeps_no_address",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


@pghistory.track()
class Letter(PublicModel, VersionedModel):
    """One newsletter in one language. Its words are publications under its key, as a page's are."""

    slug = models.SlugField(max_length=60)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "newsletter"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "language"], name="one_letter_per_address")
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """What the publications of this letter are called: ``letter:spring:en``."""
        return f"letter:{self.slug}:{self.language}"


class Mailing(PublicModel, VersionedModel):
    """One letter on its way to everybody who was confirmed when it began."""

    letter = models.OneToOneField(Letter, on_delete=models.PROTECT, related_name="mailing")
    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="+")
    started_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "mailing"
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.letter.key} {self.started_at:%Y-%m-%d}"


class DeliveryState(StrEnum):
    """How far one letter to one address is."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class Delivery(models.Model):
    """One letter to one subscriber: sent once, tried again after a failure."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="deliveries")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="deliveries")
    state = CodeField(DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "delivery"
        constraints = [
            one_of("state", DeliveryState, name="delivery_state_is_known"),
            models.UniqueConstraint(
                fields=["mailing", "subscriber"], name="one_delivery_per_subscriber"
            ),
        ]
        indexes = [models.Index(fields=["mailing", "state"], name="deliveries_by_state")]

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.state}"
