"""Numbers of how we ourselves work, read from the protocol in force and never typed: ``{{name}}``.

``{{infusion-minutes}}`` in a page's words becomes the minutes of the protocol that a medical
director approved. Without one the page says that the number is withheld.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.definitions.queries import in_force, is_approved
from afterglow.core.errors import InvalidValue

PROTOCOL: Final = "iv_ketamine_adult"
"""The one that the public pages speak of."""
OURS: Final[Mapping[str, tuple[str, ...]]] = {
    "infusion-minutes": ("dosing", "usual", "start_over"),
    "infusion-minutes-most": ("dosing", "usual", "over_high"),
    "recovery-minutes": ("session", "discharge", "observation"),
    "readings-before": ("session", "baseline", "readings"),
    "food-hours": ("session", "day", "solids"),
    "drink-hours": ("session", "day", "clear_fluids"),
}
"""Name in a page's words, and where the protocol says it."""


@dataclass(frozen=True, slots=True)
class OurNumber:
    """A number of ours and the version of the protocol that says it."""

    value: str
    version: int


def our_number(name: str, *, at: dt.datetime) -> OurNumber | None:
    """Return a number of the approved protocol in force, or None when there is none."""
    row = in_force(DefinitionKind.DOSING_PROTOCOL, PROTOCOL, at)
    if row is None or not is_approved(row, at):
        return None
    leaf: Any = reduce(lambda body, key: body[key], OURS[name], row.body)
    return OurNumber(str(leaf["value"]), row.version)


def check_names(names: list[str]) -> None:
    """Raise InvalidValue for a name that the protocol has no number for."""
    for name in names:
        if name not in OURS:
            raise InvalidValue(
                "There is no number of ours called '%(name)s'; there are %(known)s.",
                name=name,
                known=", ".join(OURS),
            )
