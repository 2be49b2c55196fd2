"""The public simulation: one dose of an average adult, drawn on the server, inside limits."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from afterglow.apps.frontdoor import cache, queries
from afterglow.apps.frontdoor.views.frame import etag_of, frame, in_language
from afterglow.apps.pharmacology import explainer
from afterglow.apps.pharmacology.forms import SimulationForm
from afterglow.web import clock
from afterglow.web.formats import number

PAGE: Final = "how-it-works"
"""The page that the simulation belongs to, whose author and reviewer answer for it."""


@require_safe
@in_language
def simulation(request: HttpRequest, *, language: str) -> HttpResponse:
    """Draw the dose that was asked for; the usual one with a sentence when it cannot be read."""
    at = clock.now()
    controls = explainer.controls_in_force(at=at)
    if controls is None:
        return _draw(request, language, explained=None, form=None)
    usual = {"dose": number(controls.dose), "minutes": number(controls.minutes)}
    form = SimulationForm(usual | request.GET.dict(), limits=dict(controls.limits))
    if not form.is_valid():
        response = _draw(request, language, explained=explainer.explain(at=at), form=form)
        response.status_code = 422
        return response
    dose, minutes = (form.cleaned_data[name].normalize() for name in ("dose", "minutes"))

    def make() -> cache.Kept:
        drawn = explainer.explain(at=at, dose=dose, minutes=minutes)
        body = _draw(request, language, explained=drawn, form=form).content
        return cache.Kept((0, 0), body, etag_of(body))

    kept = cache.kept_or_made((request.path, f"{dose:f}", f"{minutes:f}"), make)
    if kept is None:
        raise AssertionError("A simulation is always made.")
    response = HttpResponse(kept.body)
    response.headers["ETag"] = kept.etag
    response.headers["Cache-Control"] = "public, no-cache"
    return response


def _draw(request: HttpRequest, language: str, **more: Any) -> HttpResponse:
    context = {
        **frame(language, path=request.path),
        "languages": {
            code: reverse("frontdoor:simulation", kwargs={"language": code})
            for code, _name in settings.LANGUAGES
            if code != language
        },
        "back": reverse("frontdoor:page", kwargs={"language": language, "slug": PAGE}),
        "publication": queries.published_page(PAGE, language),
        **more,
    }
    return render(request, "frontdoor/simulation.html", context)
