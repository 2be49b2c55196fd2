"""Read-only administration pages: for technical look-ups, never for work."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest


class LookUpOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # one class for every model
    """Shows rows and changes none: the product's own pages do that, with audit and reasons."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds rows here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes rows here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes rows here."""
        return False


def look_up(model: type[models.Model], *columns: str, hide: tuple[str, ...] = ()) -> None:
    """Register a model for look-ups with the columns of its list; ``hide`` keeps secrets out."""
    admin.site.register(
        model, type("LookUp", (LookUpOnly,), {"list_display": columns, "exclude": hide})
    )
