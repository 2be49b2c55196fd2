"""Addresses of devices."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.devices import views

app_name = "devices"

urlpatterns = [
    path("devices/", views.devices, name="devices"),
    path("sites/<uuid:site>/devices/new/", views.new_device, name="new-device"),
    path("devices/<uuid:device>/", views.device, name="device"),
    path("devices/<uuid:device>/room/", views.place, name="place"),
]
