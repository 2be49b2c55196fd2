"""Read notices."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from afterglow.apps.notices.models import Channel, DeliveryState, Notice
from afterglow.apps.notices.words import Words, words_of


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One notice with its words."""

    notice: Notice
    words: Words


def notices_of(account: UUID, *, limit: int = 100) -> list[NoticeLine]:
    """Return a person's notices on screen, newest first."""
    rows = Notice.objects.filter(to=account, channel=Channel.SCREEN).order_by("-created_at")
    return [NoticeLine(row, words_of(row.template)) for row in rows[:limit]]


def unread_count(account: UUID) -> int:
    """Return how many notices a person has not read."""
    return Notice.objects.filter(
        to=account, channel=Channel.SCREEN, state=DeliveryState.WAITING
    ).count()
