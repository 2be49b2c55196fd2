"""Working on paper while the system cannot be reached: the sheets of a day."""

from afterglow.apps.treatment.downtime.sheets import (
    SheetKnown,
    awaited_today,
    print_sheets,
    sessions_today,
    whose_sheet,
)

__all__ = ["SheetKnown", "awaited_today", "print_sheets", "sessions_today", "whose_sheet"]
