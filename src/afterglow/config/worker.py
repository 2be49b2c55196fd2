"""The background worker: jobs and periodic tasks kept in PostgreSQL by Procrastinate."""

from __future__ import annotations


def main(arguments: list[str]) -> int:
    """Run jobs until asked to stop; a job under way is finished first."""
    from django.core.management import call_command

    call_command("procrastinate", "worker", *arguments)
    return 0
