"""Short-lived sign-in links for patients and partners. Only the hash is kept; a POST uses it up."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.contrib.sessions.models import Session
from django.db import transaction

from afterglow.apps.accounts.models import Account, ScreenLock, SignInLink
from afterglow.apps.audit import services as audit
from afterglow.core.errors import InvalidValue

LIVES_FOR: Final = timedelta(minutes=15)


@transaction.atomic
def create_link(*, account: Account, by: Account | None, at: datetime) -> str:
    """Make a link's token for a patient or partner; earlier unused ones end now.

    Raises InvalidValue for staff, who sign in with two factors. The token is shown once and never
    stored.
    """
    if hasattr(account, "staff") or account.is_staff or account.is_superuser:
        raise InvalidValue("Staff sign in with a password and a second factor, not by link.")
    if not account.is_active:
        raise InvalidValue("This account is switched off; it gets no link.")
    SignInLink.objects.filter(account=account, used_at=None).delete()
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(
        account=account, token_sha256=_hash(token), created_at=at, expires_at=at + LIVES_FOR
    )
    audit.record("link-created", subject=account, by=by, at=at)
    return token


@transaction.atomic
def consume_link(*, token: str, at: datetime) -> Account | None:
    """Use a link up and return whose it is; None when unknown, used, expired or switched off."""
    link = (
        SignInLink.objects.select_for_update(of=("self",))
        .select_related("account")
        .filter(token_sha256=_hash(token), used_at=None, expires_at__gt=at)
        .first()
    )
    if link is None or not link.account.is_active:
        return None
    link.used_at = at
    link.save(update_fields=["used_at"])
    audit.record("link-used", subject=link.account, by=link.account, at=at)
    return link.account


@transaction.atomic
def clear_expired(*, at: datetime) -> int:
    """Remove links a day after they ended, and locks and sessions of logins that are over."""
    gone, _ = SignInLink.objects.filter(expires_at__lt=at - timedelta(days=1)).delete()
    Session.objects.filter(expire_date__lt=at).delete()
    alive = Session.objects.values_list("session_key", flat=True)
    ScreenLock.objects.exclude(session_key__in=alive).delete()
    return gone


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
