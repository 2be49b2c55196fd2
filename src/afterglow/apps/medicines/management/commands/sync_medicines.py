"""Bring the shipped product list into the database: ``django-admin sync_medicines``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from afterglow.apps.medicines import services
from afterglow.web import clock


class Command(BaseCommand):
    """Add and update the shipped products. Safe to repeat."""

    help = "Add and update the shipped products."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the sync and say what it did."""
        done = services.sync_medicines(at=clock.now())
        self.stdout.write(
            f"Products: {len(done.added)} added, {len(done.changed)} changed, "
            f"{done.unchanged} unchanged."
        )
