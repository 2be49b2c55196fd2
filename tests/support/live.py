"""A running web server on the test database, and a screen that follows a stream."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client

from afterglow.apps.accounts.models import Account


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def web_server(database: str) -> Iterator[int]:
    """Run the product's own web server on a database; give its port."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--http", "1", "--no-ws"),
        *("--workers", "1", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers-kill-timeout", "2", "--log-level", "warning"),
        "afterglow.config.asgi:application",
    ]
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "AFTERGLOW_SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "afterglow.config.settings",
    }
    server = subprocess.Popen(command, env=environment)
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise AssertionError("The web server ended before it served.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("The web server did not come up in 30 s.")


def cookie_of(account: Account) -> str:
    """Sign an account in and return the cookie its browser holds."""
    browser = Client()
    browser.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


@dataclass
class Heard:
    """One server-sent event."""

    event: str
    data: dict[str, Any]
    id: str = ""


class Screen:
    """A browser's EventSource, reading by hand."""

    def __init__(
        self,
        port: int,
        path: str,
        *,
        cookie: str = "",
        last_event_id: str = "",
        timeout: float = 10,
    ) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        headers = {"Host": "localhost", "Accept": "text/event-stream"}
        if cookie:
            headers["Cookie"] = cookie
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        self._connection.request("GET", path, headers=headers)
        self.response = self._connection.getresponse()
        self.status = self.response.status
        self.last_id = last_event_id

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def next(self) -> Heard:
        """Return the next event. Raises TimeoutError when none comes, EOFError at the end."""
        fields: dict[str, str] = {}
        while True:
            raw = self.response.readline()
            if not raw:
                raise EOFError
            line = raw.decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                self.last_id = fields.get("id", self.last_id)
                return Heard(fields["event"], json.loads(fields["data"]), fields.get("id", ""))
            else:
                fields = {}

    def until(self, event: str) -> Heard:
        """Return the next event of one name, passing over the others."""
        while (heard := self.next()).event != event:
            pass
        return heard
