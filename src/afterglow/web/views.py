"""The living style guide: every component, in demo and development only."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from afterglow.web import clock, style_guide


def _only_for_builders() -> None:
    if not (settings.DEBUG or getattr(settings, "DEMO", False)):
        raise Http404


def style_guide_page(request: HttpRequest) -> HttpResponse:
    """Show every component."""
    _only_for_builders()
    return render(request, "web/style_guide.html", style_guide.examples(clock.now()))


def style_guide_infusion(request: HttpRequest) -> HttpResponse:
    """Show the infusion room with made-up numbers."""
    _only_for_builders()
    return render(request, "web/style_guide_infusion.html", style_guide.examples(clock.now()))
