"""Lock and unlock a clinical screen; the login session stays."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from afterglow.apps.accounts.models import Account, ScreenLock
from afterglow.apps.accounts.services.pins import verify_secret
from afterglow.apps.audit import services as audit
from afterglow.core.decisions import Decision

ACTED_WHEN_LOCKED = "acted-on-locked-screen"
"""The audit's word for what a locked screen did in the name of who is signed in there."""


@transaction.atomic
def lock_screen(*, session_key: str, by: Account, at: datetime) -> ScreenLock:
    """Lock the screen of a login session. Locking a locked one changes nothing."""
    lock, is_new = ScreenLock.objects.get_or_create(
        session_key=session_key, defaults={"account": by, "locked_at": at}
    )
    if is_new:
        audit.record("screen-locked", subject=by, by=by, at=at)
    return lock


@transaction.atomic
def unlock_screen(*, session_key: str, by: Account, secret: str, at: datetime) -> Decision:
    """Unlock with the signed-in person's PIN or password; the refusal says how many tries are left.

    Only who locked it unlocks it; anyone else signs in afresh.
    """
    lock = ScreenLock.objects.select_for_update().filter(session_key=session_key).first()
    if lock is None:
        return Decision()
    decision = verify_secret(account=by, secret=secret, at=at)
    if decision.allowed:
        lock.delete()
        audit.record("screen-unlocked", subject=by, by=by, at=at)
    return decision


def is_locked(session_key: str | None) -> bool:
    """Whether the screen of this login session is locked."""
    return bool(session_key) and ScreenLock.objects.filter(session_key=session_key).exists()
