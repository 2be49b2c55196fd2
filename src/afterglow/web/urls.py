"""Addresses of the design system: the language switch, and the living style guide in demo."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from afterglow.web import views

app_name = "web"

urlpatterns = [
    path("language/", set_language, name="set-language"),
    path("design/", views.style_guide_page, name="design"),
    path("design/infusion/", views.style_guide_infusion, name="design-infusion"),
]
