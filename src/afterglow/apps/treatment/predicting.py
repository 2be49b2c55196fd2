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

from django.db.models import F, Q, Window
from django.db.models.functions import Lag

from afterglow.apps.monitoring.models import BodyMassMeasurement, PumpReading
from afterglow.apps.people import queries as people
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import Infusion
from afterglow.apps.treatment.planning import bag_of
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
    flows. ``until_min`` is where a curve of it ends.
    """

    regimen: Regimen
    started_at: datetime
    now_min: float
    stopped_min: float | None
    until_min: int
    told_by: Told


def body_of(session: TreatmentSession, mass: BodyMassMeasurement) -> Patient:
    """Return the covariates that the models know: today's actual kilograms, and years."""
    years = people.age(session.patient.date_of_birth, session.local_date)
    return Patient.of(mass.mass_kg, age_years=float(years))


def dose_history(infusion: Infusion, *, at: datetime) -> DoseHistory:
    """Return the dose history of an infusion as it is known at ``at``."""
    charted = queries.course_of(queries.actions_of(infusion))
    reported = _reported(infusion, at=at)
    known = [each for each in _joined(charted, reported) if each.at <= at]
    course = sorted(known, key=lambda each: each.at)  # what came late stands at its own time
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
    until = max(end, minute(at)) + AHEAD_MIN
    return DoseHistory(
        regimen=Regimen.from_rates(steps, until_min=end),
        started_at=started,
        now_min=minute(at),
        stopped_min=None if runs else end,
        until_min=math.ceil(until / STEP_MIN) * STEP_MIN,
        told_by=Told.PUMP if reported else Told.CHART,
    )


def _reported(infusion: Infusion, *, at: datetime) -> Sequence[RateFrom]:
    """Return the rates that pumps reported, where they changed, and the last report again.

    The last one says up to when the pump spoke: what was charted later counts again.
    """
    told = PumpReading.objects.filter(
        session_id=infusion.session_id,
        rate_ml_per_h__isnull=False,
        taken_at__gte=infusion.started_at,
        taken_at__lte=at,
    )
    changed = told.annotate(
        before=Window(Lag("rate_ml_per_h"), order_by=[F("taken_at"), F("pk")])
    ).filter(Q(before__isnull=True) | ~Q(before=F("rate_ml_per_h")))
    rows = list(changed.order_by("taken_at", "pk").values_list("taken_at", "rate_ml_per_h"))
    last = told.order_by("-taken_at", "-pk").values_list("taken_at", "rate_ml_per_h").first()
    if last is not None and (not rows or rows[-1][0] < last[0]):
        rows.append(last)
    return [RateFrom(taken, rate) for taken, rate in rows if rate is not None]


def _joined(charted: Sequence[RateFrom], reported: Sequence[RateFrom]) -> list[RateFrom]:
    """Return one course: the pump's word for the time it spoke of, the chart's before and after."""
    if not reported:
        return list(charted)
    first, last = reported[0].at, reported[-1].at
    before = [each for each in charted if each.at < first]
    after = [each for each in charted if each.at > last]
    found: list[RateFrom] = []
    for each in [*before, *reported, *after]:
        if not found or found[-1].rate != each.rate:
            found.append(each)
    return found
