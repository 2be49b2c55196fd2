"""Addresses of predicted levels that belong to no patient."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.pharmacology import views

app_name = "pharmacology"

urlpatterns = [path("planner/", views.planner, name="planner")]
