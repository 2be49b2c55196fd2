"""Addresses of consent."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.consent import views

app_name = "consent"

urlpatterns = [
    path("courses/<uuid:course>/consent/", views.record, name="record"),
    path("consents/<uuid:consent>/", views.consent, name="consent"),
    path("consents/<uuid:consent>/withdraw/", views.withdraw, name="withdraw"),
]
