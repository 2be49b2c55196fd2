"""The background jobs: each app's ``jobs.py`` holds its own, and Procrastinate finds them.

Periodic: escalate overdue tasks every minute, clear expired links every hour. The worker runs
them, see ``afterglow.config.worker``.
"""

from __future__ import annotations

from procrastinate.contrib.django import app

__all__ = ["app"]
