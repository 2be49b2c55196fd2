"""Courses: all treatment of one patient for one indication, phase by phase."""

from __future__ import annotations

import pghistory
from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.definitions.models import Definition
from afterglow.apps.people.models import Patient
from afterglow.apps.places.models import Site
from afterglow.core.courses.phases import CoursePhase
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel, VersionedModel


@pghistory.track()
class Course(PublicModel, VersionedModel):
    """All treatment of one patient for one indication, under one dosing protocol at a time."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="courses")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="courses")
    indication = models.CharField(max_length=120)
    indication_code = models.CharField(max_length=12, blank=True, help_text="ICD-10-CM.")
    phase = CodeField(CoursePhase, default=CoursePhase.SCREENING)
    is_paused = models.BooleanField(default=False)
    protocol = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+")
    prescriber = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    planned_infusions = models.PositiveSmallIntegerField(default=6)
    opened_at = models.DateTimeField()

    class Meta:
        verbose_name = "course"
        constraints = [
            one_of("phase", CoursePhase, name="course_phase_is_known"),
            models.CheckConstraint(
                condition=models.Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | models.Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="an_accepted_course_says_who_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"course {self.public_id}"


class PhaseChange(AppendOnly, PublicModel):
    """A course moved from one phase to another, or was paused or resumed, with a reason."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="phase_changes")
    from_phase = CodeField(CoursePhase)
    to_phase = CodeField(CoursePhase)
    paused = models.BooleanField(default=False)
    reason = models.TextField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "phase change"

    def __str__(self) -> str:
        return f"{self.from_phase} to {self.to_phase}"
