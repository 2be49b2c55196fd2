"""The shipped pharmacology as rows of definitions, as ``sync_definitions`` makes them."""

from __future__ import annotations

import datetime as dt

from afterglow.apps.definitions import seeds
from afterglow.apps.definitions import services as definitions
from afterglow.apps.definitions.models import Definition, DefinitionKind
from afterglow.core.roles import Role
from factories import AT, staff

KINDS = (DefinitionKind.PK_MODEL, DefinitionKind.PK_CONSTANTS, DefinitionKind.PK_EFFECT)
NEEDED = frozenset(
    {
        "otto2021",
        "physical",
        "watch_levels",
        "explainer",
        "nmda",
        "dissociation",
        "plasticity",
        "antidepressant",
    }
)
"""What pages draw from; the other models are rows as well and are left out to save time."""


def seed(at: dt.datetime = AT - dt.timedelta(days=30)) -> None:
    """Add what the pages need."""
    for each in seeds.found():
        if each.kind in KINDS and each.key in NEEDED:
            definitions.add_version(each, at=at, by=None)


def retire(key: str, *, at: dt.datetime) -> None:
    """Retire one of them, as a medical director does."""
    row = Definition.objects.get(kind__in=KINDS, key=key)
    director = staff(Role.MEDICAL_DIRECTOR, site=None)
    definitions.retire_definition(definition=row.public_id, by=director, at=at)


def approve_all(*, at: dt.datetime) -> None:
    """Approve all of them."""
    director = staff(Role.MEDICAL_DIRECTOR, site=None)
    for row in Definition.objects.filter(kind__in=KINDS):
        definitions.approve_definition(definition=row.public_id, by=director, at=at)
