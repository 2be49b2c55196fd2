"""Working on paper while the system cannot be reached: the sheets of a day."""

from afterglow.apps.treatment.downtime.sheets import (
    awaited_today,
    print_sheets,
    sessions_today,
)

__all__ = ["awaited_today", "print_sheets", "sessions_today"]
