"""Seed the definitions from the files that ship with this version."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from afterglow.apps.definitions import services
from afterglow.core.errors import AfterglowError
from afterglow.web import clock


class Command(BaseCommand):
    """Add definitions that have no row yet; refuse a body changed under its version."""

    help = "Add clinical definitions from the shipped files; refuse changed versions."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the sync and say what it added."""
        try:
            done = services.sync_definitions(at=clock.now())
        except AfterglowError as problem:
            raise CommandError(str(problem)) from problem
        for name in done.added:
            self.stdout.write(f"added {name}")
        self.stdout.write(f"{len(done.added)} added, {done.unchanged} unchanged")
