"""Read accounts: their sites, the site they work at now, and who holds a role."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest

from afterglow.apps.accounts.models import Account, Countersignature, RoleGrant
from afterglow.apps.places.models import Site
from afterglow.core.roles import STAFF, Role
from afterglow.web import clock

SITE_KEY: Final = "site"
"""Where the login session keeps the chosen site's public id."""


def sites_of(account: Account, *, at: dt.datetime) -> list[Site]:
    """Return the sites in use where an account holds a staff role now, by name.

    A role counts by the calendar of the site it is for: it ends with the day there.
    """
    grants = list(RoleGrant.objects.filter(account=account, role__in=STAFF))
    return [
        site
        for site in Site.objects.filter(is_active=True)
        if any(_holds(grant, site, site.local_date(at)) for grant in grants)
    ]


def _holds(grant: RoleGrant, site: Site, on: dt.date) -> bool:
    here = grant.site_id in (None, site.pk)
    return here and grant.starts_on <= on and (grant.ends_on is None or on <= grant.ends_on)


SAME_DAY: Final = dt.timedelta(hours=12)


def last_beside(account: Account, *, at: dt.datetime) -> str:
    """Return the sign-in name of who signed in beside this person last today, or "".

    It is offered where a second person signs next. It proves nothing: their PIN does.
    """
    last = (
        Countersignature.objects.filter(beside=account, at__gt=at - SAME_DAY, at__lte=at)
        .select_related("account")
        .order_by("-at")
        .first()
    )
    return last.account.username if last else ""


def current_site(request: HttpRequest) -> Site | None:
    """Return the site the person works at now: the one chosen, else their first; or None.

    Asked once per request. A site where the role has ended is not given.
    """
    if not hasattr(request, "_afterglow_site"):
        chosen = request.session.get(SITE_KEY, "") if hasattr(request, "session") else ""
        mine = my_sites(request)
        found = next((site for site in mine if str(site.public_id) == chosen), None)
        request._afterglow_site = found or next(iter(mine), None)  # type: ignore[attr-defined]
    site: Site | None = request._afterglow_site  # type: ignore[attr-defined]
    return site


def my_sites(request: HttpRequest) -> list[Site]:
    """Return the sites of the signed-in person; asked once per request."""
    if not hasattr(request, "_afterglow_sites"):
        user: Any = getattr(request, "user", None)
        found = sites_of(user, at=clock.now()) if user and user.is_authenticated else []
        request._afterglow_sites = found  # type: ignore[attr-defined]
    sites: list[Site] = request._afterglow_sites  # type: ignore[attr-defined]
    return sites


def _standing(on: dt.date) -> Any:
    return RoleGrant.objects.filter(starts_on__lte=on).filter(Q(ends_on=None) | Q(ends_on__gte=on))


def who_holds(roles: frozenset[Role], *, site: Site | UUID, on: dt.date) -> list[Account]:
    """Return the active accounts that hold one of ``roles`` at a site on a day, by name."""
    here = Q(site__public_id=site) if isinstance(site, UUID) else Q(site=site)
    grants = _standing(on).filter(Q(site=None) | here, role__in=roles)
    people = Account.objects.filter(is_active=True, pk__in=grants.values("account"))
    return list(people.order_by("family_name", "given_name"))


def staff() -> list[Account]:
    """Return every member of staff with grants and credentials, by name."""
    return list(
        Account.objects.filter(staff__isnull=False)
        .select_related("staff")
        .prefetch_related("grants__site", "credentials")
        .order_by("family_name", "given_name")
    )
