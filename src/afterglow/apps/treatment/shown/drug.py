"""The drug row: the rate at each change on the time axis, and what was given by both accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from afterglow.apps.monitoring import pumps
from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.monitoring.protocol import rules_of as monitoring_rules
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.bags import bag_of
from afterglow.apps.treatment.models import Infusion, MedicineGiven, OfflineEntry, PumpAction
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.shown.grid import TWO_TIMES
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.dosing import Given, completes_at
from afterglow.core.medicines.labels import label_of
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
class Bolus:
    """One dose given at once: its milligrams stand on the axis at their time."""

    at: datetime
    dose: Dose
    route: str
    late: datetime | None


@dataclass(frozen=True, slots=True)
class MedicineRow:
    """One medicine given beside the infusion: its label's class, its doses, its running total."""

    medicine: str
    drug_class: str
    boluses: tuple[Bolus, ...]
    total: Dose
    per_kg: DosePerMass | None


@dataclass(frozen=True, slots=True)
class DrugRow:
    """The drug row. ``pump`` is None where no pump reports a volume.

    ``silent_since``: it told its last total then; from there on the charted rates count.
    ``pump_bars``: what the pump said its rate was, where that is not what was charted.
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
    drug_class: str
    now: datetime
    pump_bars: tuple[Bar, ...]
    others: tuple[MedicineRow, ...]


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
    product = infusion.preparation.vial.product
    given_at = [one.at for one in queries.medicines_given(session)]
    said = _said_by_pump(session, infusion, actions, at=at)
    return DrugRow(
        infusion=infusion,
        medicine=product.medicine,
        strength=strength_words(infusion),
        bars=bars(actions, now=at, planned_end=None if ended else empty),
        axis_from=min([infusion.started_at, *given_at]) - AHEAD,
        axis_to=max([end, *given_at]) + AHEAD,
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
        drug_class=label_of(product.label_class).code,
        now=at,
        pump_bars=said,
        others=medicine_rows(session),
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


def _said_by_pump(
    session: TreatmentSession, infusion: Infusion, actions: Sequence[PumpAction], *, at: datetime
) -> tuple[Bar, ...]:
    """Return the pump's own rates over time where they are not the charted ones, else nothing.

    What the protocol lets a pump settle in is no difference; what it reports outranks the chart.
    """
    rules = monitoring_rules(session).pump
    silent = monitoring_rules(session).technical.pump_silent_after
    told, _until = pumps.rates_since(
        session.pk, since=infusion.started_at, at=at, silent_after=silent
    )
    said = [
        Bar(since, to, rate, "") for (since, rate), to in zip(told, _ends(told, at), strict=True)
    ]
    course = [(step.at, step.rate) for step in queries.course_of(actions)]
    charted = list(zip(course, _ends(course, at), strict=True))
    for bar in said:
        for (since, rate), to in charted:
            beside = min(bar.to, to) - max(bar.since, since)
            if (
                beside > rules.settle_for
                and abs(bar.rate.value - rate.value) > rules.rate_difference
            ):
                return tuple(said)
    return ()


def _ends(steps: Sequence[tuple[datetime, Rate]], at: datetime) -> list[datetime]:
    """Return when each step gives way to the next one, the last one at ``at``."""
    return [*(since for since, _rate in steps[1:]), at] if steps else []


def medicine_rows(session: TreatmentSession) -> tuple[MedicineRow, ...]:
    """Return what was given beside the infusion, a row for each medicine, first given first."""
    given: dict[str, list[MedicineGiven]] = {}
    for one in queries.medicines_given(session):
        given.setdefault(one.product.medicine, []).append(one)
    mass = queries.mass_today(session) if given else None
    rows = []
    for medicine, doses in given.items():
        total = Dose.mg(sum((one.dose_mg.value for one in doses), Decimal(0)))
        per_kg = HALF_UP_TO_0_01_MG_PER_KG(total / mass.mass_kg) if mass else None
        rows.append(
            MedicineRow(
                medicine=medicine,
                drug_class=label_of(doses[0].product.label_class).code,
                boluses=tuple(
                    Bolus(
                        one.at,
                        one.dose_mg,
                        one.route,
                        one.recorded_at if one.recorded_at - one.at > TWO_TIMES else None,
                    )
                    for one in doses
                ),
                total=total,
                per_kg=per_kg,
            )
        )
    return tuple(rows)


def _account(given: Given, infusion: Infusion) -> Account:
    mass = infusion.preparation.dosing_mass_kg
    return Account(
        dose=HALF_UP_TO_0_1_MG(given.dose),
        per_kg=HALF_UP_TO_0_01_MG_PER_KG(given.per(mass)),
        volume=given.volume,
    )


def urgent_unsettled(session: TreatmentSession) -> list[dict[str, datetime | bool]]:
    """Return the stops and emergencies typed without a connection that wait for a person."""
    return [
        {"at": one.happened_at, "is_stop": one.kind == "pump"}
        for one in queries.offline_unsettled(session).order_by("happened_at", "pk")
        if urgent_of(one)
    ]


def urgent_of(entry: OfflineEntry) -> str:
    """Return "stop" or "emergency" for an entry that nobody may overlook, else ""."""
    if entry.kind == "pump" and entry.body.get("kind") == PumpActionKind.STOP:
        return "stop"
    return "emergency" if entry.kind == "note" and entry.body.get("label") == "Emergency" else ""
