"""A clinic to look at: invented people at five sites, in the middle of their day.

``seed`` is called at every start of a demo. It adds what is missing, closes what an earlier start
left open, and anchors a new day at the moment of starting. Everything is written through the
services that people's own work goes through.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable


def seed(at: dt.datetime, *, now: Callable[[], dt.datetime] | None = None) -> str:
    """Bring the demo to the middle of its day at ``at``; return the sign-ins to print.

    ``now`` tells how late it has become meanwhile: until then the devices have gone on speaking.
    """
    from afterglow.config.demo.seeding import seed as bring_up  # needs Django; the cast does not

    return bring_up(at, now=now)
