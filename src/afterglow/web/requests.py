"""What a view knows of a request once the middleware has seen it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


class StaffRequest(HttpRequest):
    """A request of a signed-in person. ``site`` is the site they work at now, or None.

    ``user`` is the account and ``site`` a place; both are typed where their apps are known.
    """

    user: Any
    site: Any
