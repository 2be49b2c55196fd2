"""A session's predicted level: whose body, which dose history, and what the model makes of it.

Nothing here is stored. The dose history comes from rows (the pump's own messages where they are,
else what was charted), so the prediction changes exactly when they do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from afterglow.apps.monitoring import pumps
from afterglow.apps.monitoring.models import BodyMassMeasurement
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.people import queries as people
from afterglow.apps.pharmacology.queries import FOLLOWED_MIN, LONGEST_MIN
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.bags import bag_of
from afterglow.apps.treatment.models import Infusion, PumpDifference
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.dosing import RateFrom, completes_at
from afterglow.core.pharmacology import Patient, RateStep, Regimen

AHEAD_MIN = 120
STEP_MIN = 15
"""The curve ends this long after the last of drug, on a round quarter of an hour."""


class Told(StrEnum):
    """Who told the rates."""

    PUMP = "pump"
    CHART = "chart"


@dataclass(frozen=True, slots=True)
class DoseHistory:
    """What was given and, while it runs, what is still to come if nothing changes.

    Minutes count from the start. ``stopped_min`` is when the last of drug flowed, None while it
    flows. ``until_min`` is where a curve of it ends, however late it is now. ``pump_spoke`` is the
    first and the last word of the pumps; outside of it the chart told.
    """

    regimen: Regimen
    started_at: datetime
    now_min: float
    stopped_min: float | None
    until_min: int
    told_by: Told
    pump_spoke: tuple[datetime, datetime] | None = None

    @property
    def is_past(self) -> bool:
        """Whether the drug stopped too long ago for anything to be predicted of now."""
        return self.now_min > self.until_min


def body_of(session: TreatmentSession, mass: BodyMassMeasurement) -> Patient:
    """Return the covariates that the models know: today's actual kilograms, and years."""
    years = people.age(session.patient.date_of_birth, session.local_date)
    return Patient.of(mass.mass_kg, age_years=float(years))


def dose_history(infusion: Infusion, *, at: datetime) -> DoseHistory:
    """Return the dose history of an infusion as it is known at ``at``."""
    charted = queries.course_of(queries.actions_of(infusion))
    reported, until = _reported(infusion, at=at)
    known = [each for each in _joined(charted, reported, until=until) if each.at <= at]
    # What came late stands at its own time; of two rates for one moment the later told holds.
    course = list({each.at: each for each in sorted(known, key=lambda each: each.at)}.values())
    concentration = float(infusion.preparation.concentration_mg_per_ml.value)
    started = infusion.started_at

    def minute(moment: datetime) -> float:
        return max((moment - started).total_seconds() / 60, 0.0)

    steps = [
        RateStep(minute(each.at), float(each.rate.value) * concentration / 60) for each in course
    ]
    empty = completes_at(bag_of(infusion.preparation), course, at=at)
    last = steps[-1].at_min if steps else 0.0
    end = max(minute(empty) if empty else last, last)
    runs = empty is not None and end > minute(at)
    drawn_to = min(max(end, min(minute(at), end + FOLLOWED_MIN)) + AHEAD_MIN, LONGEST_MIN)
    return DoseHistory(
        regimen=Regimen.from_rates(steps, until_min=end),
        started_at=started,
        now_min=minute(at),
        stopped_min=None if runs else end,
        until_min=math.ceil(drawn_to / STEP_MIN) * STEP_MIN,
        told_by=Told.PUMP if reported else Told.CHART,
        pump_spoke=(reported[0].at, until) if reported and until else None,
    )


def _reported(infusion: Infusion, *, at: datetime) -> tuple[Sequence[RateFrom], datetime | None]:
    """Return the rates that pumps reported and until when they spoke.

    Nothing once a person has said that the chart is right: as the milligrams given are reckoned,
    so is the level.
    """
    truth = (
        PumpDifference.objects.filter(infusion=infusion, at__lte=at)
        .order_by("-at")
        .values_list("truth", flat=True)
        .first()
    )
    if truth == "chart":
        return (), None
    told, until = pumps.rates_since(
        infusion.session_id,
        since=infusion.started_at,
        at=at,
        silent_after=rules_of(infusion.session).technical.pump_silent_after,
    )
    return [RateFrom(taken, rate) for taken, rate in told], until


def _joined(
    charted: Sequence[RateFrom], reported: Sequence[RateFrom], *, until: datetime | None
) -> list[RateFrom]:
    """Return one course: the pump's word for the time it spoke of, the chart's before and after."""
    if not reported or until is None:
        return list(charted)
    before = [each for each in charted if each.at < reported[0].at]
    after = [each for each in charted if each.at > until]
    found: list[RateFrom] = []
    for each in [*before, *reported, *after]:
        if not found or found[-1].rate != each.rate:
            found.append(each)
    return found
