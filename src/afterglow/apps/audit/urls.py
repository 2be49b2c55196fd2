"""Addresses of the audit."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.audit import views

app_name = "audit"

urlpatterns = [
    path("patients/<uuid:patient>/access/", views.access_log, name="access-log"),
    path("patients/<uuid:patient>/break-glass/", views.break_glass, name="break-glass"),
]
