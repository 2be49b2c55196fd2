"""What every request passes: the site it is about, a locked screen, refusals as pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import check_for_language

from afterglow.apps.accounts import queries
from afterglow.apps.accounts.services.locks import ACTED_WHEN_LOCKED, is_locked
from afterglow.apps.audit import services as audit
from afterglow.core.errors import Closed, IllegalTransition
from afterglow.core.permission import Forbidden
from afterglow.db.models import StaleRow
from afterglow.web import clock
from afterglow.web.sentences import error_words

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
GetResponse = Callable[[HttpRequest], HttpResponseBase]
View = TypeVar("View", bound=Callable[..., Any])


def visible_when_locked(view: View) -> View:
    """Mark a page that a locked screen may still read; it hides who the patient is.

    The view finds ``request.screen_locked`` true.
    """
    view.visible_when_locked = True  # type: ignore[attr-defined]
    return view


def works_when_locked(view: View) -> View:
    """Mark a view that a locked screen may use as ever: unlocking, signing out.

    Also what asks for a PIN of its own, such as taking the patient over.
    """
    view.works_when_locked = True  # type: ignore[attr-defined]
    return view


def acts_when_locked(view: View) -> View:
    """Mark what may never wait for a PIN: stopping the drug, calling an emergency and its steps.

    It is done in the name of who is signed in, and the audit says that the screen was locked.
    """
    view.acts_when_locked = True  # type: ignore[attr-defined]
    return view


class ChosenLanguage:
    """Speaks the language of the signed-in person, whatever the browser asks for.

    Django's LocaleMiddleware has chosen one before; it holds again after the response.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = request.user.language if request.user.is_authenticated else ""
        if not language or not check_for_language(language):
            return self.get_response(request)
        with translation.override(language):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
        response.headers["Content-Language"] = language
        return response


class CurrentSite:
    """Gives ``request.site``: the site the signed-in person works at now, or None."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.site = queries.current_site(request)  # type: ignore[assignment]  # not Django's sites
        return self.get_response(request)


class LockedScreen:
    """A locked screen shows the running infusion without identity and does nothing until the PIN.

    Anything but reading is answered 423; reading another page leads to the unlock page.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.screen_locked = request.user.is_authenticated and is_locked(  # type: ignore[attr-defined]
            request.session.session_key
        )
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Stop what a locked screen may not do."""
        if not request.screen_locked or getattr(view, "works_when_locked", False):  # type: ignore[attr-defined]
            return None
        if request.resolver_match and request.resolver_match.url_name == "account_logout":
            return None  # signing out needs no PIN
        if getattr(view, "acts_when_locked", False):
            if request.method not in SAFE:  # a look is no act
                _note(request, ACTED_WHEN_LOCKED, kwargs)
            return None
        if request.method not in SAFE:
            return render(request, "accounts/locked.html", {"refused": True}, status=423)
        if getattr(view, "visible_when_locked", False):
            return None
        if request.headers.get("HX-Request"):
            return HttpResponse(status=423, headers={"HX-Redirect": reverse("accounts:unlock")})
        return redirect(f"{reverse('accounts:unlock')}?next={request.path}")


def note_acted_when_locked(request: HttpRequest, **about: UUID) -> None:
    """Write down that a locked screen acted in the name of who is signed in, and on what."""
    _note(request, ACTED_WHEN_LOCKED, about)


def _note(
    request: HttpRequest, action: str, kwargs: Mapping[str, Any], codes: Sequence[str] = ()
) -> None:
    """Write down what a person did or was refused, and where; never what they typed."""
    user: Any = request.user
    site = getattr(request, "site", None)
    place = request.resolver_match
    about = {name: str(value) for name, value in kwargs.items() if isinstance(value, UUID)}
    patient = kwargs.get("patient")
    audit.record_ids(
        action,
        subject=user,
        by=user,
        at=clock.now(),
        site=site.public_id if site else None,
        patient=patient if isinstance(patient, UUID) else None,
        detail={"page": place.view_name if place else "", **about, "codes": list(codes)},
    )


class Refusals:
    """Turns what services raise into pages, and writes every refusal down.

    Forbidden is 403 with reasons; a row that changed, a record that is closed and a step that the
    lifecycle does not have are 409. A row that an address names and nobody has is 404. The note is
    written after the refused transaction was rolled back.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer the refusals that every page shares."""
        place = request.resolver_match
        kwargs = place.kwargs if place else {}
        if isinstance(exception, Forbidden):
            _note(request, "request-refused", kwargs, exception.decision.codes)
            context = {"decision": exception.decision}
            return render(request, "accounts/forbidden.html", context, status=403)
        if isinstance(exception, StaleRow | Closed | IllegalTransition):
            _note(request, "request-refused", kwargs, [type(exception).__name__])
            return render(request, "409.html", {"message": error_words(exception)}, status=409)
        if isinstance(exception, ObjectDoesNotExist):
            return render(request, "404.html", status=404)
        return None


class SecondFactor:
    """Sends staff who signed in with a password alone to set up their second factor first."""

    METHODS: Final = "account_authentication_methods"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Let through: signed-out people, demo accounts, who used two factors, sign-in pages."""
        user: Any = request.user
        methods = request.session.get(self.METHODS) if user.is_authenticated else None
        if not methods or user.is_demo or not hasattr(user, "staff"):
            return None
        strong = any(
            method.get("method") == "mfa" or method.get("passwordless") for method in methods
        )
        if strong or request.path.startswith(("/accounts/", "/static/", "/language/")):
            return None
        if user.authenticator_set.exclude(type="recovery_codes").exists():
            return None
        return redirect("mfa_activate_totp")
