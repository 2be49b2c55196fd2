"""Addresses of vials and the ledger."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.stock import views

app_name = "stock"

urlpatterns = [
    path("stock/", views.stock, name="stock"),
    path("stock/receive/", views.receive, name="receive"),
    path("stock/vials/<uuid:vial>/", views.vial, name="vial"),
]
