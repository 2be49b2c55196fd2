"""``afterglow gateway``: takes bedside-monitor messages until it is asked to stop."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable

from django.conf import settings

from afterglow.interop.hl7v2.gateway import GatewayServer
from afterglow.interop.hl7v2.store import make_store
from afterglow.web import clock

log = logging.getLogger(__name__)


def main(arguments: list[str]) -> int:
    """Listen where the settings say; return 1 when the address is taken."""
    parser = argparse.ArgumentParser(prog="afterglow gateway")
    parser.add_argument("--host", default=settings.AFTERGLOW_GATEWAY_HOST)
    parser.add_argument("--port", type=int, default=settings.AFTERGLOW_GATEWAY_PORT)
    parser.add_argument(
        "--allow-remote", action="store_true", help="listen where other machines can reach"
    )
    options = parser.parse_args(arguments)
    try:
        asyncio.run(serve(options.host, options.port, allow_remote=options.allow_remote))
    except OSError as problem:
        sys.stderr.write(f"The gateway cannot listen on {options.host}:{options.port}: {problem}\n")
        return 1
    return 0


async def serve(
    host: str,
    port: int,
    *,
    allow_remote: bool = False,
    ready: Callable[[GatewayServer], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; what has arrived by then is stored and answered first."""
    store, close = make_store()
    gateway = GatewayServer(host, port, store=store, clock=clock.now, allow_remote=allow_remote)
    await gateway.start()
    log.info("The gateway listens on %s:%s", host, gateway.port)
    if ready is not None:
        ready(gateway)
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    try:
        await asked.wait()
    finally:
        await gateway.stop()
        close()
