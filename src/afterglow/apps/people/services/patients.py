"""Register and edit patients."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypedDict
from uuid import UUID

from django.db import connection, transaction

from afterglow.apps.accounts import policies as accounts
from afterglow.apps.accounts.models import Account
from afterglow.apps.people import policies, queries
from afterglow.apps.people.models import Patient, SexAtBirth
from afterglow.apps.people.outcomes import LooksLike, Registered
from afterglow.apps.people.services.telling import tell
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import Height
from afterglow.core.roles import Action
from afterglow.db.changes import apply_changes

OLDEST_YEARS = 120
_MRN_LOCK = 7_215_001  # one number for the whole database: numbering is one at a time


class PatientDetails(TypedDict, total=False):
    """What is known of a patient; every name is a column of the same name."""

    given_name: str
    family_name: str
    preferred_name: str
    date_of_birth: dt.date
    sex_at_birth: SexAtBirth
    could_be_pregnant: bool
    height_cm: Height | None
    phone: str
    email: str
    language: str


@transaction.atomic
def register_patient(
    *,
    key: UUID,
    home_site: Site,
    details: PatientDetails,
    by: Account,
    at: dt.datetime,
    mrn: str = "",
    confirmed_different: bool = False,
    is_demo: bool = False,
) -> Registered | LooksLike:
    """Register a patient, or show who has the same or nearly the same name.

    ``key`` becomes the patient's public id, so the same key again returns the same patient. An
    empty ``mrn`` takes the next number. Raises InvalidValue for an impossible birth date and an
    MRN that is taken.
    """
    if existing := Patient.objects.filter(public_id=key).first():
        return Registered(existing, is_new=False)
    accounts.check(Action.EDIT_PATIENT, by=by, site=home_site, on=home_site.local_date(at))
    check_birth(details["date_of_birth"], on=home_site.local_date(at))
    if not confirmed_different:
        alike = queries.same_or_near_names(
            family=details["family_name"], given=details["given_name"]
        )
        if alike:
            return LooksLike(tuple(alike))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MRN_LOCK])
    if mrn and Patient.objects.filter(mrn=mrn).exists():
        raise InvalidValue(
            "The MRN %(mrn)s belongs to another patient.",
            mrn=mrn,
        )
    patient = Patient(
        public_id=key,
        mrn=mrn or _next_mrn(),
        home_site=home_site,
        created_at=at,
        is_demo=is_demo,
        **details,
    )
    patient.search_name = _search_name(patient)
    patient.save()
    tell("patient-registered", patient=patient, subject=patient, by=by, at=at)
    return Registered(patient)


@transaction.atomic
def edit_patient(
    *,
    patient: UUID,
    seen: int,
    details: PatientDetails,
    by: Account,
    at: dt.datetime,
    home_site: Site | None = None,
) -> Patient:
    """Change what is known of a patient. Raises StaleRow when another screen saved first."""
    row = Patient.objects.select_for_update(of=("self",), no_key=True).get(public_id=patient)
    policies.check(Action.EDIT_PATIENT, patient=row, by=by, at=at)
    values: dict[str, Any] = dict(details)
    if home_site is not None and home_site.pk != row.home_site_id:
        today = home_site.local_date(at)
        accounts.check(Action.EDIT_PATIENT, by=by, site=home_site, on=today)
        values["home_site"] = home_site
    if "date_of_birth" in details:
        check_birth(details["date_of_birth"], on=row.home_site.local_date(at))
    changed = apply_changes(row, values)
    row.search_name = _search_name(row)
    row.save_version(seen=seen)
    if changed:
        tell("patient-edited", patient=row, subject=row, by=by, at=at, detail={"changed": changed})
    return row


def check_birth(born: dt.date, *, on: dt.date) -> None:
    """Raise InvalidValue, as a sentence, for a birth in the future or too long ago."""
    if born > on:
        raise InvalidValue(
            "The birth date %(born)s lies after today, %(on)s.",
            born=f"{born:%d %b %Y}",
            on=f"{on:%d %b %Y}",
        )
    years = queries.age(born, on)
    if years > OLDEST_YEARS:
        raise InvalidValue(
            "The birth date %(born)s makes the patient %(years)s years old; the limit is "
            "%(oldest_years)s.",
            born=f"{born:%d %b %Y}",
            years=years,
            oldest_years=OLDEST_YEARS,
        )


def _search_name(patient: Patient) -> str:
    return queries.search_name(patient.family_name, patient.given_name, patient.preferred_name)


def _next_mrn() -> str:
    numbers = Patient.objects.filter(mrn__regex=r"^[0-9]{6,9}$").values_list("mrn", flat=True)
    return f"{max((int(number) for number in numbers), default=0) + 1:06d}"
