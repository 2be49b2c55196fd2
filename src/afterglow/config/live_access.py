"""Who may watch a stream: asked once in a thread when it opens, and again as it runs.

A running infusion outlives a login. So a stream that was opened with a sign-in leaves a ticket
behind (``treatment.tickets``), which opens it again after a lost network although the sign-in has
run out meanwhile. Frames carry numbers, codes and ids: never who the patient is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit.policies import can_open_chart
from afterglow.apps.monitoring.facts import WATCHED
from afterglow.apps.places.models import Site
from afterglow.apps.treatment.tickets import GRANT_COOKIE, GRANT_FOR, holder, ticket
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.roles import Action
from afterglow.web import clock


class Kind(StrEnum):
    """What can be followed."""

    SESSION = "sessions"
    SITE = "sites"


@dataclass(frozen=True, slots=True)
class Access:
    """The answer: an HTTP status, and for 200 what is followed and by whom.

    ``may_grant`` says that the stream may be opened again by the grant it leaves.
    """

    status: int
    topic: UUID | None = None
    session: int | None = None
    account: int | None = None
    may_grant: bool = False


def ask(kind: Kind, topic: UUID, cookies: Mapping[str, str]) -> Access:
    """Decide whether these cookies open a stream: 200, 401 (sign in), 403 or 404."""
    account = _signed_in(cookies)
    by_grant = account is None
    if account is None and kind is Kind.SESSION:
        account = holder(topic, cookies.get(GRANT_COOKIE, ""))
    if account is None:
        return Access(401)
    return again(kind, topic, account.pk, by_grant=by_grant)


def again(kind: Kind, topic: UUID, account: int, *, by_grant: bool = False) -> Access:
    """Decide whether an account may (still) follow this; its sign-in is not asked for."""
    person = Account.objects.filter(pk=account, is_active=True).first()
    if person is None:
        return Access(401)
    session: TreatmentSession | None = None
    site: Site | None
    if kind is Kind.SESSION:
        session = (
            TreatmentSession.objects.select_related("site", "patient")
            .filter(public_id=topic)
            .first()
        )
        site = session.site if session else None
    else:
        site = Site.objects.filter(public_id=topic).first()
    if site is None:
        return Access(404)
    if not _may_follow(person, session, site):
        return Access(403)
    is_watched = session is not None and session.state in WATCHED
    if by_grant and not is_watched:
        return Access(401)
    return Access(200, topic, session.pk if session else None, account, is_watched)


def _may_follow(person: Account, session: TreatmentSession | None, site: Site) -> bool:
    at = clock.now()
    on = site.local_date(at)
    if session is None:
        return policies.can(Action.VIEW_BOARD, by=person, site=site, on=on)
    return can_open_chart(by=person, patient=session.patient.public_id, sites=[site], at=at, on=on)


def grant(topic: UUID, account: int) -> str:
    """Return the cookie that opens one session's stream once more, as a Set-Cookie line."""
    line = (
        f"{GRANT_COOKIE}={ticket(topic, account)}; Path=/live/{Kind.SESSION}/{topic}/; "
        f"Max-Age={int(GRANT_FOR.total_seconds())}; HttpOnly; SameSite=Strict"
    )
    return f"{line}; Secure" if settings.SESSION_COOKIE_SECURE else line


def _signed_in(cookies: Mapping[str, str]) -> Account | None:
    key = cookies.get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return user if isinstance(user, Account) else None
