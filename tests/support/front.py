"""The product's own web server and monitor gateway on the test database, and a monitor to speak."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from afterglow.apps.devices.models import Device
from afterglow.interop.hl7v2.client import MllpSender
from afterglow.web import clock
from support.clinic_messages import oru
from support.live import free_port, web_server

SYSTOLIC = "MDC_PRESS_BLD_NONINV_SYS"
DIASTOLIC = "MDC_PRESS_BLD_NONINV_DIA"
MEAN = "MDC_PRESS_BLD_NONINV_MEAN"
HEART = "MDC_ECG_HEART_RATE"
SPO2 = "MDC_PULS_OXIM_SAT_O2"
BREATH = "MDC_RESP_RATE"
RATE = "MDC_FLOW_FLUID_PUMP"
DELIVERED = "MDC_VOL_FLUID_DELIV"


@dataclass
class Front:
    """Where pages, streams and the gateway are."""

    port: int
    gateway_port: int

    @property
    def url(self) -> str:
        """The origin that a browser opens."""
        return f"http://127.0.0.1:{self.port}"

    def says(
        self, device: Device, values: Mapping[str, str], *, at: datetime | None = None
    ) -> None:
        """Let a device say something over MLLP; returns once it is acknowledged."""
        message = oru(device, dict(values), at=at or clock.now(), control_id=uuid.uuid4().hex[:18])

        async def send() -> None:
            async with MllpSender("127.0.0.1", self.gateway_port) as sender:
                await sender.send(message)
                assert await sender.flush(20), "the gateway did not acknowledge"
                assert not sender.tally.rejected, sender.tally.last_rejection

        # Playwright's loop runs in this thread; the sender gets one of its own.
        from threading import Thread

        failed: list[BaseException] = []

        def run() -> None:
            try:
                asyncio.run(send())
            except BaseException as problem:
                failed.append(problem)

        thread = Thread(target=run)
        thread.start()
        thread.join(30)
        if failed:
            raise failed[0]


@contextmanager
def served(database: str) -> Iterator[Front]:
    """Run web server, gateway and charter on a database."""
    with (
        web_server(database) as port,
        _gateway(database) as gateway_port,
        _program(database, "charter"),
        _program(database, "judge"),
    ):
        yield Front(port, gateway_port)


@contextmanager
def _gateway(database: str) -> Iterator[int]:
    port = free_port()
    with _program(database, "gateway", "--port", str(port)) as program:
        for _ in range(300):
            assert program.poll() is None, "the gateway ended before it listened"
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise AssertionError("The gateway did not listen within 30 s.")
        yield port


@contextmanager
def _program(database: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of the product's programs on a database until the block ends."""
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "AFTERGLOW_SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "afterglow.config.settings",
    }
    command = [sys.executable, "-m", "afterglow.config.cli", *words]
    program = subprocess.Popen(command, env=environment)
    try:
        yield program
    finally:
        program.send_signal(signal.SIGTERM)
        try:
            program.wait(10)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
