"""The design system as a Django app: templates, static files, template tags, no models."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Base templates, components and the one clock."""

    name = "afterglow.web"
    label = "web"
    verbose_name = "Design system"
