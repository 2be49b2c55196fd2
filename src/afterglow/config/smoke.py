"""One whole infusion day, driven from outside by HTTP and MLLP only.

``./run --smoke`` starts a fresh Afterglow and runs this as a process of its own. It knows what a
browser and a monitor know: addresses and sign-ins. It prints one JSON object.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Day:
    """What is known of the day so far; ``result`` is what is printed."""

    origin: str
    gateway_host: str
    gateway_port: int
    messages_sent: int = 0
    messages_acknowledged: int = 0
    messages_stored: int = 0
    session_state: str = ""
    timings: dict[str, float] = field(default_factory=dict)
    failed: str | None = None

    def result(self) -> dict[str, object]:
        """The object that goes to stdout."""
        told: dict[str, object] = {
            "messages_sent": self.messages_sent,
            "messages_acknowledged": self.messages_acknowledged,
            "messages_stored": self.messages_stored,
            "session_state": self.session_state,
            "timings": self.timings,
        }
        return told | ({"failed": self.failed} if self.failed else {})


def the_pages_answer(day: Day) -> None:
    """The first page answers and is not an error."""
    host = urlsplit(day.origin).netloc
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request("GET", "/accounts/login/")
    status = connection.getresponse().status
    if status >= 400:
        raise AssertionError(f"GET /accounts/login/ answered {status}")


def the_gateway_listens(day: Day) -> None:
    """The monitor gateway takes a connection."""
    socket.create_connection((day.gateway_host, day.gateway_port), timeout=10).close()


STEPS: tuple[Callable[[Day], None], ...] = (the_pages_answer, the_gateway_listens)
"""The day, in order. Each step raises AssertionError with what it saw."""


def main() -> int:
    """Drive the day; exit 1 with the failed step's name and what it saw."""
    day = Day(
        origin=os.environ["AFTERGLOW_ORIGIN"],
        gateway_host=os.environ["AFTERGLOW_GATEWAY_HOST"],
        gateway_port=int(os.environ["AFTERGLOW_GATEWAY_PORT"]),
    )
    for step in STEPS:
        began = time.monotonic()
        try:
            step(day)
        except (AssertionError, OSError, http.client.HTTPException) as problem:
            day.failed = f"{step.__name__}: {problem}"
            break
        day.timings[step.__name__] = round(time.monotonic() - began, 3)
    if day.failed is None and day.session_state != "signed":
        day.failed = f"the day ended with session_state {day.session_state!r}, not 'signed'"
    sys.stdout.write(json.dumps(day.result()) + "\n")
    return 1 if day.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
