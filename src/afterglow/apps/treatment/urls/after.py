"""Addresses of everything after the pump has stopped."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.treatment.views import closing, signing

urlpatterns = [
    path("sessions/<uuid:session>/recovery/", closing.recovery, name="recovery"),
    path("sessions/<uuid:session>/recovery/criteria/", closing.save, name="recovery-save"),
    path(
        "sessions/<uuid:session>/recovery/scores/<slug:instrument>/",
        closing.score,
        name="recovery-score",
    ),
    path("sessions/<uuid:session>/recovery/readings/", closing.observe, name="recovery-observe"),
    path("sessions/<uuid:session>/recovery/account/", closing.account, name="account"),
    path("sessions/<uuid:session>/end/", closing.end, name="end"),
    path("sessions/<uuid:session>/call-back/", closing.call_back, name="call-back"),
    path("sessions/<uuid:session>/sign/", signing.page, name="sign"),
    path("sessions/<uuid:session>/sign/now/", signing.sign, name="sign-now"),
    path("sessions/<uuid:session>/sign/addendum/", signing.addendum, name="addendum"),
    path("sessions/<uuid:session>/draft.pdf", signing.draft_pdf, name="draft-pdf"),
    path("sessions/<uuid:session>/record.pdf", signing.record_pdf, name="record-pdf"),
]
