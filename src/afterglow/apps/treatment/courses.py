"""What monitoring needs to know of infusions as charted: many sessions at once, few queries."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Prefetch

from afterglow.apps.assessments.models import Score
from afterglow.apps.monitoring.extension import InfusionCourse
from afterglow.apps.people.models import ListState
from afterglow.apps.treatment import coverages, queries
from afterglow.apps.treatment.bags import bag_of
from afterglow.apps.treatment.models import (
    Infusion,
    MedicineGiven,
    MedicineToday,
    PumpAction,
    SessionEvent,
)
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.services.rates import most_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.dosing import completes_at
from afterglow.core.errors import AfterglowError
from afterglow.core.monitoring.limits import Symptom
from afterglow.core.monitoring.readings import Reading, Source
from afterglow.core.quantities import Rate

log = logging.getLogger(__name__)

SCALES = {name: name for name in ("moaas", "rass", "dissociation", "nausea", "anxiety", "pain")}
"""Instruments whose total is a reading of the schedule, and the sign's name."""
INTO_THE_VEIN = frozenset({"iv", "intravenous"})
PRESSURE_MAY_RISE = "maoi"
"""The class of medicine beside which the pressure is read more often (clinical reference 6)."""


def courses(sessions: Sequence[int], at: datetime) -> Mapping[int, InfusionCourse]:
    """Return each session's infusion as charted at ``at``; sessions without one are left out."""
    infusions = {
        row.session_id: row
        for row in Infusion.objects.filter(session__in=sessions, started_at__lte=at)
        .select_related("preparation__vial__product", "session")
        .prefetch_related(
            Prefetch("actions", queryset=PumpAction.objects.filter(mistake__isnull=True))
        )
        .order_by("started_at")
    }
    sedatives: dict[int, list[datetime]] = defaultdict(list)
    doses: dict[int, list[datetime]] = defaultdict(list)
    for session, when, is_sedative, route in (
        MedicineGiven.objects.filter(session__in=sessions, at__lte=at, mistake__isnull=True)
        .order_by("at")
        .values_list("session_id", "at", "is_sedative", "route")
    ):
        if is_sedative:
            sedatives[session].append(when)
        elif route.casefold() in INTO_THE_VEIN:
            doses[session].append(when)
    covered = coverages.alarming(infusions.values())
    symptoms = _symptoms(sessions, at)
    closely = _closely(sessions)
    told: dict[int, InfusionCourse] = {}
    for pk in sessions:
        row = infusions.get(pk)
        if row is None:
            if sedatives[pk] or symptoms[pk] or pk in closely:
                told[pk] = InfusionCourse(
                    sedatives=tuple(sedatives[pk]),
                    symptoms=tuple(symptoms[pk]),
                    closely=pk in closely,
                )
            continue
        rates = queries.course_of(
            sorted(
                (action for action in row.actions.all() if action.at <= at),
                key=lambda action: action.sequence,
            )
        )
        stopped = row.ended_at if row.ended_at and row.ended_at <= at else None
        told[pk] = InfusionCourse(
            started=row.started_at,
            stopped=stopped,
            released=row.session.ended_at,
            planned_stop=None if stopped else completes_at(bag_of(row.preparation), rates, at=at),
            rates=rates,
            sedatives=tuple(sedatives[pk]),
            doses=tuple(doses[pk]),
            symptoms=tuple(symptoms[pk]),
            closely=pk in closely,
            drug=row.preparation.vial.product.medicine,
            to_be_infused=row.preparation.to_be_infused_ml,
            at_most=_at_most(row),
            coverage=covered.get(pk),
        )
    return told


def _at_most(infusion: Infusion) -> Rate | None:
    """Return the fastest that a bag may run, or None where the protocol's dosing cannot be read.

    Every other alarm of the session, and of those that are judged with it, is worth more than the
    one that asks for this.
    """
    try:
        return most_of(infusion.session, infusion.preparation)
    except AfterglowError:
        log.exception("The fastest rate of session %s is not known", infusion.session.public_id)
        return None


def _closely(sessions: Sequence[int]) -> frozenset[int]:
    """Return the sessions of patients who take something beside which the pressure may rise."""
    listed = TreatmentSession.objects.filter(
        pk__in=sessions,
        patient__medicines__state=ListState.ACTIVE,
        patient__medicines__drug_class=PRESSURE_MAY_RISE,
    ).values_list("pk")
    said = MedicineToday.objects.filter(
        session__in=sessions, drug_class=PRESSURE_MAY_RISE, replaced_by__isnull=True
    ).values_list("session")
    return frozenset(pk for (pk,) in listed.union(said))


def _symptoms(sessions: Sequence[int], at: datetime) -> dict[int, list[Symptom]]:
    """Return the symptoms present now: charted, not withdrawn, and not charted as over."""
    rows = list(
        SessionEvent.objects.filter(
            session__in=sessions, kind__in=[EventKind.SYMPTOM, EventKind.WITHDRAWN], at__lte=at
        ).order_by("at", "pk")
    )
    gone = {row.about_id for row in rows if row.kind == EventKind.WITHDRAWN}
    present: dict[int, dict[str, Symptom]] = defaultdict(dict)
    for row in rows:
        if row.kind != EventKind.SYMPTOM or row.pk in gone:
            continue
        code = str(row.data.get("code", ""))
        if row.data.get("over"):
            present[row.session_id].pop(code, None)
        elif code:
            present[row.session_id][code] = Symptom(code, row.at)
    return defaultdict(list, {pk: list(found.values()) for pk, found in present.items()})


def scores(sessions: Sequence[int], at: datetime) -> Mapping[int, Sequence[Reading]]:
    """Return each session's sedation scores up to ``at`` as readings, in order of time."""
    told: dict[int, list[Reading]] = defaultdict(list)
    rows = (
        Score.objects.filter(
            assessment__session__in=sessions,
            assessment__instrument_key__in=SCALES,
            assessment__at__lte=at,
            assessment__replaced_by__isnull=True,
            assessment__mistake__isnull=True,
            value__isnull=False,
            name="total",
        )
        .select_related("assessment")
        .order_by("assessment__at", "pk")
    )
    for row in rows:
        session = row.assessment.session_id
        if session is None or row.value is None:
            continue
        told[session].append(
            Reading(
                sign=SCALES[row.assessment.instrument_key],
                value=row.value,
                at=row.assessment.at,
                source=Source.HAND,
                entered_at=row.assessment.recorded_at,
            )
        )
    return told
