"""Bare views: one row in, some rows out, one template."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import DecimalField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path

from afterglow.apps.assessments.models import Score
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.monitoring.models import Alarm, PumpReading, VitalSign
from afterglow.apps.treatment.models import MedicineGiven, PumpAction, SessionEvent
from afterglow.web import clock


def insert(request: HttpRequest) -> HttpResponse:
    """Insert one row."""
    AuditEntry.objects.create(
        at=clock.now(), action="bench", subject_type="bench", subject=uuid.uuid4()
    )
    return HttpResponse(status=204)


def read(request: HttpRequest, session: uuid.UUID) -> JsonResponse:
    """Read the rows that the infusion page shows, and return them."""
    under: dict[str, Any] = {"session__public_id": session}
    return JsonResponse(
        {
            "signs": list(VitalSign.objects.filter(**under).values()),
            "events": list(SessionEvent.objects.filter(**under).values()),
            "alarms": list(Alarm.objects.filter(**under).values()),
            "pump": list(
                PumpAction.objects.filter(infusion__session__public_id=session).values(
                    "kind", "at", "by_id", "reason"
                )
            ),
        }
    )


def page(request: HttpRequest, number: int) -> HttpResponse:
    """Render a template that Django keeps compiled."""
    return render(request, f"page-{number}.html")


def read_room(request: HttpRequest, session: uuid.UUID) -> JsonResponse:
    """Read every row that the infusion page and its graph stand on, and return them."""
    under: dict[str, Any] = {"session__public_id": session}
    return JsonResponse(
        {
            "signs": list(VitalSign.objects.filter(**under).values()),
            "pump_readings": list(
                PumpReading.objects.filter(**under).values(
                    "pk",
                    "session_id",
                    "device_id",
                    "message_id",
                    "taken_at",
                    "arrived_at",
                    "drug",
                    "status",
                    rate=Cast("rate_ml_per_h", DecimalField(max_digits=9, decimal_places=3)),
                    delivered=Cast("delivered_ml", DecimalField(max_digits=9, decimal_places=3)),
                )
            ),
            "events": list(SessionEvent.objects.filter(**under).values()),
            "alarms": list(Alarm.objects.filter(**under).values()),
            "medicines": list(
                MedicineGiven.objects.filter(**under).values(
                    "at",
                    "route",
                    "indication",
                    dose=Cast("dose_mg", DecimalField(max_digits=10, decimal_places=4)),
                )
            ),
            "scores": list(Score.objects.filter(assessment__session__public_id=session).values()),
            "pump": list(
                PumpAction.objects.filter(infusion__session__public_id=session).values(
                    "kind", "at", "by_id", "reason"
                )
            ),
        }
    )


urlpatterns = [
    path("insert/", insert),
    path("read/<uuid:session>/", read),
    path("page-<int:number>/", page),
    path("read-room/<uuid:session>/", read_room),
]
