"""Addresses of the definitions."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.definitions import views

app_name = "definitions"

urlpatterns = [
    path("definitions/", views.definitions, name="list"),
    path("definitions/<uuid:definition>/", views.definition, name="definition"),
    path("definitions/<uuid:definition>/approve/", views.approve, name="approve"),
    path("definitions/<uuid:definition>/retire/", views.retire, name="retire"),
]
