"""Addresses of documents."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.documents import views

app_name = "documents"

urlpatterns = [path("documents/<uuid:document>/", views.download, name="download")]
