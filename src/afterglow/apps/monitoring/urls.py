"""Addresses of the review queue. Live readings are streams: see ``afterglow.config.live``."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.monitoring import profile_views, views

app_name = "monitoring"

urlpatterns = [
    path("reviews/", views.reviews, name="reviews"),
    path("reviews/<uuid:item>/", views.review, name="review"),
    path("reviews/<uuid:item>/assign/", views.assign, name="assign-review"),
    path(
        "reviews/<uuid:item>/in-spite/<uuid:session>/",
        views.assign_in_spite,
        name="assign-in-spite",
    ),
    path("reviews/<uuid:item>/take-back/", views.take_back, name="take-back-review"),
    path("reviews/<uuid:item>/reject/", views.reject, name="reject-review"),
    path("reviews/<uuid:item>/reread/", views.reread, name="reread-review"),
    path("device-messages/", profile_views.message_list, name="device-messages"),
    path("device-profiles/", profile_views.profile_list, name="profiles"),
    path("device-profiles/new/", profile_views.profile, name="new-profile"),
    path("device-profiles/next-message/", profile_views.next_message, name="next-message"),
    path("device-profiles/<slug:key>/", profile_views.profile, name="profile"),
    path(
        "device-profiles/<uuid:definition>/approve/",
        profile_views.approve_profile,
        name="approve-profile",
    ),
]
