"""The port between the gateway and whatever keeps the messages.

The gateway calls ``store`` with everything that waits, and answers the senders after it returns:
a return means "on disk". The Django store is ``afterglow.apps.monitoring.services.store_messages``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from afterglow.interop.hl7v2.glance import Usual
from afterglow.interop.hl7v2.message import Message, decode
from afterglow.interop.hl7v2.problems import Problem


class Received:
    """One piece of the stream, to be kept whatever it is.

    ``message`` is None when ``raw`` could not be decoded. ``objection`` says why it must not be
    read (undecodable, unsupported type, a test message): keep it raw and show it, chart nothing.
    Read the others with ``decode_oru(received.message, default_zone=…, received_at=…)``.
    ``usual`` is set where a glance found nothing wrong: such a message is decoded when asked for.
    """

    __slots__ = ("_message", "objection", "peer", "port", "raw", "received_at", "usual")

    def __init__(
        self,
        raw: bytes,
        received_at: datetime,
        peer: str,
        port: int,
        message: Message | None = None,
        objection: Problem | None = None,
        *,
        usual: Usual | None = None,
    ) -> None:
        self.raw = raw
        self.received_at = received_at
        self.peer = peer
        self.port = port
        self._message = message
        self.objection = objection
        self.usual = usual

    @property
    def message(self) -> Message | None:
        """What the bytes say, decoded at the first use where a glance was enough until then."""
        if self._message is None and self.usual is not None:
            self._message = decode(self.raw)
        return self._message


class StoredAs(StrEnum):
    """What became of one message."""

    STORED = "stored"
    """Raw and readings are on disk."""
    REPEAT = "repeat"
    """The same message (``Message.identity``) was on disk already; nothing was added."""
    PARKED = "parked"
    """On disk, for a person to look at: unknown device or patient, time in the future."""
    REJECTED = "rejected"
    """On disk as it came, and not read; the sender is told so and should not send it again."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The store's word on one message. ``problems`` go back to the sender as warnings."""

    outcome: StoredAs
    problems: tuple[Problem, ...] = ()


STORED = Stored(StoredAs.STORED)
"""On disk, and nothing to remark."""

Store = Callable[[Sequence[Received]], Awaitable[Sequence[Stored]]]
"""Keeps messages durably, in order, and answers one for one. Raises when it could not.

A batch may hold the same message twice: the second is a REPEAT. Anything may be in ``raw``,
NUL bytes included. One wrong message must not fail the batch: park it.
"""
