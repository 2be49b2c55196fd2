"""Whether a room's screens are heard: without a connection nobody there can be asked anything."""

from __future__ import annotations

from django.db import models

from afterglow.apps.visits.models import TreatmentSession


class RoomShown(models.Model):
    """When a screen that shows a session's room was last heard. It says nothing of who looked."""

    session = models.OneToOneField(
        TreatmentSession, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    at = models.DateTimeField(help_text="When such a screen last asked for its alarms.")

    class Meta:
        verbose_name = "room shown"
        verbose_name_plural = "rooms shown"

    def __str__(self) -> str:
        return f"shown {self.session_id}"
