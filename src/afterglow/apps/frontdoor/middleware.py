"""Kept pages answered at the door; old addresses lead on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
)
from django.http.response import HttpResponseBase

from afterglow.apps.frontdoor import cache
from afterglow.apps.frontdoor.models import Redirect

KEPT: Final = "kept_state"
"""What a view sets on a response that is the same for every visitor: the state it was made from."""


class KeptPages:
    """Answers a visitor without a session from what is kept, before anything else runs.

    Sessions, languages and tokens play no part in such a page, so nothing of them is asked; the one
    question left is whether a record changed since. Place it first: what it keeps has every header.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        plain = (
            request.method == "GET"
            and not request.META.get("QUERY_STRING")
            and settings.SESSION_COOKIE_NAME not in request.COOKIES
        )
        if plain and (found := cache.ready(request.path)) is not None:
            request.get_host()  # refuses a host that is not ours, as every other page does
            return self._answer(request, found)
        response = self.get_response(request)
        state = getattr(response, KEPT, None)
        if plain and state and isinstance(response, HttpResponse) and not response.cookies:
            headers = tuple(response.headers.items())
            if response.status_code == 200:
                cache.keep_ready(request.path, cache.Ready(state, response.content, headers))
        return response

    def _answer(self, request: HttpRequest, found: cache.Ready) -> HttpResponse:
        kept = dict(found.headers)
        seen = request.META.get("HTTP_IF_NONE_MATCH")
        response: HttpResponse
        if seen and seen == kept.get("ETag"):
            response = HttpResponseNotModified()
            for name in ("Content-Type", "Content-Length"):
                kept.pop(name, None)
        else:
            response = HttpResponse(found.body)
        for name, value in kept.items():
            response.headers[name] = value
        return response


class MovedAddresses:
    """Answers a 404 with the new address when somebody wrote one down. Asks only then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code != 404 or request.method not in ("GET", "HEAD"):
            return response
        moved = Redirect.objects.filter(old_path=request.path[:200]).first()
        return response if moved is None else HttpResponsePermanentRedirect(moved.new_path)
