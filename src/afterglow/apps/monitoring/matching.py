"""Whether the patient that a message names is the patient whose chart it would reach."""

from __future__ import annotations

from afterglow.apps.monitoring.incoming import NamedPatient
from afterglow.apps.people.models import Patient
from afterglow.core.monitoring.identity import Comparison, Identity, compare


def compared(named: NamedPatient, patient: Patient) -> Comparison:
    """Return how whom a message names compares with a patient of ours."""
    return compare(
        named,
        Identity((patient.mrn,), patient.family_name, patient.given_name, patient.date_of_birth),
    )


def is_same_person(named: NamedPatient, patient: Patient) -> bool:
    """Whether all that a message says of its patient agrees, and is enough to be sure."""
    return compared(named, patient).proves
