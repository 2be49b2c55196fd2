"""The newsletter: ask, confirm, leave, read what was sent."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from afterglow.apps.frontdoor import queries
from afterglow.apps.frontdoor.forms import SubscribeForm
from afterglow.apps.frontdoor.services import newsletter
from afterglow.apps.frontdoor.services.limits import press
from afterglow.apps.frontdoor.shown import show
from afterglow.apps.frontdoor.views.frame import (
    draw,
    frame,
    in_language,
    own_words,
    sender_of,
    wait_words,
)
from afterglow.web import clock

METHODS = ["GET", "HEAD", "POST"]


@never_cache
@require_http_methods(METHODS)
@in_language
def sign_up(request: HttpRequest, *, language: str) -> HttpResponse:
    """Ask for the newsletter; the archive stands below."""
    form = SubscribeForm(request.POST or None)
    too_often = None
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        too_often = press(form="newsletter", sender=sender_of(request), at=now)
        if too_often is None:
            if not form.cleaned_data["website"]:
                newsletter.subscribe(email=form.cleaned_data["email"], language=language, at=now)
            return redirect("frontdoor:newsletter-asked", language=language)
        form.add_error(None, wait_words(too_often))
    context = {
        **frame(language, slug="newsletter", path=request.path),
        **own_words("newsletter", language),
        "form": form,
        "letters": queries.letters_published(language),
    }
    status = 200 if request.method != "POST" else 422 if too_often is None else 429
    return render(request, "frontdoor/newsletter.html", context, status=status)


@never_cache
@require_safe
@in_language
def asked(request: HttpRequest, *, language: str) -> HttpResponse:
    """Say that the address must be confirmed; the same for every address."""
    context = {**frame(language, path=request.path), "step": "asked"}
    return render(request, "frontdoor/newsletter_step.html", context)


@never_cache
@require_http_methods(METHODS)
@in_language
def confirm(request: HttpRequest, *, token: str, language: str) -> HttpResponse:
    """The link of the mail: reading it changes nothing (mail scanners do), the button confirms."""
    if request.method == "POST":
        row = newsletter.confirm(token=token, at=clock.now())
        step = "confirmed" if row else "stale"
    else:
        step = "confirm" if newsletter.reads(token, newsletter.CONFIRM) else "stale"
    context = {**frame(language, path=request.path), "step": step}
    status = 410 if step == "stale" else 200
    return render(request, "frontdoor/newsletter_step.html", context, status=status)


@never_cache
@csrf_exempt  # a mail program's one-click button (RFC 8058) carries no token of ours
@require_http_methods(METHODS)
@in_language
def leave(request: HttpRequest, *, token: str, language: str) -> HttpResponse:
    """Leave by one click: the mail program's own button, or the one on this page."""
    if request.method == "POST":
        step = "left" if newsletter.unsubscribe(token=token, at=clock.now()) else "stale"
    else:
        step = "leave" if newsletter.reads(token, newsletter.LEAVE) else "stale"
    context = {**frame(language, path=request.path), "step": step}
    status = 410 if step == "stale" else 200
    return render(request, "frontdoor/newsletter_step.html", context, status=status)


@require_safe
@in_language
def letter(request: HttpRequest, *, slug: str, language: str) -> HttpResponse:
    """Show a letter of the archive."""
    for row, publication in queries.letters_published(language):
        if row.slug == slug:
            shown = show(publication, language=language)
            return draw(request, shown, slug="", path=request.path, in_letter=True)
    raise Http404
