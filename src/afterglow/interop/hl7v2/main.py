"""``afterglow gateway``: takes bedside-monitor messages until it is asked to stop."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import ssl
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from afterglow.apps.devices.models import Device
from afterglow.apps.monitoring.services.recognising import profiles_of
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.device_profile import STANDARD, DeviceProfile, eui64
from afterglow.interop.hl7v2.gateway import GatewayServer
from afterglow.interop.hl7v2.journal import Journal, ProfileOf
from afterglow.interop.hl7v2.message import Message
from afterglow.interop.hl7v2.oru import equipment_ids
from afterglow.interop.hl7v2.peers import PeerRules, Peers, networks
from afterglow.web import clock

log = logging.getLogger(__name__)

PEERS_EVERY_S = 10.0


def main(arguments: list[str]) -> int:
    """Listen where the settings say; return 1 when the address is taken."""
    parser = argparse.ArgumentParser(
        prog="afterglow gateway",
        epilog="`afterglow gateway bench` measures how fast this machine takes messages.",
    )
    parser.add_argument("--host", default=settings.AFTERGLOW_GATEWAY_HOST)
    parser.add_argument("--port", type=int, default=settings.AFTERGLOW_GATEWAY_PORT)
    parser.add_argument(
        "--allow-remote", action="store_true", help="listen where other machines can reach"
    )
    options = parser.parse_args(arguments)
    try:
        _run(
            serve(
                options.host,
                options.port,
                allow_remote=options.allow_remote,
                tls=tls_context(
                    settings.AFTERGLOW_GATEWAY_CERT,
                    settings.AFTERGLOW_GATEWAY_KEY,
                    settings.AFTERGLOW_GATEWAY_CLIENT_CA,
                ),
            )
        )
    except (OSError, InvalidValue) as error:
        sys.stderr.write(f"The gateway cannot listen on {options.host}:{options.port}: {error}\n")
        return 1
    return 0


def _run(serving: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where it exists: a message costs the gateway half the CPU there."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(serving)
    else:
        uvloop.run(serving)


async def serve(
    host: str,
    port: int,
    *,
    allow_remote: bool = False,
    tls: ssl.SSLContext | None = None,
    ready: Callable[[GatewayServer], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; what has arrived by then is stored and answered first."""
    profiles: dict[str, DeviceProfile] = {}
    journal = Journal(connection.get_connection_params(), profile_of=_profile_in(profiles))
    gateway = GatewayServer(
        host,
        port,
        store=journal,
        clock=clock.now,
        allow_remote=allow_remote,
        tls=tls,
        peers=usual_peers(),
    )
    await _look_again(gateway, profiles)
    await gateway.start()
    log.info("The gateway listens on %s:%s", host, gateway.port)
    looking = asyncio.create_task(_keep_looking(gateway, profiles), name="hl7v2 peers")
    if ready is not None:
        ready(gateway)
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    try:
        await asked.wait()
    finally:
        looking.cancel()
        await gateway.stop()
        await journal.close()


def tls_context(cert: str, key: str, client_ca: str) -> ssl.SSLContext | None:
    """Return the gateway's side of TLS, which asks every device for its certificate; None: plain.

    Raises InvalidValue when a file is missing from the three or cannot be read.
    """
    if not cert and not key and not client_ca:
        return None
    if not (cert and key and client_ca):
        raise InvalidValue(
            "TLS needs three files: AFTERGLOW_GATEWAY_CERT, AFTERGLOW_GATEWAY_KEY and "
            "AFTERGLOW_GATEWAY_CLIENT_CA."
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(cert, key)
        context.load_verify_locations(client_ca)
    except (OSError, ssl.SSLError) as error:
        raise InvalidValue(f"A certificate file cannot be read: {error}") from None
    return context


def usual_peers() -> Peers:
    """Return what the settings alone say of senders."""
    return Peers(
        allowed=networks(settings.AFTERGLOW_GATEWAY_ALLOW),
        usual=PeerRules(messages_per_s=settings.AFTERGLOW_GATEWAY_RATE),
    )


def peers_of_devices() -> tuple[Peers, dict[str, DeviceProfile]]:
    """Return the rules of every sender and the profile of each EUI-64, from the devices' rows."""
    close_old_connections()
    usual = usual_peers()
    rows = list(Device.objects.filter(is_active=True))
    profiles = profiles_of({row.profile for row in rows if row.profile}, at=clock.now())
    by_network, by_equipment = [], {}
    for row in rows:
        rules = PeerRules(
            messages_per_s=row.messages_per_s or usual.usual.messages_per_s,
            framing=profiles.get(row.profile, STANDARD).framing,
        )
        if row.messages_per_s:
            by_equipment[row.eui64] = rules
        try:
            by_network += [(network, rules) for network in networks(row.addresses)]
        except InvalidValue as problem:
            log.warning("The addresses of a device cannot be read: %s", problem)
    peers = Peers(usual.allowed, usual.usual, tuple(by_network), by_equipment)
    return peers, {r.eui64: profiles[r.profile] for r in rows if r.profile in profiles}


def _profile_in(profiles: dict[str, DeviceProfile]) -> ProfileOf:
    """Find the profile of the device that a message names."""

    def of(message: Message) -> DeviceProfile:
        if not profiles:
            return STANDARD
        named = map(eui64, equipment_ids(message))
        return next((profiles[each] for each in named if each in profiles), STANDARD)

    return of


async def _keep_looking(gateway: GatewayServer, profiles: dict[str, DeviceProfile]) -> None:
    while True:
        await asyncio.sleep(PEERS_EVERY_S)
        await _look_again(gateway, profiles)


async def _look_again(gateway: GatewayServer, profiles: dict[str, DeviceProfile]) -> None:
    """Read the devices' rules again; while the database is away, the last ones hold."""
    try:
        gateway.peers, found = await asyncio.to_thread(peers_of_devices)
    except DatabaseError as error:
        log.warning("The devices' rules could not be read: %s", type(error).__name__)
        return
    profiles.clear()
    profiles.update(found)
