"""Addresses of a session's day, all under /sessions/<session>/: one line a page."""

from __future__ import annotations

from django.urls import include, path

from afterglow.apps.treatment.urls import before, infusion, session

app_name = "treatment"

urlpatterns = [
    *session.urlpatterns,
    *before.urlpatterns,
    path("sessions/<uuid:session>/", include(infusion.urlpatterns)),
]
