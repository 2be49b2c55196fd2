"""Play a recorded trend to the gateway as a bedside monitor would send it.

Each row becomes one PCD-01 message, stamped with the moment it is sent: at speed 60 a minute of
the recording passes in a second, and the readings arrive as new ones.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from afterglow.core.errors import AfterglowError, InvalidValue
from afterglow.interop.hl7v2.client import MllpSender, Tally
from afterglow.interop.hl7v2.emit import Reading, Sender, build_oru
from afterglow.simulator.trends import TrendRow, read_trend

FINISHED, UNFINISHED, BAD_INPUT = 0, 1, 2


class NoGateway(AfterglowError):
    """Nothing listens where the messages should go."""


def read_device(text: str) -> str:
    """Return an EUI-64 in its plain form; dashes and colons may separate its digits.

    Raises InvalidValue with what was seen.
    """
    digits = re.sub(r"[-: ]", "", text).upper()
    if not re.fullmatch(r"[0-9A-F]{16}", digits, re.ASCII):
        raise InvalidValue(
            f"Device {text[:60]!r} is not an EUI-64: sixteen hexadecimal digits, "
            "such as 0011AAFFFE223344."
        )
    return digits


async def replay(
    rows: Sequence[TrendRow],
    *,
    device: str,
    host: str,
    port: int,
    speed: Decimal,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    flush_s: float = 30.0,
) -> Tally:
    """Send every row in its time; return what was sent and acknowledged.

    Raises InvalidValue for a device or speed that makes no sense, NoGateway when nobody listens.
    """
    sender = Sender("AFTERGLOW-REPLAY", read_device(device))
    if not Decimal("0.1") <= speed <= 100_000:
        raise InvalidValue(f"The speed is between 0.1 and 100000, not {speed}.")
    await _knock(host, port)
    started = clock()
    loop = asyncio.get_running_loop()
    begin = loop.time()
    async with MllpSender(host, port) as wire:
        for row in rows:
            due = begin + float((row.minute - rows[0].minute) * 60 / speed)
            await asyncio.sleep(max(0.0, due - loop.time()))
            await wire.send(_message(row, sender, started, clock()))
        await wire.flush(flush_s)
        return wire.tally


def _message(row: TrendRow, sender: Sender, started: datetime, now: datetime) -> bytes:
    run = int(started.timestamp() * 1000)
    return build_oru(
        [Reading(refid, value, now) for refid, value in row.values],
        sender=sender,
        control_id=f"{sender.eui64[-6:]}-{run}-{row.line}",
        sent_at=now,
    )


async def _knock(host: str, port: int) -> None:
    if not 1 <= port <= 65535:
        raise InvalidValue(f"A port is a number from 1 to 65535, not {port}.")
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        raise NoGateway(f"Nothing answers at {host}:{port}. Is the gateway running?") from None
    writer.close()


def main(
    file: str | Path,
    device: str,
    host: str = "127.0.0.1",
    port: int = 2575,
    speed: Decimal | float | str = 60,
) -> int:
    """Replay a file in the foreground and say how it went; return the exit status.

    0 when every message was acknowledged, 1 when some were not, 2 for bad input.
    """
    try:
        pace = _speed(speed)
        rows = read_trend(Path(file))
        tally = asyncio.run(replay(rows, device=device, host=host, port=port, speed=pace))
    except InvalidValue as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    except NoGateway as error:
        sys.stderr.write(f"{error}\n")
        return UNFINISHED
    summary = f"{tally.sent} messages sent, {tally.acknowledged} acknowledged"
    if tally.rejected:
        summary += f", {tally.rejected} rejected ({tally.last_rejection})"
    sys.stdout.write(f"{summary}.\n")
    return FINISHED if tally.acknowledged == tally.sent else UNFINISHED


def _speed(speed: Decimal | float | str) -> Decimal:
    text = str(speed)
    if not re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", text, re.ASCII):
        raise InvalidValue(f"The speed is a number such as 60, not {text[:40]!r}.")
    return Decimal(text)
