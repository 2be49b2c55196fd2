"""Every URL of the product: one line an app."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("afterglow.apps.accounts.urls")),
    path("", include("afterglow.apps.audit.urls")),
    path("", include("afterglow.apps.consent.urls")),
    path("", include("afterglow.apps.courses.urls")),
    path("", include("afterglow.apps.definitions.urls")),
    path("", include("afterglow.apps.devices.urls")),
    path("", include("afterglow.apps.documents.urls")),
    path("", include("afterglow.apps.evidence.urls")),
    path("", include("afterglow.apps.monitoring.urls")),
    path("", include("afterglow.apps.notices.urls")),
    path("", include("afterglow.apps.people.urls")),
    path("", include("afterglow.apps.pharmacology.urls")),
    path("", include("afterglow.apps.places.urls")),
    path("", include("afterglow.apps.scheduling.urls")),
    path("", include("afterglow.apps.stock.urls")),
    path("", include("afterglow.apps.treatment.urls")),
    path("", include("afterglow.apps.visits.urls")),
    path("", include("afterglow.apps.work.urls")),
    path("", include("afterglow.web.urls")),
    path("", include("afterglow.simulator.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    # last: a page's address is one word, and every other app answers before it
    path("", include("afterglow.apps.frontdoor.urls")),
]
