"""Everything the check-in page saves in one press: answers, kilograms, medicines of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import CheckIn
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import checkin, weighing
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.quantities import BodyMass


@dataclass(frozen=True, slots=True)
class MedicineAnswer:
    """What was said of one listed medicine: when it was taken today, or None for held."""

    medicine: UUID
    taken_at: datetime | None


@transaction.atomic
def save_arrival(
    *,
    session: UUID,
    answers: Mapping[str, Any],
    seen_version: int,
    mass: BodyMass | None,
    confirmed_unusual: bool,
    medicines: Sequence[MedicineAnswer],
    by: Account,
    at: datetime,
) -> Done[CheckIn] | Refused:
    """Save the answers and medicines, and the kilograms unless the scale is not believed.

    A refused mass is returned with its reasons; everything else that was said stays saved. The
    mass that is already on record is not recorded twice; ``decision`` holds cautions about a new
    one, and about an answer that stands. Raises StaleRow, and then saves nothing.
    """
    saved = checkin.save_check_in(
        session=session, answers=answers, seen_version=seen_version, by=by, at=at
    )
    row = saved.row.session
    for answer in _new(row, medicines):
        checkin.record_medicine_today(
            session=session,
            name="",
            medicine=answer.medicine,
            taken_at=answer.taken_at,
            by=by,
            at=at,
        )
    known = queries.mass_today(row)
    if mass is None or (known is not None and known.mass_kg.value == mass.value):
        return saved
    weighed = weighing.weigh(
        session=session, mass=mass, by=by, at=at, confirmed_unusual=confirmed_unusual
    )
    both = saved.decision & weighed.decision
    return Refused(both) if isinstance(weighed, Refused) else Done(saved.row, both)


def _new(session: TreatmentSession, answers: Sequence[MedicineAnswer]) -> list[MedicineAnswer]:
    """Leave out what is on record already."""
    said = {
        row.medicine.public_id: row.taken_at
        for row in queries.medicines_today(session)
        if row.medicine is not None
    }
    return [
        each
        for each in answers
        if each.medicine not in said or said[each.medicine] != each.taken_at
    ]
