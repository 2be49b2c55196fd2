"""Addresses of accounts; sign-in itself is allauth's, under /accounts/."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.accounts import staff_views, views

app_name = "accounts"

urlpatterns = [
    path("enter/<str:token>/", views.enter, name="enter"),
    path("me/", views.me, name="me"),
    path("me/language/", views.choose_language, name="language"),
    path("me/site/", views.choose_site, name="choose-site"),
    path("screen/lock/", views.lock, name="lock"),
    path("screen/unlock/", views.unlock, name="unlock"),
    path("staff/", staff_views.staff, name="staff"),
    path("staff/new/", staff_views.new_member, name="new-member"),
    path("staff/<uuid:account>/", staff_views.member, name="member"),
    path("staff/<uuid:account>/grants/", staff_views.grant, name="grant"),
    path("staff/<uuid:account>/grants/<uuid:grant>/end/", staff_views.end_grant, name="end-grant"),
    path("staff/<uuid:account>/credentials/", staff_views.credential, name="credential"),
]
