"""A message store in memory: the gateway's port, kept by a list that remembers the order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from afterglow.interop.hl7v2.message import Identity
from afterglow.interop.hl7v2.port import Received, Stored, StoredAs


class StoreDown(Exception):
    """The store could not keep a batch."""


class MemoryStore:
    """Keeps what it is given, in order; can be slow, or down, as a database can."""

    def __init__(self) -> None:
        self.kept: list[Received] = []
        self.batches: list[int] = []
        self.delay_s = 0.0
        self.down = False
        self.poison: bytes | None = None
        self._seen: set[Identity] = set()

    async def __call__(self, batch: Sequence[Received]) -> Sequence[Stored]:
        await asyncio.sleep(self.delay_s)
        if self.down or any(self.poison and self.poison in r.raw for r in batch):
            raise StoreDown
        self.batches.append(len(batch))
        return [self._keep(received) for received in batch]

    @property
    def control_ids(self) -> list[str]:
        """The ids of the messages kept, in order."""
        return [r.message.control_id for r in self.kept if r.message is not None]

    def _keep(self, received: Received) -> Stored:
        if received.message is not None:
            if received.message.identity in self._seen:
                return Stored(StoredAs.REPEAT)
            self._seen.add(received.message.identity)
        self.kept.append(received)
        return Stored(StoredAs.REJECTED if received.objection else StoredAs.STORED)
