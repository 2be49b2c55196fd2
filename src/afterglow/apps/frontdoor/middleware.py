"""Old addresses lead on."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase

from afterglow.apps.frontdoor.models import Redirect


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
