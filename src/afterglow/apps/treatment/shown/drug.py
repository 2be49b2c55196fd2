"""The drug row: the rate at each change on the time axis, and what was given by both accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import Infusion, MedicineGiven, PumpAction
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.planning import bag_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.dosing import Given, completes_at
from afterglow.core.quantities import Dose, DosePerMass, Rate, Volume
from afterglow.core.quantities.rounding import HALF_UP_TO_0_01_MG_PER_KG, HALF_UP_TO_0_1_MG

AHEAD = timedelta(minutes=5)
"""How much of the axis lies beyond the planned end."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch at one rate; ``to`` is None where it goes on. Zero is a pause."""

    since: datetime
    to: datetime
    rate: Rate
    reason: str
    is_future: bool = False

    @property
    def runs(self) -> bool:
        """Whether drug flows."""
        return self.rate > queries.STOPPED


@dataclass(frozen=True, slots=True)
class Account:
    """What one side says was given: milligrams, milligrams a kilogram, millilitres."""

    dose: Dose
    per_kg: DosePerMass
    volume: Volume


@dataclass(frozen=True, slots=True)
class DrugRow:
    """The drug row. ``pump`` is None where no pump reports a volume.

    ``silent_since``: it told its last total then; from there on the charted rates count.
    """

    infusion: Infusion
    medicine: str
    strength: str
    bars: tuple[Bar, ...]
    axis_from: datetime
    axis_to: datetime
    last: PumpAction
    charted: Account
    pump: Account | None
    differs: bool
    pump_rate: Rate | None
    pump_at: datetime | None
    still_runs: bool
    waits_for_pump: bool
    has_pump: bool
    silent_since: datetime | None
    given_beside: tuple[MedicineGiven, ...]


def drug_row(session: TreatmentSession, *, at: datetime) -> DrugRow | None:
    """Return the drug row at ``at``; None before an infusion was started."""
    infusion = queries.infusion_of(session)
    if infusion is None:
        return None
    actions = queries.actions_of(infusion)
    told = queries.given(infusion, at=at)
    view = monitoring.pump(session, at=at)
    now = queries.pump_now(session, at=at)
    empty = completes_at(bag_of(infusion.preparation), queries.course_of(actions), at=at)
    end = infusion.ended_at or max(empty or at, at)
    ended = infusion.ended_at is not None
    return DrugRow(
        infusion=infusion,
        medicine=infusion.preparation.vial.product.medicine,
        strength=strength_words(infusion),
        bars=bars(actions, now=at, planned_end=None if ended else empty),
        axis_from=infusion.started_at - AHEAD,
        axis_to=end + AHEAD,
        last=actions[-1],
        charted=_account(told.charted, infusion),
        pump=_account(told.pump, infusion) if told.pump else None,
        differs=told.decision.refused,
        pump_rate=view.reported_rate if view else None,
        pump_at=view.reported_at if view else None,
        still_runs=now.still_runs,
        waits_for_pump=ended and infusion.pump_agreed_at is None,
        has_pump=view is not None,
        silent_since=queries.pump_silent_since(infusion, at=at),
        given_beside=tuple(queries.medicines_given(session)),
    )


def strength_words(infusion: Infusion) -> str:
    """Return the bag's strength to 0.01 mg/mL, half up; totals are reckoned from the exact one."""
    exact = infusion.preparation.concentration_mg_per_ml.value
    shown = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{shown.normalize():f} mg/mL"


def bars(
    actions: Sequence[PumpAction],
    *,
    now: datetime,
    planned_end: datetime | None,
) -> tuple[Bar, ...]:
    """Return the stretches of a course, the one that goes on up to now, and what is planned."""
    found: list[Bar] = []
    for index, action in enumerate(actions):
        if action.kind == PumpActionKind.STOP:
            break
        after = actions[index + 1].at if index + 1 < len(actions) else max(now, action.at)
        found.append(Bar(action.at, after, action.rate_ml_per_h, action.reason))
    last = actions[-1]
    if planned_end is not None and last.kind not in (PumpActionKind.STOP, PumpActionKind.PAUSE):
        start = max(now, last.at)
        if planned_end > start:
            found.append(Bar(start, planned_end, last.rate_ml_per_h, "", is_future=True))
    return tuple(found)


def _account(given: Given, infusion: Infusion) -> Account:
    mass = infusion.preparation.dosing_mass_kg
    return Account(
        dose=HALF_UP_TO_0_1_MG(given.dose),
        per_kg=HALF_UP_TO_0_01_MG_PER_KG(given.per(mass)),
        volume=given.volume,
    )
