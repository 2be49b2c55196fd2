"""Bring the shipped evidence files into the records: ``afterglow manage sync_evidence``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from afterglow.apps.evidence import services
from afterglow.core.errors import AfterglowError
from afterglow.web import clock


class Command(BaseCommand):
    """Import the shipped edition. Safe to repeat; approves nothing."""

    help = "Import the shipped evidence records; safe to repeat, approves nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the import and say what it did."""
        try:
            done = services.import_release(at=clock.now())
        except AfterglowError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(
            f"Evidence: {len(done.added)} added, {len(done.changed)} changed, "
            f"{done.unchanged} unchanged, {len(done.missing)} no longer in the files."
        )
        for key in (*done.changed, *done.missing):
            self.stdout.write(key)
