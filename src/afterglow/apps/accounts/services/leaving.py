"""Somebody signs out: of one screen, or of the last one they were signed in at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.web import clock

SIGNED_OUT_EVERYWHERE = "signed-out-everywhere"
"""The audit's word for a sign-out after which somebody is signed in nowhere."""


def note_sign_out(*, account: Account, session_key: str, at: datetime) -> bool:
    """Write down that this sign-out was the last one; return whether it was.

    A clinic has tens of sign-ins, and somebody signs out some times a day: each is looked into.
    """
    others = Session.objects.filter(expire_date__gt=at).exclude(session_key=session_key)
    if any(each.get_decoded().get(SESSION_KEY) == str(account.pk) for each in others):
        return False
    audit.record(SIGNED_OUT_EVERYWHERE, subject=account, by=account, at=at)
    return True


def on_sign_out(sender: Any, *, request: Any, user: Any, **_more: Any) -> None:
    """Hear Django's word that somebody signs out, before their sign-in is taken away."""
    if isinstance(user, Account) and request is not None:
        note_sign_out(account=user, session_key=request.session.session_key or "", at=clock.now())
