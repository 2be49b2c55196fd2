"""Addresses of the review queue. Live readings are streams: see ``afterglow.config.live``."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.monitoring import views

app_name = "monitoring"

urlpatterns = [
    path("reviews/", views.reviews, name="reviews"),
    path("reviews/<uuid:item>/", views.review, name="review"),
    path("reviews/<uuid:item>/assign/", views.assign, name="assign-review"),
    path("reviews/<uuid:item>/reject/", views.reject, name="reject-review"),
]
