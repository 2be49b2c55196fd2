"""What a tablet kept, read: as a line to chart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

from afterglow.apps.treatment.facts.presence import PRESENCE
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.services.lines import (
    LateLine,
    MedicineLine,
    NameLine,
    NoteLine,
    PresenceLine,
    PumpLine,
    ReadingsLine,
)
from afterglow.apps.treatment.services.offline_recovery import (
    CRITERIA,
    criteria_line,
)
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.quantities import Dose, Rate

READINGS, PUMP, MEDICINE, NOTE, NAME = "readings", "pump", "medicine", "note", "name"
UNREAD = "unread"
"""What no server could read, sent again in the words that the tablet had for it."""
_NOTES = frozenset(
    {
        EventKind.MARK,
        EventKind.NOTE,
        EventKind.SYMPTOM,
        EventKind.ADVERSE_EVENT,
        EventKind.FALL,
        EventKind.EXTRAVASATION,
        EventKind.SUICIDAL_STATEMENT,
    }
)


def line_of(kind: str, body: Mapping[str, Any], at: datetime) -> tuple[LateLine, int]:
    """Read what a tablet kept. Raises KeyError, TypeError, ValueError or InvalidValue."""
    seen = int(body.get("seen_sequence", 0))
    if kind == READINGS:
        return (
            ReadingsLine(
                at=at,
                readings={
                    VitalSignCode(sign): Decimal(str(value))
                    for sign, value in dict(body.get("readings", {})).items()
                },
                scales={
                    str(key): {str(item): _answer(value) for item, value in dict(answers).items()}
                    for key, answers in dict(body.get("scales", {})).items()
                },
            ),
            seen,
        )
    if kind == PUMP:
        rate = body.get("rate")
        action = PumpActionKind(body["kind"])
        if action is PumpActionKind.START:  # from paper, by a person who is asked; never by itself
            raise ValueError(f"{action} is not charted offline")
        return (
            PumpLine(
                at=at,
                kind=action,
                rate=Rate.ml_per_h(str(rate)) if rate not in (None, "") else None,
                reason=str(body.get("reason", ""))[:200],
            ),
            seen,
        )
    if kind == MEDICINE:
        return (
            MedicineLine(
                at=at,
                product=UUID(str(body["product"])),
                dose=Dose.mg(str(body["dose_mg"])),
                route=str(body.get("route", ""))[:20],
                indication=str(body.get("indication", ""))[:120],
                above_usual_confirmed=body.get("confirmed") is True,
            ),
            seen,
        )
    if kind == NOTE:
        what = EventKind(body["kind"])
        if what not in _NOTES:
            raise ValueError(f"{what} is not noted offline")
        return (
            NoteLine(
                at=at,
                kind=what,
                label=str(body.get("label", ""))[:120],
                text=str(body.get("text", "")),
                code=str(body.get("code", ""))[:60],
                over=body.get("over") is True,
            ),
            seen,
        )
    if kind == NAME:
        return NameLine(at=at, about=UUID(str(body["about"])), label=str(body["label"])[:120]), seen
    if kind == PRESENCE:
        return PresenceLine(at=at), seen
    if kind == CRITERIA:
        return criteria_line(body, at), seen
    raise ValueError(f"{kind} is not a kind of entry")


def storable(value: Any) -> Any:
    """Return what a tablet sent as PostgreSQL keeps it, at any depth.

    A NUL and half a surrogate pair become the sign for a character that cannot be shown; a number
    that is none (NaN, Infinity) becomes its word.
    """
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {storable(str(name)): storable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    return value


def _answer(value: Any) -> int | None:
    return None if value is None else int(value)
