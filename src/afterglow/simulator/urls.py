"""Addresses of the rehearsal."""

from __future__ import annotations

from django.urls import path

from afterglow.simulator import views

app_name = "rehearsal"

urlpatterns = [
    path("rehearsal/", views.page, name="page"),
    path("rehearsal/<slug:scenario>/", views.room, name="room"),
    path("rehearsal/<slug:scenario>/story.json", views.story, name="story"),
]
