"""What a screen goes on showing when its sign-in has ended: numbers and alarms of an infusion.

A running infusion outlives a login. Whoever opens it with a sign-in leaves a ticket behind: a
signed cookie for this one session, for its stream and for the parts of its page that show. A ticket
names an account, ends with the session or after twelve hours, and is worth nothing once the account
is switched off or loses its role. A page on a ticket looks as on a locked screen: it hides who the
patient is, and acting asks to sign in, but for the stop and an emergency (``acts_on_ticket``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit.policies import can_open_chart
from afterglow.apps.monitoring.facts import WATCHED
from afterglow.apps.visits.models import TreatmentSession
from afterglow.web import clock

GRANT_COOKIE: Final = "live_grant"
GRANT_FOR: Final = timedelta(hours=12)
_SALT: Final = "afterglow.live"
View = Callable[..., HttpResponseBase]


def ticket(topic: UUID, account: int) -> str:
    """Return the text of a ticket for one session."""
    return signing.dumps([str(topic), account], salt=_SALT)


def holder(topic: UUID, text: str) -> Account | None:
    """Return whose ticket this is, if it is one for this session and still good."""
    try:
        of, account = signing.loads(text, salt=_SALT, max_age=GRANT_FOR)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Account.objects.filter(pk=account).first() if of == str(topic) else None


def outlives_sign_in(view: View) -> View:
    """Make a page or a part of one readable on a ticket, and leave one where somebody is signed in.

    The view gets the session as ``session`` and finds ``request.screen_locked`` and
    ``request.signed_out`` true when there is only the ticket. Without either a part answers 401.
    """

    @wraps(view)
    def answer(request: Any, *args: Any, session: UUID, **keys: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            response = view(request, *args, session=session, **keys)
            _leave(request, response, session)
            return response
        watcher = _watcher(session, request.COOKIES.get(GRANT_COOKIE, ""))
        if watcher is None:
            return _sign_in_first(request)
        request.user = watcher
        request.screen_locked = request.signed_out = True
        return view(request, *args, session=session, **keys)

    return answer


def acts_on_ticket(view: View) -> View:
    """Let a room's screen do what may never wait for a sign-in: the stop, an emergency.

    The view gets the session as ``session``, finds ``request.signed_out`` true and records the act
    by services.unsigned. Without a ticket it answers as any page that wants a sign-in.
    """

    @wraps(view)
    def answer(request: Any, *args: Any, session: UUID, **keys: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            watcher = _watcher(session, request.COOKIES.get(GRANT_COOKIE, ""))
            if watcher is None:
                return _sign_in_first(request)
            request.user = watcher
            request.screen_locked = request.signed_out = True
        return view(request, *args, session=session, **keys)

    return answer


def _watcher(session: UUID, text: str) -> Account | None:
    person = holder(session, text) if text else None
    if person is None or not person.is_active:
        return None
    row = (
        TreatmentSession.objects.select_related("site", "patient")
        .filter(public_id=session, state__in=WATCHED)
        .first()
    )
    if row is None:
        return None
    at = clock.now()
    on = row.site.local_date(at)
    may = can_open_chart(by=person, patient=row.patient.public_id, sites=[row.site], at=at, on=on)
    return person if may else None


def _leave(request: Any, response: HttpResponseBase, session: UUID) -> None:
    account: int = request.user.pk
    known = request.COOKIES.get(GRANT_COOKIE, "")
    held = holder(session, known) if known else None
    if response.status_code != 200 or (held is not None and held.pk == account):
        return
    if isinstance(response, HttpResponse):
        response.set_cookie(
            GRANT_COOKIE,
            ticket(session, account),
            max_age=GRANT_FOR,
            path=reverse("treatment:infusion", kwargs={"session": session}),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Strict",
        )


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    is_part = request.headers.get("HX-Request") == "true" or "json" in request.headers.get(
        "Accept", ""
    )
    if is_part:
        return HttpResponse(status=401)  # the page stays as it is and says so
    return redirect_to_login(request.get_full_path())
