"""Addresses of a session's day, all under /sessions/<session>/: one line a page."""

from __future__ import annotations

from afterglow.apps.treatment.urls import before, session

app_name = "treatment"

urlpatterns = [
    *session.urlpatterns,
    *before.urlpatterns,
]
