"""Addresses of a site as a whole: monthly reports, and alarms that nobody answers."""

from __future__ import annotations

from django.urls import path

from afterglow.apps.treatment.views import reports, site_alarms

urlpatterns = [
    path("reports/coverage/", reports.coverage_month, name="report-coverage"),
    path("reports/alarms/", reports.alarm_month, name="report-alarms"),
    path("alarms/elsewhere/", site_alarms.elsewhere, name="alarms-elsewhere"),
    path("emergencies/<uuid:event>/", site_alarms.emergency_of, name="emergency-of"),
    path("alarms/<uuid:alarm>/", site_alarms.alarm_of, name="alarm-of"),
]
