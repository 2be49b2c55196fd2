"""Plausible sites and staff who do not exist."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime

from afterglow.apps.accounts.models import Account, Credential, RoleGrant, StaffProfile
from afterglow.apps.places.models import Room, Site
from afterglow.core.roles import CredentialKind, Role

AT = datetime(2026, 11, 23, 18, 35, tzinfo=UTC)
TODAY = date(2026, 11, 23)
PASSWORD = "glow-worm-lantern-9"
_numbers = itertools.count(1)


def make_site(name: str = "Riverside", *, time_zone: str = "America/Denver") -> Site:
    """Make a site with two rooms."""
    number = next(_numbers)
    site = Site.objects.create(
        code=f"site-{number}",
        name=f"{name} {number}",
        time_zone=time_zone,
        phone="555-0100",
        after_hours_phone="555-0101",
    )
    for room in ("Room 1", "Room 2"):
        Room.objects.create(site=site, name=room)
    return site


def make_staff(
    *roles: Role,
    site: Site | None = None,
    credentials: bool = True,
    username: str = "",
    password: str | None = None,
) -> Account:
    """Make a member of staff with roles at ``site`` (None: every site) and papers in date.

    Without ``password`` the account has none, which is quick; tests sign in by ``force_login``.
    """
    number = next(_numbers)
    account = Account.objects.create_user(
        username or f"staff{number}",
        password,
        given_name="Robin",
        family_name=f"Staff{number}",
    )
    StaffProfile.objects.create(account=account, title="RN")
    for role in roles:
        RoleGrant.objects.create(account=account, role=role, site=site, starts_on=date(2020, 1, 1))
    if credentials:
        for kind in CredentialKind:
            Credential.objects.create(account=account, kind=kind, expires_on=date(2099, 12, 31))
    return account
