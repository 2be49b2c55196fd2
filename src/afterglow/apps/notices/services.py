"""Send notices and note what became of each."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import models, transaction
from django.utils import translation
from procrastinate.contrib.django import app as jobs

from afterglow.apps.audit.services import subject_type
from afterglow.apps.notices.models import Channel, DeliveryState, Notice
from afterglow.apps.notices.words import words_of

DELIVER = "afterglow.apps.notices.jobs.deliver"
MOST_ATTEMPTS = 6
"""After this many failures a notice is failed, and shown as such."""


class DeliveryFailed(Exception):
    """A mail was not taken; the job tries again later. Carries no address."""


@transaction.atomic
def send_notice(
    *,
    to: Any,
    template: str,
    subject: models.Model,
    at: datetime,
    site: UUID | None = None,
    key: str | None = None,
    by_email: bool = False,
) -> list[Notice]:
    """Put a notice in the person's list, and in their mail when asked and they have an address.

    The same key again sends nothing new. The mail leaves after the transaction commits.
    """
    words_of(template)
    channels = [Channel.SCREEN]
    if by_email and to.email:
        channels.append(Channel.EMAIL)
    return [_one(channel, to, template, subject, at, site, key) for channel in channels]


def _one(
    channel: Channel,
    to: Any,
    template: str,
    subject: models.Model,
    at: datetime,
    site: UUID | None,
    key: str | None,
) -> Notice:
    values = {
        "to": to.public_id,
        "channel": channel,
        "template": template,
        "subject_type": subject_type(subject),
        "subject": subject.public_id,  # type: ignore[attr-defined]
        "site": site,
        "created_at": at,
    }
    if key is None:
        notice, is_new = Notice.objects.create(**values), True
    else:
        notice, is_new = Notice.objects.get_or_create(key=f"{key}:{channel}", defaults=values)
    if is_new and channel is Channel.EMAIL:
        jobs.configure_task(DELIVER).defer(notice=str(notice.public_id))
    return notice


def deliver_email(*, notice: UUID, at: datetime) -> DeliveryState:
    """Try once to mail a notice. Raises DeliveryFailed when another try is due.

    Safe to repeat: a notice that was sent, read or given up is left alone.
    """
    with transaction.atomic():
        row = Notice.objects.select_for_update().get(public_id=notice)
        if row.state != DeliveryState.WAITING:
            return DeliveryState(row.state)
        row.attempts += 1
        problem = _mail(row)
        if not problem:
            row.state, row.settled_at, row.failure = DeliveryState.SENT, at, ""
        else:
            row.failure = problem
            if row.attempts >= MOST_ATTEMPTS:
                row.state, row.settled_at = DeliveryState.FAILED, at
        row.save()
    if row.state == DeliveryState.WAITING:
        raise DeliveryFailed(f"attempt {row.attempts} of {MOST_ATTEMPTS}: {row.failure}")
    return DeliveryState(row.state)


def _mail(row: Notice) -> str:
    """Mail it; return what went wrong, by the error's name only."""
    person = get_user_model().objects.filter(public_id=row.to, is_active=True).first()
    if person is None or not person.email:
        return "no address on file"
    words = words_of(row.template)
    with translation.override(person.language):
        subject, body = str(words.subject), f"{words.body}\n\n{settings.ORIGIN}\n"
    try:
        send_mail(subject, body, None, [person.email])
    except OSError as problem:  # smtplib's errors are all OSErrors
        return type(problem).__name__
    return ""


@transaction.atomic
def mark_read(*, notice: UUID, by: Any, at: datetime) -> None:
    """Note that the person saw a notice of theirs; another person's notice is left alone."""
    Notice.objects.filter(public_id=notice, to=by.public_id, channel=Channel.SCREEN).exclude(
        state=DeliveryState.READ
    ).update(state=DeliveryState.READ, settled_at=at)
