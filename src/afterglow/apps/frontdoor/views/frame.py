"""What every public page stands in: language, menu, crisis line, headers; no script at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext

from afterglow.apps.evidence.models import Publication
from afterglow.apps.frontdoor import queries
from afterglow.apps.frontdoor.cache import Kept
from afterglow.apps.frontdoor.middleware import KEPT
from afterglow.apps.frontdoor.pricing import bills_shown
from afterglow.apps.frontdoor.shown import ShownPage, address_of, show, stories_shown
from afterglow.apps.places.queries import organisation_day
from afterglow.core.frontdoor import BlockKind
from afterglow.web import clock

P = ParamSpec("P")
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "connect-src 'self'",  # Lighthouse asks for robots.txt from inside the page
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
FIXED: Final = frozenset({"contact", "refer", "newsletter", "locations", "crisis", "simulation"})
"""Pages that are there whether or not anybody published words around them."""
LOCALES: Final = {"en": "en_US", "es": "es_US"}


def in_language(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Speak the language of the address, whatever the browser or the account prefers."""

    @wraps(view)
    def spoken(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        language = str(kwargs.get("language", "en"))
        with translation.override(language):
            response = view(request, *args, **kwargs)
        response.headers["Content-Language"] = language
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response

    return spoken


def sent_as_kept(request: HttpRequest, kept: Kept) -> HttpResponse:
    """Send a kept page, or only that it has not changed since the visitor saw it."""
    response: HttpResponse
    if request.headers.get("If-None-Match") == kept.etag:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(kept.body, content_type=kept.media_type)
    response.headers["ETag"] = kept.etag
    response.headers["Cache-Control"] = "public, no-cache"
    setattr(response, KEPT, kept.state)
    return response


def frame(language: str, *, slug: str = "", path: str = "") -> dict[str, Any]:
    """Return what the frame of a public page shows; ``path`` is where it stands, for ``og:url``."""
    others = [code for code, _name in settings.LANGUAGES if code != language]
    return {
        "language": language,
        "slug": slug,
        "is_home": slug == queries.HOME,
        "menu": [
            {
                "label": each.label,
                "url": address_of(f"page:{each.slug}", language),
                "current": each.slug == slug,
            }
            for each in queries.menu(language)
        ],
        "crisis": queries.crisis_lines()[0],
        "home": reverse("frontdoor:home", kwargs={"language": language}),
        "contact": reverse("frontdoor:contact", kwargs={"language": language}),
        "crisis_page": reverse("frontdoor:crisis", kwargs={"language": language}),
        "newsletter": reverse("frontdoor:newsletter", kwargs={"language": language}),
        "locations": reverse("frontdoor:locations", kwargs={"language": language}),
        "simulation": reverse("frontdoor:simulation", kwargs={"language": language}),
        "languages": {code: _elsewhere(slug, code) for code in others} if slug else {},
        "origin": settings.ORIGIN,
        "canonical": f"{settings.ORIGIN}{path}",
        "locale": LOCALES.get(language, language),
        "og_image": f"{settings.ORIGIN}{picture_of(slug, language)}" if slug else "",
        "demo": settings.DEMO,
        "said": _has(queries.OFTEN_SAID, language),
    }


def picture_of(slug: str, language: str) -> str:
    """Return where the picture of a page for those who share it is drawn."""
    return reverse("frontdoor:open-graph", kwargs={"slug": slug, "language": language})


def own_words(slug: str, language: str) -> dict[str, Any]:
    """Return what staff published to stand around a form or a list; empty when nothing is.

    The form, the sites and the crisis lines are there in any case.
    """
    publication = queries.published_page(slug, language)
    if publication is None:
        return {}
    shown = show(publication, language=language)
    path = address_of(f"page:{slug}", language)
    return {
        "page": shown,
        "publication": publication,
        "structured": structured_data(shown, path),
    }


def sender_of(request: HttpRequest) -> str:
    """Return from where a request comes: what the nearest proxy saw, when we stand behind one."""
    forwarded = request.headers.get("X-Forwarded-For", "").strip()
    if forwarded and settings.ORIGIN.startswith("https://"):  # then a proxy stands before us
        return forwarded.rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def wait_words(wait: dt.timedelta) -> str:
    """Say that a form was sent too often, for how long to wait, and what can be done instead."""
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    return ngettext(
        "This form was sent too often from where you are. Please wait %(minutes)s minute, "
        "or call one of our sites.",
        "This form was sent too often from where you are. Please wait %(minutes)s minutes, "
        "or call one of our sites.",
        minutes,
    ) % {"minutes": minutes}


def _elsewhere(slug: str, language: str) -> str:
    if slug in FIXED or _has(slug, language):
        return address_of(f"page:{slug}", language)
    return reverse("frontdoor:home", kwargs={"language": language})


def _has(slug: str, language: str) -> bool:
    return queries.published_page(slug, language) is not None


def draw(
    request: HttpRequest,
    shown: ShownPage,
    *,
    slug: str,
    path: str,
    in_letter: bool = False,
    **more: Any,
) -> HttpResponse:
    """Draw a page as visitors see it; a preview draws the same with a band above it."""
    publication = shown.publication
    context = {
        **frame(shown.language, slug=slug, path=path),
        "page": shown,
        "publication": publication,
        "structured": structured_data(shown, path),
        "sites": queries.open_sites(),
        **_kept_by_staff(shown, in_letter=in_letter),
        **more,
    }
    return render(request, "frontdoor/page.html", context)


def _kept_by_staff(shown: ShownPage, *, in_letter: bool) -> dict[str, Any]:
    """Return what a block of the page shows of prices and stories; nothing when none does."""
    kinds = {section.kind for section in shown.sections}
    now = clock.now()
    found: dict[str, Any] = {}
    if BlockKind.PRICES in kinds:
        found["prices"] = bills_shown(shown.language, at=now)
    if BlockKind.STORIES in kinds:
        found["stories"] = stories_shown(
            shown.language, on=organisation_day(now), in_letter=in_letter
        )
    return found


def structured_data(
    shown: ShownPage, path: str, *, name: str = "", description: str = ""
) -> SafeString:
    """Return the page as schema.org's MedicalWebPage, with every source as a citation.

    ``name`` and ``description`` are those of a page that another page's author answers for.
    """
    row: Publication = shown.publication
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "MedicalWebPage",
        "name": name or row.title,
        "description": description or shown.description,
        "inLanguage": shown.language,
        "url": f"{settings.ORIGIN}{path}",
        "about": {"@type": "Drug", "name": "Ketamine"},
        "author": {"@type": "Person", "name": row.author_name},
        "citation": [
            {"@type": "CreativeWork", "name": source.words}
            | ({"url": source.addresses[0]} if source.addresses else {})
            for source in shown.sources
        ],
    }
    if row.reviewer_name:
        data["reviewedBy"] = {"@type": "Person", "name": row.reviewer_name}
    if row.reviewed_at:
        data["lastReviewed"] = row.reviewed_at.date().isoformat()
    if row.published_at:
        data["datePublished"] = row.published_at.isoformat()
    text = json.dumps(data, ensure_ascii=False)
    # Inside a script element only "<" could end it; JSON may write it as an escape.
    return mark_safe(text.replace("<", "\\u003c"))  # noqa: S308


def etag_of(body: bytes) -> str:
    """Return a strong entity tag."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
