"""Record allergies, end them, and say "no known allergies" after asking."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.people import policies
from afterglow.apps.people.models import (
    Allergy,
    AllergyReview,
    AllergySeverity,
    ListState,
    Patient,
)
from afterglow.apps.people.outcomes import AllergyRefusal
from afterglow.apps.people.services.telling import same_subject, tell
from afterglow.core.medicines import library
from afterglow.core.medicines.names import fold
from afterglow.core.roles import Action


def _locked(patient: UUID, *, by: Account, at: dt.datetime) -> Patient:
    row = Patient.objects.select_for_update(of=("self",), no_key=True).get(public_id=patient)
    policies.check(Action.EDIT_ALLERGIES, patient=row, by=by, at=at)
    return row


def _review(patient: Patient, review: AllergyReview) -> None:
    if patient.allergy_review != review:
        patient.allergy_review = review
        patient.save_version(fields=["allergy_review"])


@transaction.atomic
def record_allergy(
    *,
    key: UUID,
    patient: UUID,
    substance: str,
    by: Account,
    at: dt.datetime,
    reaction: str = "",
    severity: AllergySeverity = AllergySeverity.UNKNOWN,
) -> Allergy:
    """Add an allergy. The same key, or the same substance while it is active, adds nothing."""
    row = _locked(patient, by=by, at=at)
    code = substance_code(substance)
    if existing := Allergy.objects.filter(public_id=key).first():
        same_subject(row.pk, existing.patient_id, key)
        return existing
    for active in row.allergies.filter(state=ListState.ACTIVE):
        if fold(active.substance) == fold(substance):
            return active
    allergy = Allergy.objects.create(
        public_id=key,
        patient=row,
        substance=substance.strip(),
        substance_code=code,
        reaction=reaction.strip(),
        severity=severity,
        recorded_by=by,
        recorded_at=at,
    )
    _review(row, AllergyReview.LISTED)
    detail = {"code": code, "severity": str(severity)}
    tell("allergy-recorded", patient=row, subject=allergy, by=by, at=at, detail=detail)
    return allergy


@transaction.atomic
def end_allergy(
    *, allergy: UUID, seen: int, entered_in_error: bool, by: Account, at: dt.datetime
) -> Allergy:
    """Take an allergy off the list; it stays in the record.

    When the list becomes empty the review goes back to "not asked": nobody has yet said that there
    are none.
    """
    entry = Allergy.objects.select_related("patient").get(public_id=allergy)
    row = _locked(entry.patient.public_id, by=by, at=at)
    ended = ListState.ENTERED_IN_ERROR if entered_in_error else ListState.STOPPED
    if entry.state == ended:
        return entry
    before = entry.state
    entry.state = ended
    entry.save_version(seen=seen)
    if not row.allergies.filter(state=ListState.ACTIVE).exists():
        _review(row, AllergyReview.NOT_ASKED)
    detail = {"changed": {"state": [before, str(ended)]}}
    tell("allergy-ended", patient=row, subject=entry, by=by, at=at, detail=detail)
    return entry


@transaction.atomic
def confirm_no_known_allergies(
    *, patient: UUID, by: Account, at: dt.datetime
) -> Patient | AllergyRefusal:
    """Record that the patient was asked and knows of no allergy. Refused while one is listed."""
    row = _locked(patient, by=by, at=at)
    if row.allergies.filter(state=ListState.ACTIVE).exists():
        tell("no-known-allergies-refused", patient=row, subject=row, by=by, at=at)
        return AllergyRefusal.LIST_IS_NOT_EMPTY
    _review(row, AllergyReview.NO_KNOWN_ALLERGIES)
    tell("no-known-allergies-confirmed", patient=row, subject=row, by=by, at=at)
    return row


def substance_code(substance: str) -> str:
    """Return the product substance that the readiness rules compare (ketamine …), or ""."""
    words = fold(substance).split()
    known = _substances()
    for length in range(len(words), 0, -1):
        for first in range(len(words) - length + 1):
            if name := known.get(" ".join(words[first : first + length])):
                return name
    return ""


@lru_cache(maxsize=1)
def _substances() -> dict[str, str]:
    """Every name of a substance, brands included, and what the rules call it."""
    products = library.body("products")["products"]
    own = {fold(n): n for each in products for n in (each["medicine"], *each["excipients"])}
    brands = library.body("substance_names")["names"]
    return own | {fold(each["name"]): each["substance"] for each in brands}
