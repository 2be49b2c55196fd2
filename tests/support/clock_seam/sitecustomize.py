"""Makes a program's clock jump by as many seconds as a file says; for fault tests only.

Python runs this at its start when the folder is on PYTHONPATH. The product has no such door: it
asks its one clock, and a test may set that clock.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

_FILE = os.environ.get("AFTERGLOW_TEST_CLOCK_FILE", "")


def _now() -> datetime:
    try:
        with open(_FILE) as file:
            ahead = float(file.read() or 0)
    except (OSError, ValueError):
        ahead = 0.0
    return datetime.now(UTC) + timedelta(seconds=ahead)


if _FILE:
    from afterglow.web import clock

    clock._now = _now
