"""How far a device's clock is off, told apart from messages that were held back on their way.

A message is never here before it was sent. A clock that is behind says the same amount for as long
as it is wrong; messages that were held back say less and less while they are handed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from afterglow.core.errors import InvalidValue

STEADY: Final = timedelta(seconds=5)
"""Messages that are off by the same amount, to this much, come from the same clock."""
STEADY_FOR: Final = timedelta(seconds=10)
"""For how long they must say so: a queue that is handed over faster than life does not."""
SET_BACK_FOR: Final = timedelta(seconds=60)
"""For how long they must say less than what is known: a queue may be handed over as life goes."""
SET_BACK_TIMES: Final = 5
"""How many of them must: a sender may try again a message at a time, once a minute."""
PROMPT: Final = timedelta(seconds=60)
"""A reading that was under way for longer was held back, or its device's clock is off."""
LARGEST: Final = timedelta(days=365_000)
"""No clock is further off: a message that says so says nothing."""
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """What is known of a device's clock: ``ahead`` of ours, None while that is not certain.

    ``told``: another amount that ``times`` messages say since ``since`` (our clock) and that may be
    true.
    """

    ahead: timedelta | None = None
    told: timedelta | None = None
    since: datetime | None = None
    times: int = 0

    def heard(self, offset: timedelta, at: datetime) -> DeviceClock:
        """Return what is known after a message that was sent ``offset`` after it arrived, ``at``.

        One that says a little more (up to ``PROMPT``) is the truth at once: it was not here before
        it was sent. One that says far more was sent by a clock that was set: what was known is so
        no more. What is the same for ``STEADY_FOR`` is known then. One that says less than what is
        known was held back, until ``SET_BACK_TIMES`` messages said the same for ``SET_BACK_FOR``:
        then its clock was set back.
        """
        if at.tzinfo is None:
            raise InvalidValue(f"The arrival {at.isoformat()} needs a zone.")
        if abs(offset) > LARGEST:
            return self
        ahead = self.ahead
        if ahead is not None and abs(offset - ahead) <= STEADY:
            return self if self.told is None else DeviceClock(ahead)
        offset -= offset % _MILLISECOND
        if abs(offset) <= STEADY:
            return DeviceClock(offset)
        if ahead is not None and offset > ahead:
            if offset - ahead <= PROMPT:
                return DeviceClock(offset)
            ahead = None
        told, since = self.told, self.since
        if told is None or since is None or abs(offset - told) > STEADY or at < since:
            return DeviceClock(ahead, offset, at, 1)
        times, so_long = self.times + 1, at - since
        if ahead is None:
            is_known = so_long >= STEADY_FOR
        else:
            is_known = so_long >= SET_BACK_FOR and times >= SET_BACK_TIMES
        return DeviceClock(told) if is_known else DeviceClock(ahead, told, since, times)

    @property
    def corrects(self) -> timedelta:
        """What is taken off the times of readings before they are charted: nothing up to PROMPT."""
        return self.ahead if self.ahead is not None and abs(self.ahead) > PROMPT else timedelta()

    def corrected(self, taken_at: datetime) -> datetime:
        """Return a reading's time as it is charted: by our clock where the device's is far off."""
        try:
            return taken_at - self.corrects
        except OverflowError:  # the year 1 of a clock that is ahead, which is charted by no clock
            return taken_at

    def measured(self, taken_at: datetime) -> datetime:
        """Return when a reading was taken by our clock, as far as that is known."""
        if not self.ahead or abs(self.ahead) <= STEADY:
            return taken_at
        try:
            return taken_at - self.ahead
        except OverflowError:
            return taken_at


UNKNOWN: Final = DeviceClock()
