"""Where a patient is in care: people tell the audit, which knows no patients."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

_sites: list[Callable[[UUID], Iterable[Any]]] = []


def register_sites(sites_of: Callable[[UUID], Iterable[Any]]) -> None:
    """Give the function that returns the sites of a patient's care (an app calls this once)."""
    _sites[:] = [sites_of]


def sites_of(patient: UUID) -> list[Any]:
    """Return the sites where a patient is in care; none for an unknown patient."""
    return [site for each in _sites for site in each(patient)]
