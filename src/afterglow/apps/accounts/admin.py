"""Technical look-ups, read-only."""

from __future__ import annotations

from afterglow.apps.accounts.models import (
    Account,
    Countersignature,
    Credential,
    RoleGrant,
    ScreenLock,
    SignInLink,
    StaffProfile,
)
from afterglow.db.admin import look_up

look_up(Account, "username", "full_name", "is_active", hide=("password",))
look_up(StaffProfile, "account", "title", "pin_failures", hide=("pin",))
look_up(RoleGrant, "account", "role", "site", "starts_on", "ends_on")
look_up(Credential, "account", "kind", "expires_on")
look_up(Countersignature, "at", "account", "beside", "act", "subject")
look_up(ScreenLock, "account", "locked_at", hide=("session_key",))
look_up(SignInLink, "account", "created_at", "expires_at", "used_at", hide=("token_sha256",))
