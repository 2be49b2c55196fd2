"""The processes that make a running Afterglow, in the order they start. A new one is one line.

``afterglow serve`` starts every service whose program exists and stops them in reverse order;
PostgreSQL is not here because it starts before all and stops after all.
"""

from __future__ import annotations

import http.client
import importlib.util
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Place:
    """Where one running Afterglow lives: its folder and its ports."""

    data: Path
    port: int
    gateway_port: int
    gateway_host: str = LOOPBACK

    @property
    def origin(self) -> str:
        """The one address that people open; passkeys need a name, not a number."""
        return f"http://localhost:{self.port}"


@dataclass(frozen=True)
class Service:
    """One process: the module it needs, how to start it, and how to tell that it serves."""

    name: str
    module: str
    arguments: Callable[[Place], list[str]]
    serves: Callable[[Place], bool] = lambda _place: True
    only_in_demo: bool = False
    stop_within_s: float = 10

    @property
    def exists(self) -> bool:
        """Whether the program is part of this installation."""
        try:
            return importlib.util.find_spec(self.module) is not None
        except ModuleNotFoundError:
            return False


def _granian(place: Place) -> list[str]:
    return [
        *("-m", "granian", "--interface", "asgi", "--http", "1", "--no-ws", "--workers", "1"),
        *("--host", LOOPBACK, "--port", str(place.port), "--workers-kill-timeout", "4"),
        *("--no-access-log", "--log-level", "warning", "afterglow.config.asgi:application"),
    ]


def _command(name: str) -> Callable[[Place], list[str]]:
    return lambda _place: ["-m", "afterglow.config.cli", name]


def _web_answers(place: Place) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, place.port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{place.port}"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _gateway_listens(place: Place) -> bool:
    try:
        with socket.create_connection((place.gateway_host, place.gateway_port), timeout=2):
            return True
    except OSError:
        return False


# The programs behind `afterglow gateway`, `charter`, `judge`, `watch`, `worker` and `simulator`.
# Each module has `main(arguments: list[str]) -> int`, is called after Django is set up and ends by
# itself on SIGTERM.
PROGRAMS = {
    "gateway": "afterglow.interop.hl7v2.main",
    "charter": "afterglow.interop.hl7v2.charter",
    "judge": "afterglow.config.judge",
    "watch": "afterglow.config.watch",
    "worker": "afterglow.config.worker",
    "simulator": "afterglow.simulator.clinic",
}

SERVICES = (
    Service("gateway", PROGRAMS["gateway"], _command("gateway"), _gateway_listens),
    Service("simulator", PROGRAMS["simulator"], _command("simulator"), only_in_demo=True),
    Service("charter", PROGRAMS["charter"], _command("charter")),
    Service("web", "afterglow.config.asgi", _granian, _web_answers),
    # These start with the web and never wait for it: a page that does not come up must not keep
    # alarms from being judged.
    Service("judge", PROGRAMS["judge"], _command("judge")),
    Service("watch", PROGRAMS["watch"], _command("watch")),
    Service("worker", PROGRAMS["worker"], _command("worker")),
)


def command_line(service: Service, place: Place) -> list[str]:
    """The whole command of a service, on this environment's Python."""
    return [sys.executable, "-P", *service.arguments(place)]
