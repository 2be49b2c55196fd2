"""The contact request: one form, and the crisis page at once when it is needed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from afterglow.apps.frontdoor import queries
from afterglow.apps.frontdoor.forms import ContactForm
from afterglow.apps.frontdoor.services.contact import ask_for_contact
from afterglow.apps.frontdoor.services.limits import press
from afterglow.apps.frontdoor.views.frame import (
    frame,
    in_language,
    own_words,
    sender_of,
    wait_words,
)
from afterglow.core.frontdoor import ContactReason, ContactTime
from afterglow.web import clock


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@in_language
def contact(request: HttpRequest, *, language: str) -> HttpResponse:
    """Ask to be called. Who is in danger now sees the crisis page, complete form or not."""
    form = ContactForm(request.POST or None, initial=_asked_for(request))
    too_often = None
    kept = False
    if request.method == "POST" and form.is_valid():
        too_often = press(
            form="danger" if form.in_danger else "contact",
            sender=sender_of(request),
            at=clock.now(),
        )
        if too_often is None:
            _keep(form, language)
            kept = True
            if not form.in_danger:
                return redirect("frontdoor:contact-sent", language=language)
    if form.in_danger:
        now = reverse("frontdoor:crisis", kwargs={"language": language})
        return redirect(now if kept else f"{now}?unsent")
    if too_often is not None:
        form.add_error(None, wait_words(too_often))
    context = {
        **frame(language, slug="contact", path=request.path),
        **own_words("contact", language),
        "form": form,
        "sites": queries.open_sites(),
    }
    status = 200 if request.method != "POST" else 422 if too_often is None else 429
    return render(request, "frontdoor/contact.html", context, status=status)


def _asked_for(request: HttpRequest) -> dict[str, Any]:
    """Return the site that a link of its page asks for."""
    wanted = request.GET.get("site", "")
    site = next((each for each in queries.open_sites() if str(each.public_id) == wanted), None)
    return {"site": site.pk} if site else {}


def _keep(form: ContactForm, language: str) -> None:
    given = form.cleaned_data
    ask_for_contact(
        site=given["site"],
        name=given["name"],
        reach_at=given["reach_at"],
        times=[ContactTime(code) for code in given["times"]],
        reason=ContactReason(given["reason"]),
        language=language,
        may_contact=given["may_contact"],
        in_crisis=form.in_danger,
        at=clock.now(),
    )


@never_cache
@require_safe
@in_language
def sent(request: HttpRequest, *, language: str) -> HttpResponse:
    """Say that it arrived and when somebody calls."""
    context = frame(language, slug="contact", path=request.path)
    return render(request, "frontdoor/contact_sent.html", context)
