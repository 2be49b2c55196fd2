"""The public simulation: one dose of an average adult, drawn on the server, inside limits."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from afterglow.apps.frontdoor import cache, queries
from afterglow.apps.frontdoor.services.limits import press, simulation_steps
from afterglow.apps.frontdoor.shown import show
from afterglow.apps.frontdoor.views.frame import (
    etag_of,
    frame,
    in_language,
    sender_of,
    sent_as_kept,
    structured_data,
    wait_words,
)
from afterglow.apps.pharmacology import explainer
from afterglow.apps.pharmacology.forms import SimulationForm
from afterglow.web import clock
from afterglow.web.formats import number

PAGE: Final = "how-it-works"
"""The page that the simulation belongs to, whose author and reviewer answer for it."""


TITLE: Final = _("Three ideas in one picture")
ABOUT: Final = _(
    "A modelled picture of what ketamine may do and when, with a dose to try. An average body, "
    "not yours."
)


@require_safe
@in_language
def simulation(request: HttpRequest, *, language: str) -> HttpResponse:
    """Draw the dose that was asked for; the usual one with a sentence when it cannot be read.

    A dose between two steps leads to the nearest one, so that all visitors ask for the same few
    pictures. Only what must be drawn anew is counted, and refused when one place asks too often.
    """
    at = clock.now()
    controls = explainer.controls_in_force(at=at)
    if controls is None:
        return _draw(request, language, explained=None, form=None)
    usual = {"dose": number(controls.dose), "minutes": number(controls.minutes)}
    form = SimulationForm(usual | request.GET.dict(), limits=dict(controls.limits))
    if not form.is_valid():
        if too_often := press(form="simulation", sender=sender_of(request), at=at):
            return _refused(request, language, too_often)
        response = _draw(request, language, explained=explainer.explain(at=at), form=form)
        response.status_code = 422
        return response
    asked = {name: form.cleaned_data[name] for name in usual}
    nearest = {name: _on_a_step(asked[name], name, controls.limits[name]) for name in usual}
    if nearest != asked:
        query = urlencode({name: f"{value:f}" for name, value in nearest.items()})
        return redirect(f"{request.path}?{query}#mech-try-title")
    waits: list[timedelta] = []

    def make() -> cache.Kept | None:
        if too_often := press(form="simulation", sender=sender_of(request), at=at):
            waits.append(too_often)
            return None
        drawn = explainer.explain(at=at, **nearest)
        body = _draw(request, language, explained=drawn, form=form).content
        return cache.Kept(cache.UNKNOWN, body, etag_of(body))

    key = (request.path, *(f"{value:f}" for value in nearest.values()))
    kept = cache.simulation_or_made(key, make)
    return _refused(request, language, waits[0]) if kept is None else sent_as_kept(request, kept)


def _on_a_step(asked: Decimal, name: str, limits: tuple[Decimal, Decimal]) -> Decimal:
    """Return the nearest value of a control that is drawn, inside its limits."""
    step = simulation_steps()[name]
    nearest = (asked / step).to_integral_value(ROUND_HALF_UP) * step
    return min(max(nearest, limits[0]), limits[1]).normalize()


def _refused(request: HttpRequest, language: str, wait: timedelta) -> HttpResponse:
    response = _draw(request, language, too_often=wait_words(wait))
    response.status_code = 429
    return response


def _draw(request: HttpRequest, language: str, **more: Any) -> HttpResponse:
    publication = queries.published_page(PAGE, language)
    shown = show(publication, language=language) if publication else None
    words = {"name": str(TITLE), "description": str(ABOUT)}
    context = {
        **frame(language, slug="simulation", path=request.path),
        "title": TITLE,
        "about": ABOUT,
        "asked": bool(request.GET),
        "back": reverse("frontdoor:page", kwargs={"language": language, "slug": PAGE}),
        "page": shown,
        "publication": publication,
        "structured": structured_data(shown, request.path, **words) if shown else "",
        **more,
    }
    return render(request, "frontdoor/simulation.html", context)
