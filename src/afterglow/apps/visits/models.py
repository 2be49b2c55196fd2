"""TreatmentSession: the identity and state of one visit. Everything else hangs on it."""

from __future__ import annotations

import pghistory
from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.courses.models import Course
from afterglow.apps.definitions.models import Definition
from afterglow.apps.people.models import Patient
from afterglow.apps.places.models import Room, Site
from afterglow.apps.scheduling.models import Appointment
from afterglow.core.treatment.endings import SessionEnding
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import LockingManager, PublicModel, VersionedModel
from afterglow.db.triggers import signed_row_is_locked


# `events` are the session's own, in treatment.
@pghistory.track(obj_field=pghistory.ObjForeignKey(related_name="history"))
class TreatmentSession(PublicModel, VersionedModel):
    """One visit. It keeps its check-in date and may cross midnight and daylight saving."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="sessions")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="sessions")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="sessions")
    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, null=True, related_name="session"
    )
    protocol = models.ForeignKey(
        Definition,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The exact version this session runs under, for ever.",
    )
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="sessions")
    clinician = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    state = CodeField(SessionState, default=SessionState.CHECKED_IN)
    ending = CodeField(SessionEnding, blank=True)
    ending_reason = models.TextField(blank=True)
    local_date = models.DateField(help_text="The site's date at check-in.")
    checked_in_at = models.DateTimeField()
    checked_in_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = LockingManager()

    class Meta:
        verbose_name = "session"
        constraints = [
            one_of("state", SessionState, name="session_state_is_known"),
            models.CheckConstraint(
                condition=models.Q(ending__in=["", *SessionEnding]), name="session_ending_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True)
                | models.Q(ended_at__gte=models.F("checked_in_at")),
                name="a_session_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["site", "local_date"], name="sessions_by_day")]
        triggers = [signed_row_is_locked()]

    def __str__(self) -> str:
        return f"session {self.public_id}"
