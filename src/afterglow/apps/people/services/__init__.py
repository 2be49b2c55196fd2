"""The verbs that change what is known of a patient."""

from afterglow.apps.people.services.allergies import (
    confirm_no_known_allergies,
    end_allergy,
    record_allergy,
)
from afterglow.apps.people.services.care_team import add_to_care_team, edit_care_team_member
from afterglow.apps.people.services.medicines import (
    change_medicine_dose,
    end_medicine,
    record_medicine,
)
from afterglow.apps.people.services.patients import edit_patient, register_patient

__all__ = [
    "add_to_care_team",
    "change_medicine_dose",
    "confirm_no_known_allergies",
    "edit_care_team_member",
    "edit_patient",
    "end_allergy",
    "end_medicine",
    "record_allergy",
    "record_medicine",
    "register_patient",
]
