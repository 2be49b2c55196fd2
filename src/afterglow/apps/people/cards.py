"""The patient banner: the two identifiers, and what changes a dose, for every page."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.urls import NoReverseMatch, reverse

from afterglow.apps.people import queries
from afterglow.apps.people.models import Patient
from afterglow.web.cards import PatientCard


def patient_card(
    patient: Patient,
    *,
    on: dt.date,
    weight_kg: Decimal | None = None,
    weighed_at: dt.datetime | None = None,
) -> PatientCard:
    """Return the banner of a patient on a day, with the same-name warning and the chart's link."""
    return PatientCard(
        name=patient.full_name,
        born=patient.date_of_birth,
        age=queries.age(patient.date_of_birth, on),
        mrn=patient.mrn,
        weight_kg=weight_kg,
        weighed_at=weighed_at,
        allergies=queries.allergy_words(patient),
        allergies_asked=queries.allergies_asked(patient),
        known_as=patient.preferred_name,
        same_name=bool(queries.same_names(patient)),
        url=chart_url(patient),
    )


def chart_url(patient: Patient) -> str:
    """Return the address of a patient's chart, which a higher app draws; or nothing."""
    try:
        return reverse("visits:chart", args=[patient.public_id])
    except NoReverseMatch:
        return ""
