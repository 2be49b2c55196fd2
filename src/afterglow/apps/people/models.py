"""Patients and what must be known about them before anything is given."""

from __future__ import annotations

from enum import StrEnum

import pghistory
from django.db import models

from afterglow.apps.accounts.models import Account, PartnerProfile
from afterglow.apps.places.models import Site
from afterglow.db.fields import CodeField, HeightField, one_of
from afterglow.db.models import PublicModel, VersionedModel


class SexAtBirth(StrEnum):
    """As the ideal-mass formula and the pregnancy rule need it."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class ListState(StrEnum):
    """Whether an allergy or medicine is current. Nothing is deleted."""

    ACTIVE = "active"
    STOPPED = "stopped"
    ENTERED_IN_ERROR = "entered_in_error"


class AllergySeverity(StrEnum):
    """How bad the reaction was."""

    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"
    UNKNOWN = "unknown"


class AllergyReview(StrEnum):
    """Whether somebody asked. An empty list without a review is not "no known allergies"."""

    NOT_ASKED = "not_asked"
    NO_KNOWN_ALLERGIES = "no_known_allergies"
    LISTED = "listed"


@pghistory.track()
class Patient(PublicModel, VersionedModel):
    """One person in care. A patient belongs to the organisation, not to a site."""

    mrn = models.CharField(max_length=20, unique=True, verbose_name="MRN")
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    preferred_name = models.CharField(max_length=80, blank=True)
    date_of_birth = models.DateField()
    sex_at_birth = CodeField(SexAtBirth)
    could_be_pregnant = models.BooleanField(default=False)
    height_cm = HeightField(max_digits=5, decimal_places=1, null=True, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=5, default="en")
    home_site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="patients")
    allergy_review = CodeField(AllergyReview, default=AllergyReview.NOT_ASKED)
    search_name = models.CharField(
        max_length=240, editable=False, help_text="Folded: no accents, no case."
    )
    is_demo = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "patient"
        ordering = ["family_name", "given_name", "date_of_birth"]
        constraints = [
            one_of("sex_at_birth", SexAtBirth, name="sex_at_birth_is_known"),
            one_of("allergy_review", AllergyReview, name="allergy_review_is_known"),
            models.CheckConstraint(
                condition=models.Q(height_cm__isnull=True)
                | models.Q(height_cm__gte=50, height_cm__lte=260),
                name="height_is_between_50_and_260_cm",
            ),
        ]
        indexes = [
            models.Index(fields=["search_name"], name="patients_by_name"),
            models.Index(fields=["date_of_birth"], name="patients_by_birth"),
        ]

    def __str__(self) -> str:
        return f"patient {self.mrn}"

    @property
    def full_name(self) -> str:
        """Family name first, as a chart prints it."""
        return f"{self.family_name}, {self.given_name}"


@pghistory.track()
class PatientProfile(PublicModel):
    """The account by which a patient signs in."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="patient")
    patient = models.OneToOneField(Patient, on_delete=models.CASCADE, related_name="profile")

    class Meta:
        verbose_name = "patient profile"

    def __str__(self) -> str:
        return f"profile of {self.patient}"


@pghistory.track()
class Allergy(PublicModel, VersionedModel):
    """One allergy or intolerance, with the substance's code where it has one."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="allergies")
    substance = models.CharField(max_length=120)
    substance_code = models.CharField(
        max_length=40, blank=True, help_text="Key of the medicine list, such as ketamine."
    )
    reaction = models.CharField(max_length=200, blank=True)
    severity = CodeField(AllergySeverity, default=AllergySeverity.UNKNOWN)
    state = CodeField(ListState, default=ListState.ACTIVE)
    recorded_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name = "allergy"
        constraints = [
            one_of("severity", AllergySeverity, name="allergy_severity_is_known"),
            one_of("state", ListState, name="allergy_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"allergy {self.public_id}"


@pghistory.track()
class CurrentMedicine(PublicModel, VersionedModel):
    """A medicine the patient takes, with the class that the day-of-treatment rules ask for."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="medicines")
    name = models.CharField(max_length=120)
    medicine_key = models.CharField(
        max_length=60, blank=True, help_text="Key of the medicine list."
    )
    drug_class = models.CharField(
        max_length=40, blank=True, help_text="Class code that interaction rules use."
    )
    dose = models.CharField(max_length=80, blank=True, help_text="As the patient takes it.")
    daily_dose_mg = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    state = CodeField(ListState, default=ListState.ACTIVE)
    recorded_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name = "current medicine"
        constraints = [one_of("state", ListState, name="current_medicine_state_is_known")]

    def __str__(self) -> str:
        return f"medicine {self.public_id}"


class CareTeamRole(StrEnum):
    """What an outside person does for the patient."""

    THERAPIST = "therapist"
    PSYCHIATRIST = "psychiatrist"
    PRIMARY_CARE = "primary_care"
    EMERGENCY_CONTACT = "emergency_contact"
    OTHER = "other"


@pghistory.track()
class CareTeamMember(PublicModel, VersionedModel):
    """One person around the patient, and whether the patient signed a release for them."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care_team")
    role = CodeField(CareTeamRole)
    name = models.CharField(max_length=120)
    organisation = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    partner = models.ForeignKey(
        PartnerProfile, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    release_signed_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = "care team member"
        constraints = [one_of("role", CareTeamRole, name="care_team_role_is_known")]

    def __str__(self) -> str:
        return f"care team {self.public_id}"
