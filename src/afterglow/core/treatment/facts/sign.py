"""Facts that decide whether a session may be signed and locked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from afterglow.core.decisions import Decision
from afterglow.core.errors import InvalidValue
from afterglow.core.treatment.endings import EndingField, SessionEnding
from afterglow.core.treatment.facts.common import Extensible
from afterglow.core.treatment.lifecycles import SessionState


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountFacts:
    """The drug of one preparation, in mg, exact. Amounts are never negative.

    ``residual_mg`` is what stayed in bag and line and was discarded with them; ``wasted_mg`` what
    was wasted from syringe or vial; ``lost_mg`` an accounted loss (a leak, a broken vial).
    """

    drawn_mg: Decimal
    given_mg: Decimal
    residual_mg: Decimal = Decimal(0)
    wasted_mg: Decimal = Decimal(0)
    lost_mg: Decimal = Decimal(0)
    waste_witnessed: bool = False

    def __post_init__(self) -> None:
        for name in ("drawn_mg", "given_mg", "residual_mg", "wasted_mg", "lost_mg"):
            amount = getattr(self, name)
            if not amount.is_finite() or amount < 0:
                raise InvalidValue(f"{name} is {amount}; an amount is never negative.")

    @property
    def accounted_mg(self) -> Decimal:
        """Given, residual, wasted and lost together."""
        return self.given_mg + self.residual_mg + self.wasted_mg + self.lost_mg

    @property
    def discarded_mg(self) -> Decimal:
        """What somebody must have watched being discarded."""
        return self.residual_mg + self.wasted_mg + self.lost_mg


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideShown:
    """An override given during the session, as the signing page lists it."""

    code: str
    has_reason: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignFacts(Extensible):
    """Everything that decides whether the record may be signed.

    ``discharge_decision`` is the decision after overrides, on record. ``pump_volume_ml`` is what
    the pump reports, None where no pump spoke. ``slots_unread`` counts due observations that were
    neither read nor marked as missed with a reason.
    """

    at: datetime
    state: SessionState
    ending: SessionEnding | None
    infusion_started: bool
    infusion_running: bool
    amounts: tuple[AmountFacts, ...]
    pump_volume_ml: Decimal | None
    charted_volume_ml: Decimal | None
    pump_difference_resolved: bool
    pump_difference_limit_ml: Decimal
    """The dosing rules' own limit: the one that the bag was accounted for by."""
    slots_unread: int
    alarms_not_acknowledged: int
    slowest_red_acknowledgement: timedelta | None
    red_pressures_without_symptom_answer: int
    overrides: tuple[OverrideShown, ...]
    coverage_named: bool
    discharge_decision: Decision | None
    suicide_positives: int
    suicide_tasks_owned: int
    offline_unsettled: int = 0
    """Entries of an offline tablet that could not be charted and that nobody has settled."""
    ending_fields: frozenset[EndingField] = field(default_factory=frozenset)
    left_alone_for: timedelta = timedelta()
    """How long nobody was with the patient while drug ran."""
