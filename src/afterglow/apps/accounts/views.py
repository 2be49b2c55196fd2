"""Pages of the signed-in person: their site, their screen's lock, their PIN; links by POST."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from afterglow.apps.accounts import queries, services
from afterglow.apps.accounts.forms import LanguageForm, PinForm, UnlockForm
from afterglow.apps.accounts.middleware import works_when_locked
from afterglow.core.errors import InvalidValue
from afterglow.web import clock
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words, sentence_of

BACKEND = "django.contrib.auth.backends.ModelBackend"
both = require_http_methods(["GET", "POST"])


@login_required
@require_POST
def choose_site(request: StaffRequest) -> HttpResponse:
    """Work at another site of one's own."""
    wanted = request.POST.get("site", "")
    if wanted not in {str(site.public_id) for site in queries.my_sites(request)}:
        return render(
            request, "422.html", {"message": _("You have no role at that site.")}, status=422
        )
    request.session[queries.SITE_KEY] = wanted
    came_from = urlsplit(request.headers.get("Referer", ""))
    where = came_from.path if came_from.netloc == request.get_host() else ""
    return redirect(_back(request, where))


@login_required
@require_POST
def choose_language(request: StaffRequest) -> HttpResponse:
    """Read every page in another language, from now on and on every screen."""
    form = LanguageForm(request.POST)
    if not form.is_valid():
        context = {"message": " ".join(str(each) for each in form.errors["language"])}
        return render(request, "422.html", context, status=422)
    services.choose_language(by=request.user, at=clock.now(), **form.cleaned_data)
    return redirect(_back(request, request.POST.get("next", "/")))


@login_required
@require_POST
def lock(request: StaffRequest) -> HttpResponse:
    """Lock this screen; a page that stays visible when locked is shown again, locked."""
    if request.session.session_key is None:
        request.session.save()
    key = str(request.session.session_key)
    services.lock_screen(session_key=key, by=request.user, at=clock.now())
    if after := request.POST.get("next", ""):
        return redirect(_back(request, after))
    return redirect("accounts:unlock")


@works_when_locked
@never_cache
@login_required
@both
def unlock(request: StaffRequest) -> HttpResponse:
    """Ask for the PIN and unlock."""
    form = UnlockForm(request.POST or None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        decision = services.unlock_screen(
            session_key=str(request.session.session_key),
            by=request.user,
            secret=form.cleaned_data["secret"],
            at=clock.now(),
        )
        if decision.allowed:
            there = _back(request, request.GET.get("next", "/"))
            if request.headers.get("HX-Request") == "true":
                return HttpResponse(headers={"HX-Redirect": there})
            return redirect(there)
        for reason in decision.blockers:
            form.add_error("secret", sentence_of(reason))
        status = 409
    is_over_a_room = request.headers.get("HX-Request") == "true"
    template = "accounts/_unlock.html" if is_over_a_room else "accounts/locked.html"
    return render(request, template, {"form": form}, status=status)


@login_required
@both
def me(request: StaffRequest) -> HttpResponse:
    """Set one's PIN and language; ways to the second factor and the password."""
    form = PinForm(request.POST or None)
    if form.is_valid():
        try:
            services.set_pin(
                account=request.user, by=request.user, at=clock.now(), **form.cleaned_data
            )
            messages.success(request, _("Your PIN is set."))
            return redirect("accounts:me")
        except InvalidValue as problem:
            form.add_error(None, error_words(problem))
    status = 422 if form.is_bound else 200
    language_form = LanguageForm(initial={"language": request.user.language})
    context = {"form": form, "language_form": language_form}
    return render(request, "accounts/me.html", context, status=status)


@never_cache
@both
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in by link: reading the page uses nothing up, pressing the button does."""
    if request.method == "GET":
        return render(request, "accounts/enter.html")
    account = services.consume_link(token=token, at=clock.now())
    if account is None:
        return render(request, "accounts/enter.html", {"refused": True}, status=409)
    login(request, account, backend=BACKEND)
    return redirect("/")


def _back(request: HttpRequest, wanted: str) -> str:
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if ours and wanted.startswith("/") else "/"
