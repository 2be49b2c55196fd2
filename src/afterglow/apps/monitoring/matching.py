"""Whether the patient that a message names is the patient whose chart it would reach.

Two identifiers, as everywhere: the record number, or name and date of birth together. Whatever
the message says must agree; a name alone proves nothing, because two patients may share one.
"""

from __future__ import annotations

import unicodedata

from afterglow.apps.monitoring.incoming import NamedPatient
from afterglow.apps.people.models import Patient


def is_same_person(named: NamedPatient, patient: Patient) -> bool:
    """Whether all that a message says of its patient agrees, and is enough to be sure."""
    has_number = bool(named.record_numbers)
    has_name = bool(named.family or named.given)
    number_agrees = patient.mrn in named.record_numbers
    name_agrees = _fold(named.family) == _fold(patient.family_name) and _fold(named.given) == _fold(
        patient.given_name
    )
    birth_agrees = named.birth_date == patient.date_of_birth
    if has_number and not number_agrees:
        return False
    if has_name and not name_agrees:
        return False
    if named.birth_date is not None and not birth_agrees:
        return False
    return number_agrees or (has_name and named.birth_date is not None)


def _fold(text: str) -> str:
    """Drop case, accents and punctuation: monitors have small keyboards."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())
