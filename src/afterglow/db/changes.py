"""What a service changed: the old and the new value of each column, for the audit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import models


def apply_changes(row: models.Model, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set ``values`` on a row (not saved) and return ``{column: [old, new]}`` of what differs."""
    changed: dict[str, list[Any]] = {}
    for name, new in values.items():
        old = getattr(row, name)
        if old == new:
            continue
        changed[name] = [plain(old), plain(new)]
        setattr(row, name, new)
    return changed


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: ids for rows, text for dates and quantities."""
    if value is None or isinstance(value, bool | int | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, models.Model) and hasattr(value, "public_id"):
        return str(value.public_id)
    inner = getattr(value, "value", None)
    return str(inner) if inner is not None else str(value)
