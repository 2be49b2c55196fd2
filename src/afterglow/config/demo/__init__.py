"""A clinic to look at: invented people at five sites, in the middle of their day.

``seed`` is called at every start of a demo. It adds what is missing, closes what an earlier start
left open, and anchors a new day at the moment of starting. Everything is written through the
services that people's own work goes through.
"""

from __future__ import annotations

from afterglow.config.demo.seeding import seed

__all__ = ["seed"]
