"""What the protocol may ask to be attached for, and which signs the session's devices give."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from afterglow.apps.monitoring import lines
from afterglow.apps.monitoring.windows import CONTINUOUS_WINDOW, INSTANT
from afterglow.apps.people.models import ListState
from afterglow.apps.treatment import planning, queries
from afterglow.apps.treatment.models import CheckIn, InfusionOrder
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.readings import Source
from afterglow.core.treatment.attached import AttachedFacts
from afterglow.core.treatment.facts import Antihypertensive, Cpap


def attached_facts(
    session: TreatmentSession, check_in: CheckIn, order: InfusionOrder | None, *, at: datetime
) -> AttachedFacts:
    """Gather the grounds from list, scale, order and door; what was sent, from the last minutes."""
    patient, mass = session.patient, queries.mass_today(session)
    bmi = None if mass is None else planning.body_of(patient, mass.mass_kg).bmi
    takes = patient.medicines.filter(state=ListState.ACTIVE).values_list("drug_class", flat=True)
    today = {row.drug_class for row in queries.medicines_today(session)}
    given = lines.last_of(
        lines.every_line(
            [session.pk], since=at - CONTINUOUS_WINDOW, until=at + INSTANT, sources=(Source.DEVICE,)
        )
    )
    return AttachedFacts(
        bmi=None if bmi is None else bmi.quantize(Decimal("0.1"), ROUND_HALF_UP),
        dose=order.dose_mg_per_kg if order is not None else None,
        sleep_apnoea=check_in.cpap in (Cpap.BROUGHT, Cpap.FORGOTTEN),
        pressure_medicine=check_in.antihypertensive
        in (Antihypertensive.TAKEN, Antihypertensive.MISSED),
        medicine_classes=frozenset(filter(None, {*takes, *today})),
        sent=frozenset(found.line.code for found in given),
    )
