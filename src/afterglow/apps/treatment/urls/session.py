"""The session's own address: it leads to the page of its state."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.treatment.views import session as views

urlpatterns = [path("sessions/<uuid:session>/", views.session, name="session")]
