"""Addresses of sites, rooms and the equipment check."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.places import views

app_name = "places"

urlpatterns = [
    path("sites/", views.sites, name="sites"),
    path("sites/new/", views.new_site, name="new-site"),
    path("sites/<uuid:site>/", views.site, name="site"),
    path("sites/<uuid:site>/hours/", views.hours, name="hours"),
    path("sites/<uuid:site>/rooms/new/", views.new_room, name="new-room"),
    path("sites/<uuid:site>/equipment/", views.equipment, name="equipment"),
    path("rooms/<uuid:room>/", views.room, name="room"),
]
