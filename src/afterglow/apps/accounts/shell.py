"""What the frame around every page shows of the person and their sites."""

from __future__ import annotations

from django.http import HttpRequest

from afterglow.web.shell import Shell


def describe(request: HttpRequest) -> Shell:
    """Return the frame for whoever is signed in."""
    if not request.user.is_authenticated:
        return Shell()
    return Shell(user_name=request.user.full_name)
