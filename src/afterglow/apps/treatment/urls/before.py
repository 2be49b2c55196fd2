"""Addresses of everything before the start."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.treatment.views import (
    arrival,
    masses,
    ordering,
    predicting,
    preparing,
    starting,
)

urlpatterns = [
    path("appointments/<uuid:appointment>/begin/", arrival.begin, name="begin"),
    path("courses/<uuid:course>/order/", ordering.order_new, name="order-new"),
    path("sessions/<uuid:session>/check-in/", arrival.check_in, name="check-in"),
    path(
        "sessions/<uuid:session>/check-in/wrong-weight/",
        masses.take_mass_back,
        name="take-mass-back",
    ),
    path("sessions/<uuid:session>/plan/", ordering.plan, name="plan"),
    path("sessions/<uuid:session>/plan/predicted/", predicting.compare, name="predicted"),
    path("sessions/<uuid:session>/plan/cancel/", ordering.cancel, name="order-cancel"),
    path("sessions/<uuid:session>/prepare/", preparing.prepare, name="prepare"),
    path("sessions/<uuid:session>/prepare/read-back/", preparing.read_back, name="read-back"),
    path("sessions/<uuid:session>/prepare/discard/", preparing.discard, name="discard"),
    path("sessions/<uuid:session>/prepare/label.pdf", preparing.label, name="label"),
    path("sessions/<uuid:session>/ready/", starting.ready, name="ready"),
    path("sessions/<uuid:session>/ready/baseline/", starting.baseline, name="baseline"),
    path("sessions/<uuid:session>/ready/place/", starting.place, name="place"),
    path("sessions/<uuid:session>/start/", starting.start, name="start"),
    path("sessions/<uuid:session>/override/<slug:gate>/", starting.override, name="override"),
]
