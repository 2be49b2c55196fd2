"""Subscribe with two steps, leave with one, send a letter in batches that can be resumed."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.evidence.models import Publication
from afterglow.apps.evidence.queries import shown_citations
from afterglow.apps.frontdoor import queries
from afterglow.apps.frontdoor.models import (
    Delivery,
    DeliveryState,
    Letter,
    Mailing,
    Subscriber,
    SubscriberState,
)
from afterglow.apps.frontdoor.sentences import letter_words
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.publishing import PublicationState
from afterglow.core.permission import check
from afterglow.core.roles import Action

CONFIRM: Final = "frontdoor.newsletter.confirm"
LEAVE: Final = "frontdoor.newsletter.leave"
CONFIRM_WITHIN: Final = dt.timedelta(days=7)
BATCH: Final = 50
MOST_ATTEMPTS: Final = 3


@transaction.atomic
def subscribe(*, email: str, language: str, at: dt.datetime) -> None:
    """Note that an address asked, and mail it the link that confirms.

    An address that is subscribed already hears nothing new, and whoever asked is told the same
    either way: the page must not say who reads our letters.
    """
    address = email.strip().lower()
    row, is_new = Subscriber.objects.select_for_update().get_or_create(
        email=address, defaults={"language": language, "asked_at": at}
    )
    if row.state == SubscriberState.CONFIRMED:
        return
    if not is_new:
        if at - row.asked_at < dt.timedelta(minutes=5):
            return  # somebody pressing twice, or somebody else's address being pelted
        row.language, row.asked_at = language, at
        row.save_version(fields=["language", "asked_at"])
    audit.record("newsletter-asked", subject=row, by=None, at=at)
    transaction.on_commit(lambda: _mail_confirmation(row))


def _mail_confirmation(row: Subscriber) -> None:
    with translation.override(row.language):
        link = _link("newsletter-confirm", CONFIRM, row)
        body = _(
            "Somebody, we hope you, asked for our newsletter at this address.\n\n"
            "To receive it, open this page and press the button:\n%(link)s\n\n"
            "If it was not you, do nothing. We will not write again."
        )
        EmailMultiAlternatives(
            _("Please confirm the newsletter"), body % {"link": link}, None, [row.email]
        ).send()


@transaction.atomic
def confirm(*, token: str, at: dt.datetime) -> Subscriber | None:
    """Confirm the subscription of a link; None for a link that is not ours or too old."""
    row = _read(token, CONFIRM, max_age=CONFIRM_WITHIN)
    if row is None or row.state == SubscriberState.ENDED:
        return None
    if row.state == SubscriberState.ASKED:
        row.state, row.confirmed_at = SubscriberState.CONFIRMED, at
        row.save_version(fields=["state", "confirmed_at"])
        audit.record("newsletter-confirmed", subject=row, by=None, at=at)
    return row


@transaction.atomic
def unsubscribe(*, token: str, at: dt.datetime) -> bool:
    """End the subscription of a link and forget the address. Ending it twice is once."""
    row = _read(token, LEAVE, max_age=None)
    if row is None:
        return False
    if row.state != SubscriberState.ENDED:
        row.state, row.ended_at, row.email = SubscriberState.ENDED, at, ""
        row.save_version(fields=["state", "ended_at", "email"])
        audit.record("newsletter-ended", subject=row, by=None, at=at)
    return True


def reads(token: str, salt: str) -> bool:
    """Whether a link is ours and still good; nothing is changed by asking."""
    try:
        age = CONFIRM_WITHIN if salt == CONFIRM else None
        signing.loads(token, salt=salt, max_age=age)
    except signing.BadSignature:
        return False
    return True


@transaction.atomic
def start_mailing(*, letter: Letter, by: Account, at: dt.datetime, on: dt.date) -> Mailing:
    """Begin to send a published letter to everybody confirmed now. Beginning twice is once.

    Raises InvalidValue for a letter that is not published: it has not passed the gate.
    """
    check(Action.PUBLISH_PAGE, by=by, site=None, on=on)
    publication = queries.newest_of(letter.key)
    if publication is None or publication.state != PublicationState.PUBLISHED:
        raise InvalidValue("Only a letter that was reviewed and published can be sent.")
    mailing, is_new = Mailing.objects.get_or_create(
        letter=letter,
        defaults={"publication": publication, "started_by": by, "started_at": at},
    )
    if is_new:
        Delivery.objects.bulk_create(
            Delivery(mailing=mailing, subscriber=subscriber)
            for subscriber in queries.subscribers(letter.language)
        )
        audit.record("mailing-started", subject=mailing, by=by, at=at, detail={"key": letter.key})
    return mailing


def send_batch(*, mailing: UUID, at: dt.datetime, most: int = BATCH) -> int:
    """Send up to ``most`` letters that wait; return how many still do. Safe to stop anywhere.

    Each delivery is its own transaction and is locked while it goes out, so two workers never
    send the same one. One that cannot be handed over is tried again ``MOST_ATTEMPTS`` times.
    """
    row = Mailing.objects.select_related("letter", "publication").get(public_id=mailing)
    words = letter_words(row.publication, shown_citations(row.publication))
    with get_connection() as connection:
        for _number in range(most):
            if not _send_next(row, row.publication, words, connection, at=at):
                break
    waiting = row.deliveries.filter(state=DeliveryState.WAITING).count()
    if not waiting and row.finished_at is None:
        row.finished_at = at
        row.save_version(fields=["finished_at"])
    return waiting


@transaction.atomic
def _send_next(
    mailing: Mailing, publication: Publication, words: str, connection: object, *, at: dt.datetime
) -> bool:
    delivery = (
        Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("subscriber")
        .filter(mailing=mailing, state=DeliveryState.WAITING)
        .order_by("attempts", "pk")
        .first()
    )
    if delivery is None:
        return False
    subscriber = delivery.subscriber
    if subscriber.state != SubscriberState.CONFIRMED:
        delivery.state = DeliveryState.SKIPPED
    else:
        delivery.attempts += 1
        try:
            _message(publication, words, subscriber, connection).send()
        except OSError:
            if delivery.attempts >= MOST_ATTEMPTS:
                delivery.state = DeliveryState.FAILED
        else:
            delivery.state, delivery.sent_at = DeliveryState.SENT, at
    delivery.save(update_fields=["state", "attempts", "sent_at"])
    return True


def _message(
    publication: Publication, words: str, subscriber: Subscriber, connection: object
) -> EmailMultiAlternatives:
    with translation.override(subscriber.language):
        leave = _link("newsletter-leave", LEAVE, subscriber)
        foot = _("To receive no more letters, open this page: %(link)s") % {"link": leave}
    return EmailMultiAlternatives(
        publication.title,
        f"{words}\n\n-- \n{foot}\n",
        None,
        [subscriber.email],
        connection=connection,
        headers={
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def _link(name: str, salt: str, row: Subscriber) -> str:
    token = signing.dumps(str(row.public_id), salt=salt)
    path = reverse(f"frontdoor:{name}", kwargs={"token": token, "language": row.language})
    return f"{settings.ORIGIN}{path}"


def _read(token: str, salt: str, *, max_age: dt.timedelta | None) -> Subscriber | None:
    try:
        found = signing.loads(token, salt=salt, max_age=max_age)
    except signing.BadSignature:
        return None
    return Subscriber.objects.select_for_update().filter(public_id=found).first()
