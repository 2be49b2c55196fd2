"""Addresses of appointments and shifts."""

from __future__ import annotations

from django.urls import path, re_path

from afterglow.apps.scheduling import shift_views, views

app_name = "scheduling"

urlpatterns = [
    path("appointments/", views.appointments, name="appointments"),
    path("courses/<uuid:course>/book/", views.book, name="book"),
    path("appointments/<uuid:appointment>/", views.appointment, name="appointment"),
    path("appointments/<uuid:appointment>/move/", views.move, name="move"),
    path("appointments/<uuid:appointment>/cancel/", views.cancel, name="cancel"),
    path("appointments/<uuid:appointment>/late/", views.late, name="late"),
    re_path(
        r"^appointments/(?P<appointment>[0-9a-f-]{36})/(?P<action>confirm|arrive|no-show)/$",
        views.step,
        name="step",
    ),
    path("shifts/", shift_views.shifts, name="shifts"),
    path("shifts/<uuid:shift>/remove/", shift_views.remove_shift, name="remove-shift"),
]
