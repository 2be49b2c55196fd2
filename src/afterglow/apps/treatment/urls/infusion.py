"""Addresses of the infusion page, under ``/sessions/<uuid:session>/``."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.treatment.views import (
    coverage,
    emergency,
    infusion,
    infusion_alarms,
    infusion_asks,
    infusion_raw,
    playback,
    predicting,
    site_alarms,
    sound,
)

urlpatterns = [
    path("infusion/", infusion.page, name="infusion"),
    path("infusion/panels/<slug:name>/", infusion.panel, name="infusion-panel"),
    path("infusion/predicted/", predicting.slot, name="infusion-predicted"),
    path("infusion/readings.json", infusion.readings, name="infusion-readings"),
    path("infusion/trend.json", infusion_raw.trend_json, name="infusion-trend"),
    path("infusion/raw/<slug:line>/<int:since>/", infusion_raw.raw, name="infusion-raw"),
    path(
        "infusion/readings/<uuid:batch>/<slug:sign>/believe/",
        infusion_raw.Believe.as_view(),
        name="infusion-believe",
    ),
    path(
        "infusion/observations/<uuid:batch>/undo/",
        infusion_raw.undo_entry,
        name="infusion-undo-entry",
    ),
    path("playback/", playback.page, name="playback"),
    path("infusion/stop/", infusion.stop, name="infusion-stop"),
    path("infusion/mark/", infusion.mark, name="infusion-mark"),
    path("infusion/pause/", infusion.pause, name="infusion-pause"),
    path("infusion/resume/", infusion.resume, name="infusion-resume"),
    path("infusion/observations/", infusion.observe, name="infusion-observe"),
    path("infusion/rate/", infusion_asks.Rate.as_view(), name="infusion-rate"),
    path("infusion/note/", infusion_asks.Note.as_view(), name="infusion-note"),
    path("infusion/event/", infusion_asks.Event.as_view(), name="infusion-event"),
    path("infusion/drug/", infusion_asks.Drug.as_view(), name="infusion-drug"),
    path("infusion/hand-over/", coverage.take_over, name="infusion-hand-over"),
    path("infusion/sound-test/", sound.sound_test, name="sound-test"),
    path("infusion/break/", coverage.Break.as_view(), name="infusion-break"),
    path("infusion/present/", coverage.confirm, name="infusion-present"),
    path("infusion/present/signed/", coverage.Present.as_view(), name="infusion-present-signed"),
    path("infusion/leave/", coverage.Leave.as_view(), name="infusion-leave"),
    path("infusion/explain/", infusion_asks.Explain.as_view(), name="infusion-explain"),
    path("infusion/difference/", infusion_asks.Difference.as_view(), name="infusion-difference"),
    path("infusion/missed/", infusion_asks.Missed.as_view(), name="infusion-missed"),
    path("infusion/events/<uuid:event>/name/", infusion_asks.Name.as_view(), name="infusion-name"),
    path("infusion/events/<uuid:event>/undo/", infusion_asks.Undo.as_view(), name="infusion-undo"),
    path(
        "infusion/readings/<uuid:batch>/<slug:sign>/artefact/",
        infusion_asks.Artefact.as_view(),
        name="infusion-artefact",
    ),
    path("infusion/entries/<int:number>/", infusion_asks.entry, name="infusion-entry"),
    path(
        "infusion/medicines/<uuid:medicine>/error/",
        infusion_asks.MedicineError.as_view(),
        name="infusion-medicine-error",
    ),
    path(
        "infusion/pump/<uuid:entry>/error/",
        infusion_asks.PumpError.as_view(),
        name="infusion-pump-error",
    ),
    path(
        "infusion/scores/<uuid:assessment>/correct/",
        infusion_asks.Correct.as_view(),
        name="infusion-correct",
    ),
    path(
        "infusion/alarms/<uuid:alarm>/acknowledge/",
        infusion_alarms.acknowledge,
        name="alarm-acknowledge",
    ),
    path(
        "infusion/alarms/<uuid:alarm>/probe-off/",
        infusion_alarms.probe_off,
        name="alarm-probe-off",
    ),
    path("infusion/alarms/<uuid:alarm>/silence/", infusion_alarms.silence, name="alarm-silence"),
    path("infusion/emergency/", emergency.page, name="emergency"),
    path("infusion/emergency/declare/", emergency.declare, name="emergency-declare"),
    path("infusion/emergency/steps/", emergency.step, name="emergency-step"),
    path("infusion/emergency/drugs/", emergency.drug, name="emergency-drug"),
    path("infusion/emergency/over/", emergency.over, name="emergency-over"),
    path("infusion/emergency/coming/", site_alarms.coming, name="emergency-coming"),
    path("infusion/emergency/sheet/", emergency.sheet, name="emergency-sheet"),
    path("infusion/emergency/sheet.pdf", emergency.sheet_pdf, name="emergency-sheet-pdf"),
]
