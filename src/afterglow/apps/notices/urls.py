"""Addresses of notices."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.notices import views

app_name = "notices"

urlpatterns = [
    path("notices/", views.notices, name="list"),
    path("notices/<uuid:notice>/read/", views.read, name="read"),
]
