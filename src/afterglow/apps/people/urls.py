"""Addresses of patients. The chart itself is ``visits:chart``."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.people import views

app_name = "people"

urlpatterns = [
    path("patients/", views.patients, name="patients"),
    path("patients/search/", views.search, name="search"),
    path("patients/new/", views.register, name="register"),
    path("patients/<uuid:patient>/edit/", views.edit, name="edit"),
    path("patients/<uuid:patient>/allergies/new/", views.add_allergy, name="add-allergy"),
    path(
        "patients/<uuid:patient>/allergies/none-known/",
        views.no_known_allergies,
        name="no-known-allergies",
    ),
    path("allergies/<uuid:allergy>/end/", views.remove_allergy, name="end-allergy"),
    path("patients/<uuid:patient>/medicines/new/", views.add_medicine, name="add-medicine"),
    path("medicines/<uuid:medicine>/dose/", views.edit_medicine, name="edit-medicine"),
    path("medicines/<uuid:medicine>/end/", views.remove_medicine, name="end-medicine"),
    path("patients/<uuid:patient>/care-team/new/", views.add_member, name="add-member"),
    path("care-team/<uuid:member>/edit/", views.edit_member, name="edit-member"),
]
