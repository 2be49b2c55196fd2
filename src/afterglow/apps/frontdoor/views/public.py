"""Public pages: home, one page, locations, crisis, pictures, the map of the site for machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from afterglow.apps.documents.rendering import draw_picture
from afterglow.apps.frontdoor import cache, queries
from afterglow.apps.frontdoor.models import Picture
from afterglow.apps.frontdoor.pricing import prices_of
from afterglow.apps.frontdoor.shown import address_of, show
from afterglow.apps.frontdoor.views.frame import (
    FIXED,
    draw,
    etag_of,
    frame,
    in_language,
    own_words,
    sent_as_kept,
    structured_data,
)
from afterglow.apps.places.models import Site
from afterglow.web import clock


@require_safe
@in_language
def home(request: HttpRequest, *, language: str) -> HttpResponse:
    """Visitors see the first page; staff who are signed in go to their board.

    A practice that has published no first page yet shows the sign-in instead.
    """
    if request.user.is_authenticated and language == "en":
        return redirect("visits:board")
    found = _page(request, queries.HOME, language, path=request.path)
    return found or redirect("account_login")


@require_safe
@in_language
def page(request: HttpRequest, *, slug: str, language: str) -> HttpResponse:
    """Show what is published at an address."""
    if slug == queries.HOME and not request.user.is_authenticated:
        return redirect("frontdoor:home", language=language)
    if slug == queries.LOCATION:
        return redirect("frontdoor:locations", language=language)
    found = _page(request, slug, language, path=request.path)
    if found is None:
        raise Http404
    return found


@require_safe
@in_language
def site_page(request: HttpRequest, *, code: str, slug: str, language: str) -> HttpResponse:
    """Show a site's own version of a page, or everybody's where it has none."""
    site = get_object_or_404(Site, code=code, is_active=True)
    found = _page(request, slug, language, path=request.path, site=site)
    if found is None:
        raise Http404
    return found


@require_safe
@in_language
def locations(request: HttpRequest, *, language: str) -> HttpResponse:
    """List the sites with address, telephone and hours."""

    def make() -> HttpResponse:
        context = {
            **frame(language, slug="locations", path=request.path),
            **own_words("locations", language),
            "sites": queries.open_sites(),
            "map": queries.map_of_sites(),
        }
        return render(request, "frontdoor/locations.html", context)

    return _kept(request, ("locations", language), make)


@require_safe
@in_language
def location(request: HttpRequest, *, code: str, language: str) -> HttpResponse:
    """Show one site: where, when, who, and what it says of itself."""
    site = get_object_or_404(Site, code=code, is_active=True)

    publication = queries.published_page(queries.LOCATION, language, site)
    shown = show(publication, language=language) if publication else None
    about = {"name": site.name, "description": f"{site.name}. {site.address}"}
    context = {
        **frame(language, slug="locations", path=request.path),
        "site": site,
        "hours": queries.hours_of(site),
        "clinicians": queries.clinicians_of(site),
        "map": queries.map_of_sites(),
        "page": shown,
        "publication": publication,
        "prices": [prices_of(site, language, at=clock.now())],
        "structured": structured_data(shown, request.path, **about) if shown else "",
    }
    return render(request, "frontdoor/location.html", context)


@require_safe
@in_language
def crisis(request: HttpRequest, *, language: str) -> HttpResponse:
    """Say whom to call now. It needs nothing published and keeps no note of who read it."""
    context = {
        **frame(language, slug="crisis", path=request.path),
        **own_words("crisis", language),
        "lines": queries.crisis_lines_in(language),
        "unsent": "unsent" in request.GET,
        "sites": queries.open_sites(),
    }
    return render(request, "frontdoor/crisis.html", context)


@require_safe
def picture(request: HttpRequest, picture: UUID) -> HttpResponse:
    """Send a picture. It never changes, so it may be kept for ever."""
    row = get_object_or_404(Picture, public_id=picture)
    response = HttpResponse(bytes(row.content), content_type=row.media_type)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


TITLES: Final = {
    "contact": _("Ask for a call"),
    "refer": _("Refer somebody"),
    "simulation": _("Three ideas in one picture"),
    "newsletter": _("Newsletter"),
    "locations": _("Locations"),
    "crisis": _("Help now"),
}


@require_safe
@in_language
def open_graph(request: HttpRequest, *, slug: str, language: str) -> HttpResponse:
    """Draw a page's picture for those who share its address: its title over our horizon."""

    def make() -> HttpResponse | None:
        publication = queries.published_page(slug, language)
        title = TITLES.get(slug) if publication is None else publication.title
        if title is None:
            return None
        words = {
            "title": str(title),
            "language": language,
            "house": "Afterglow",
            "status": gettext("Ketamine is not FDA-approved for depression."),
        }
        png = draw_picture("frontdoor/open_graph", words)
        return HttpResponse(png, content_type="image/png")

    found = _kept_or_none(request, ("og", slug, language), make)
    if found is None:
        raise Http404
    return found


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """List every published page for search engines, each with its languages."""
    rows = []
    for row, publication in queries.published_pages():
        if row.slug == queries.LOCATION or (row.slug in FIXED and row.site is None):
            continue
        path = address_of(f"page:{row.slug}", row.language)
        if row.site is not None:
            path = reverse(
                "frontdoor:site-page",
                kwargs={"code": row.site.code, "slug": row.slug, "language": row.language},
            )
        rows.append((f"{settings.ORIGIN}{path}", publication.published_at))
    for language, _name in settings.LANGUAGES:
        given = {"language": language}
        for name in sorted(FIXED):
            path = reverse(f"frontdoor:{name}", kwargs=given)
            rows.append((f"{settings.ORIGIN}{path}", None))
        for site in queries.open_sites():
            path = reverse("frontdoor:location", kwargs={"code": site.code, **given})
            rows.append((f"{settings.ORIGIN}{path}", None))
        for letter, publication in queries.letters_published(language):
            path = reverse("frontdoor:letter", kwargs={"slug": letter.slug, **given})
            rows.append((f"{settings.ORIGIN}{path}", publication.published_at))
    context = {"rows": rows}
    return render(request, "frontdoor/sitemap.xml", context, content_type="application/xml")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Keep crawlers to the public pages."""
    lines = ["User-agent: *", "Disallow: /accounts/", "Disallow: /frontdoor/"]
    lines.append(f"Sitemap: {settings.ORIGIN}{reverse('frontdoor:sitemap')}")
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")


def _page(
    request: HttpRequest, slug: str, language: str, *, path: str, site: Site | None = None
) -> HttpResponse | None:
    def make() -> HttpResponse | None:
        publication = queries.published_page(slug, language, site)
        if publication is None:
            return None
        return draw(request, show(publication, language=language), slug=slug, path=path)

    return _kept_or_none(request, (path,), make)


def _kept(
    request: HttpRequest, key: tuple[str, ...], make: Callable[[], HttpResponse]
) -> HttpResponse:
    found = _kept_or_none(request, key, make)
    if found is None:
        raise Http404
    return found


def _kept_or_none(
    request: HttpRequest, key: tuple[str, ...], make: Callable[[], HttpResponse | None]
) -> HttpResponse | None:
    def body() -> cache.Kept | None:
        response = make()
        if response is None:
            return None
        return cache.Kept(
            cache.UNKNOWN,
            response.content,
            etag_of(response.content),
            response.headers["Content-Type"],
        )

    kept = cache.kept_or_made(key, body)
    return None if kept is None else sent_as_kept(request, kept)
