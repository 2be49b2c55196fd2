"""Record what the patient takes, with the class that the day-of-treatment rules ask for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.people import policies
from afterglow.apps.people.models import CurrentMedicine, ListState, Patient
from afterglow.apps.people.services.telling import same_subject, tell
from afterglow.core.errors import InvalidValue
from afterglow.core.medicines import classes
from afterglow.core.roles import Action
from afterglow.db.changes import apply_changes

MOST_MG_PER_DAY = Decimal(9_999_999)


@transaction.atomic
def record_medicine(
    *,
    key: UUID,
    patient: UUID,
    name: str,
    by: Account,
    at: dt.datetime,
    dose: str = "",
    daily_dose_mg: Decimal | None = None,
    drug_class: str = "",
) -> CurrentMedicine:
    """Add a medicine the patient takes. The class of a listed name is the list's, always.

    ``drug_class`` is used only for a name the list does not know. Raises InvalidValue for a class
    that does not exist or a daily dose that is not above 0 mg.
    """
    row = Patient.objects.select_for_update(of=("self",), no_key=True).get(public_id=patient)
    policies.check(Action.EDIT_ALLERGIES, patient=row, by=by, at=at)
    if existing := CurrentMedicine.objects.filter(public_id=key).first():
        same_subject(row.pk, existing.patient_id, key)
        return existing
    listed = classes.shipped()
    known = listed.known(name)
    if known is None and drug_class and drug_class not in listed.classes:
        raise InvalidValue(
            "There is no drug class '%(drug_class)s'.",
            drug_class=drug_class,
        )
    _check_dose(daily_dose_mg)
    medicine = CurrentMedicine.objects.create(
        public_id=key,
        patient=row,
        name=name.strip(),
        medicine_key=known.key if known else "",
        drug_class=known.drug_class.code if known else drug_class,
        dose=dose.strip(),
        daily_dose_mg=daily_dose_mg,
        recorded_by=by,
        recorded_at=at,
    )
    detail = {
        "class": medicine.drug_class,
        "daily_dose_mg": None if daily_dose_mg is None else str(daily_dose_mg),
    }
    tell("medicine-recorded", patient=row, subject=medicine, by=by, at=at, detail=detail)
    return medicine


@transaction.atomic
def change_medicine_dose(
    *,
    medicine: UUID,
    seen: int,
    dose: str,
    daily_dose_mg: Decimal | None,
    by: Account,
    at: dt.datetime,
) -> CurrentMedicine:
    """Change how much the patient takes. Raises StaleRow when another screen saved first."""
    row = CurrentMedicine.objects.select_for_update(of=("self",)).get(public_id=medicine)
    policies.check(Action.EDIT_ALLERGIES, patient=row.patient, by=by, at=at)
    _check_dose(daily_dose_mg)
    changed = apply_changes(row, {"dose": dose.strip(), "daily_dose_mg": daily_dose_mg})
    row.save_version(seen=seen)
    if changed:
        detail = {"changed": changed}
        tell("medicine-dose-changed", patient=row.patient, subject=row, by=by, at=at, detail=detail)
    return row


@transaction.atomic
def end_medicine(
    *, medicine: UUID, seen: int, entered_in_error: bool, by: Account, at: dt.datetime
) -> CurrentMedicine:
    """Take a medicine off the current list; it stays in the record."""
    row = CurrentMedicine.objects.select_for_update(of=("self",)).get(public_id=medicine)
    policies.check(Action.EDIT_ALLERGIES, patient=row.patient, by=by, at=at)
    ended = ListState.ENTERED_IN_ERROR if entered_in_error else ListState.STOPPED
    if row.state == ended:
        return row
    before, row.state = row.state, ended
    row.save_version(seen=seen)
    detail = {"changed": {"state": [before, str(ended)]}}
    tell("medicine-ended", patient=row.patient, subject=row, by=by, at=at, detail=detail)
    return row


def _check_dose(daily_dose_mg: Decimal | None) -> None:
    if daily_dose_mg is not None and not 0 < daily_dose_mg <= MOST_MG_PER_DAY:
        raise InvalidValue(
            "The daily dose %(daily_dose_mg)s mg is outside the range above 0 to "
            "%(most_mg_per_day)s mg.",
            daily_dose_mg=daily_dose_mg,
            most_mg_per_day=MOST_MG_PER_DAY,
        )
