"""Addresses of the paper: what is printed for a site's day, and what is copied back."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.treatment.views import downtime, kept, offline

urlpatterns = [
    path("downtime/", downtime.page, name="downtime"),
    path("downtime/sheets.pdf", downtime.sheets, name="downtime-sheets"),
    path("sessions/<uuid:session>/paper.pdf", downtime.sheet, name="downtime-sheet"),
    path("sessions/<uuid:session>/from-paper/", downtime.from_paper, name="from-paper"),
    path("sessions/worker.js", kept.worker, name="offline-worker"),
    path("sessions/<uuid:session>/infusion/kept/", kept.page, name="kept-page"),
    path("sessions/<uuid:session>/recovery/kept/", kept.recovery, name="kept-recovery"),
    path("sessions/<uuid:session>/infusion/kit.json", kept.kit, name="offline-kit"),
    path("sessions/<uuid:session>/offline/", offline.entries, name="offline"),
    path("sessions/<uuid:session>/offline/<uuid:entry>/", offline.settle, name="offline-settle"),
]
