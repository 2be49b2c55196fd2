"""PINs: set, verify, and lock out after five wrong ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from afterglow.apps.accounts.models import Account, StaffProfile
from afterglow.apps.audit import services as audit
from afterglow.core.decisions import Decision, Reason, blocker
from afterglow.core.errors import InvalidValue

SHORTEST: Final = 6
LONGEST: Final = 12
MOST_FAILURES: Final = 5
LOCKED_FOR: Final = timedelta(minutes=15)


@transaction.atomic
def set_pin(*, account: Account, pin: str, password: str, by: Account, at: datetime) -> None:
    """Set one's own PIN, proved by one's password. Raises InvalidValue for a weak one.

    A PIN has 6 to 12 digits, not all the same and not in a row.
    """
    if by.pk != account.pk:
        raise InvalidValue("Only the person themselves sets their PIN.")
    if not by.check_password(password):
        raise InvalidValue("The password is not right; the PIN was not changed.")
    if not pin.isdigit() or not SHORTEST <= len(pin) <= LONGEST:
        raise InvalidValue(
            "A PIN has %(shortest)s to %(longest)s digits; %(count)s characters were given.",
            shortest=SHORTEST,
            longest=LONGEST,
            count=len(pin),
        )
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    if len(steps) == 1 and steps <= {-1, 0, 1}:
        raise InvalidValue("Digits all the same or in a row are easily guessed; choose others.")
    profile = StaffProfile.objects.select_for_update().get(account=account)
    profile.pin = make_password(pin)
    profile.pin_failures = 0
    profile.pin_locked_until = None
    profile.save()
    audit.record("pin-set", subject=account, by=by, at=at)


@transaction.atomic
def verify_pin(*, account: Account, pin: str, at: datetime) -> Decision:
    """Decide whether ``pin`` is the person's. Five wrong ones in a row lock it for 15 minutes.

    The count is kept when the answer is no, so call it outside work that might roll back.
    """
    profile = StaffProfile.objects.select_for_update().filter(account=account).first()
    if profile is None or not profile.pin:
        return _no(blocker("PIN_NOT_SET", "This person has no PIN; use the password."))
    if (locked := _locked(profile, at)) is not None:
        return locked
    if check_password(pin, profile.pin):
        if profile.pin_failures:
            profile.pin_failures = 0
            profile.pin_locked_until = None
            profile.save()
        return Decision()
    return _failed(profile, at)


@transaction.atomic
def verify_secret(*, account: Account, secret: str, at: datetime) -> Decision:
    """Decide whether ``secret`` is the person's PIN or password; wrong ones count as wrong PINs."""
    profile = StaffProfile.objects.select_for_update().filter(account=account).first()
    if profile is None and account.is_superuser:
        profile = StaffProfile.objects.create(account=account)
    if profile is None:  # a patient or a partner is no member of staff, and does not become one
        return _no(blocker("PIN_WRONG", "That name with that PIN or password is not right."))
    if (locked := _locked(profile, at)) is not None:
        return locked
    right_pin = bool(profile.pin) and secret.isdigit() and check_password(secret, profile.pin)
    if right_pin or account.check_password(secret):
        if profile.pin_failures:
            profile.pin_failures = 0
            profile.pin_locked_until = None
            profile.save()
        return Decision()
    return _failed(profile, at)


def _locked(profile: StaffProfile, at: datetime) -> Decision | None:
    until = profile.pin_locked_until
    if until is None or until <= at:
        return None
    left = -(-int((until - at).total_seconds()) // 60)
    return _no(
        blocker(
            "PIN_LOCKED",
            f"Too many wrong PINs: locked for another {left} min. Wait, or sign out and in again.",
            seen=f"{left} min",
            limit=f"{MOST_FAILURES} tries",
            minutes=left,
        )
    )


def _failed(profile: StaffProfile, at: datetime) -> Decision:
    served = profile.pin_locked_until is not None
    profile.pin_failures = 1 if served else profile.pin_failures + 1
    profile.pin_locked_until = None
    if profile.pin_failures >= MOST_FAILURES:
        profile.pin_locked_until = at + LOCKED_FOR
    profile.save()
    audit.record(
        "pin-refused", subject=profile, by=None, at=at, detail={"failures": profile.pin_failures}
    )
    left = MOST_FAILURES - profile.pin_failures
    if left <= 0:
        return _locked(profile, at) or Decision()
    return _no(
        blocker(
            "PIN_WRONG",
            f"That is not right. {left} more {'try' if left == 1 else 'tries'} before it locks.",
            seen=f"{profile.pin_failures} wrong",
            limit=f"{MOST_FAILURES} tries",
            left=left,
        )
    )


def _no(why: Reason) -> Decision:
    return Decision.from_reasons(why)
