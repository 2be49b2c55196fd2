"""What the services of people give back: a value for each end, so that no view has to guess."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from afterglow.apps.people.models import Patient


@dataclass(frozen=True, slots=True)
class Registered:
    """The patient is registered (or was, by the same key)."""

    patient: Patient
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class LooksLike:
    """Nothing was saved: others have the same or nearly the same name. Look, then confirm."""

    others: tuple[Patient, ...]


class AllergyRefusal(StrEnum):
    """Why the allergy list was not changed."""

    LIST_IS_NOT_EMPTY = "list_is_not_empty"
    """"No known allergies" cannot be said while one is on the list."""
