"""Addresses of a session's day, all under /sessions/<session>/: one line a page."""

from __future__ import annotations

from django.urls import include, path

from afterglow.apps.treatment.urls import after, before, downtime, infusion, session, site

app_name = "treatment"

urlpatterns = [
    *session.urlpatterns,
    *before.urlpatterns,
    *after.urlpatterns,
    *downtime.urlpatterns,
    *site.urlpatterns,
    path("sessions/<uuid:session>/", include(infusion.urlpatterns)),
]
