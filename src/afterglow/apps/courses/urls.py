"""Addresses of courses."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.courses import views

app_name = "courses"

urlpatterns = [
    path("patients/<uuid:patient>/courses/new/", views.open_course, name="open"),
    path("courses/<uuid:course>/", views.course, name="course"),
    path("courses/<uuid:course>/edit/", views.edit, name="edit"),
    path("courses/<uuid:course>/protocol/", views.protocol, name="protocol"),
    path("courses/<uuid:course>/accept/", views.accept, name="accept"),
    path("courses/<uuid:course>/pause/", views.pause, name="pause"),
    path("courses/<uuid:course>/phase/", views.phase, name="phase"),
]
