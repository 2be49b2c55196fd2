"""What the frame around every page shows of the person and their sites."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterglow.apps.accounts import policies, queries
from afterglow.core.roles import STAFF, Action, Role, permits
from afterglow.web import clock
from afterglow.web.shell import Link, Shell, SiteChoice

ROLE_WORDS: Final[dict[Role, str | Promise]] = {
    Role.FRONT_DESK: _("Front desk"),
    Role.MONITOR: _("Infusion clinician"),
    Role.PRESCRIBER: _("Prescriber"),
    Role.MEDICAL_DIRECTOR: _("Medical director"),
    Role.CUSTODIAN: _("Drug custodian"),
    Role.ADMINISTRATOR: _("Administrator"),
    Role.PARTNER: _("Partner"),
    Role.PATIENT: _("Patient"),
}

BOARD: Final = "treatment:board visits:board scheduling:board"
NAV: Final[tuple[tuple[str | Promise, str, str, Action], ...]] = (
    (_("Board"), BOARD, "layout-dashboard", Action.VIEW_BOARD),
    (_("Patients"), "people:patients", "users", Action.EDIT_PATIENT),
    (_("Appointments"), "scheduling:appointments", "calendar", Action.BOOK_APPOINTMENT),
    (_("Tasks"), "work:tasks", "list-checks", Action.DO_TASK),
    (_("Stock"), "stock:stock", "package", Action.DRAW_STOCK),
    (_("Devices"), "devices:devices", "monitor", Action.EDIT_DEVICES),
    (_("Review queue"), "monitoring:reviews", "inbox", Action.REVIEW_MESSAGES),
    (_("Rehearsal"), "rehearsal:page", "graduation-cap", Action.CHART),
    (_("Sites"), "places:sites", "map-pin", Action.EDIT_SITES),
    (_("Staff"), "accounts:staff", "id-card", Action.EDIT_STAFF),
    (_("Reports"), "treatment:report-coverage", "chart-column", Action.VIEW_REPORTS),
    (_("Evidence"), "evidence:library", "scale", Action.VIEW_EVIDENCE),
    (_("Public pages"), "frontdoor:pages", "globe", Action.WRITE_PAGE),
    (_("Definitions"), "definitions:list", "book-open", Action.APPROVE_DEFINITION),
)
"""Label, URL names (the first that resolves leads there), icon, the action that shows the link."""


def describe(request: HttpRequest) -> Shell:
    """Return the frame for whoever is signed in."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Shell(demo=settings.DEMO)
    site = queries.current_site(request)
    today = clock.today(site) if site else clock.today()
    roles = policies.roles_at(user, site, on=today) if site else frozenset()
    locked = getattr(request, "screen_locked", False)
    return Shell(
        user_name=user.full_name,
        user_role=", ".join(str(ROLE_WORDS[role]) for role in Role if role in roles),
        home_url=_url(BOARD) or "/",
        nav=() if locked else _nav(roles, request.path),
        sites=tuple(
            SiteChoice(str(one.public_id), one.name, current=site is not None and one == site)
            for one in queries.my_sites(request)
        ),
        site_switch_url=reverse("accounts:choose-site"),
        alarms_url=_url("treatment:alarms-elsewhere") if site and roles & STAFF else "",
        search_url="" if locked else _url("people:search"),
        account_url=reverse("accounts:me"),
        language_url=reverse("accounts:language"),
        lock_url="" if locked else reverse("accounts:lock"),
        sign_out_url=reverse("account_logout"),
        demo=settings.DEMO,
    )


def _nav(roles: frozenset[Role], path: str) -> tuple[Link, ...]:
    links = []
    for label, name, icon, action in NAV:
        url = _url(name)
        if url and permits(action, roles):
            links.append(Link(str(label), url, icon, current=path.startswith(url)))
    return tuple(links)


def _url(names: str) -> str:
    """Return where the first name that resolves leads, or nothing."""
    for name in names.split():
        with suppress(NoReverseMatch):
            return reverse(name)
    return ""
