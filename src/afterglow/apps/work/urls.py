"""Addresses of tasks."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.work import views

app_name = "work"

urlpatterns = [
    path("tasks/", views.tasks, name="tasks"),
    path("tasks/<uuid:task>/take/", views.take, name="take"),
    path("tasks/<uuid:task>/close/", views.close, name="close"),
]
