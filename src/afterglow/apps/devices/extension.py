"""What higher apps tell of a device: whom it served, and what it told beside its readings.

Devices are below ``monitoring``, which registers one function in its ``AppConfig.ready()``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from afterglow.apps.devices.models import Device


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One stretch in which a device served a session. Names nobody: an engineer reads it."""

    since: datetime | None
    until: datetime | None
    where: str
    released_because: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Whom a device served, newest first, and how many messages of it wait for a person."""

    lines: Sequence[HistoryLine] = ()
    waiting: int = 0
    told: Sequence[tuple[datetime, str]] = ()


HistoryTeller = Callable[[Device], History]
_teller: HistoryTeller | None = None


def tell_history(teller: HistoryTeller | None) -> HistoryTeller | None:
    """Register who knows a device's history; return the one before."""
    global _teller
    before, _teller = _teller, teller
    return before


def history_of(device: Device) -> History:
    """Return a device's history; empty where nobody knows it."""
    return _teller(device) if _teller is not None else History()
