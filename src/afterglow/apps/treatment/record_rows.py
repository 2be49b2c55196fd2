"""Rows as the signed record keeps them: plain JSON, people by name, exact decimals as text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from afterglow.apps.accounts.models import Account, Countersignature

_PLUMBING: Final = frozenset({"id", "row_version", "session", "pgh_context", "pgh_obj", "key"})


def rows_json(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the columns of every row."""
    return [fields_json(row) for row in rows]


def row_json(rows: Any) -> dict[str, Any] | None:
    """Return the columns of the first row, or None."""
    row = rows.first()
    return None if row is None else fields_json(row)


def fields_json(row: Any) -> dict[str, Any]:
    """Return a row's own columns, people by name and title, other rows by public id.

    A countersignature is both people: who signed, beside whom, for what and when.
    """
    out: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.name in _PLUMBING:
            continue
        value = getattr(row, field.name)
        out[field.name] = _related(value) if field.is_relation else value_json(value)
    return out


def _related(row: Any) -> Any:
    if row is None:
        return None
    if isinstance(row, Account):
        return person_name(row)
    if isinstance(row, Countersignature):
        return {
            "who": person_name(row.account),
            "beside": person_name(row.beside),
            "act": row.act,
            "at": time_json(row.at),
        }
    return str(getattr(row, "public_id", row.pk))


def person_name(account: Account | None) -> str:
    """Return a person as a record names them: full name and title."""
    if account is None:
        return ""
    title = getattr(getattr(account, "staff", None), "title", "")
    return f"{account.full_name}, {title}" if title else account.full_name


NOBODY_SIGNED_IN: Final = "nobody signed in"
"""Whom the record names for a press on a screen where nobody was signed in."""


def time_json(at: datetime | None) -> str | None:
    """Return an instant in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat()


def value_json(value: Any) -> Any:
    """Return a value as JSON keeps it: exact decimals and quantities as text, never a float."""
    if value is None or isinstance(value, bool | int | str | list | dict):
        return value
    if isinstance(value, datetime):
        return time_json(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "value"):
        return format(value.value, "f")
    if hasattr(value, "quantize"):
        return format(value, "f")
    return str(value)
