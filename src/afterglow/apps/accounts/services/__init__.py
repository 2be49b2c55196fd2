"""The verbs of accounts: staff, PINs, locked screens, second persons, links."""

from __future__ import annotations

from afterglow.apps.accounts.services.countersigning import SecondPerson, cannot_serve, countersign
from afterglow.apps.accounts.services.languages import choose_language
from afterglow.apps.accounts.services.links import clear_expired, consume_link, create_link
from afterglow.apps.accounts.services.locks import lock_screen, unlock_screen
from afterglow.apps.accounts.services.pins import set_pin, verify_pin, verify_secret
from afterglow.apps.accounts.services.staff import (
    StaffWords,
    create_staff,
    edit_staff,
    end_grant,
    grant_role,
    set_credential,
)

__all__ = [
    "SecondPerson",
    "StaffWords",
    "cannot_serve",
    "choose_language",
    "clear_expired",
    "consume_link",
    "countersign",
    "create_link",
    "create_staff",
    "edit_staff",
    "end_grant",
    "grant_role",
    "lock_screen",
    "set_credential",
    "set_pin",
    "unlock_screen",
    "verify_pin",
    "verify_secret",
]
