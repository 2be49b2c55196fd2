"""What every template can use: the frame around the page and the chosen theme."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string

from afterglow.web import clock
from afterglow.web.shell import Shell

THEME_COOKIE: Final = "afterglow-theme"
THEMES: Final = frozenset({"light", "night"})


@lru_cache(maxsize=4)
def _describer(path: str) -> Any:
    return import_string(path)


def page(request: HttpRequest) -> dict[str, object]:
    """Return ``shell``, ``theme`` ("light", "night" or "" for the device's own) and ``now``."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    path = getattr(settings, "AFTERGLOW_SHELL", "")
    return {
        # The infusion room has no frame: what is not drawn is not asked for.
        "shell": SimpleLazyObject(lambda: _describer(path)(request)) if path else Shell(),
        "theme": theme if theme in THEMES else "",
        "now": clock.now(),
    }
