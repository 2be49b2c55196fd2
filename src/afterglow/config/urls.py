"""Every URL of the product: one line an app."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("afterglow.web.urls")),
    path("accounts/", include("allauth.urls")),
]
