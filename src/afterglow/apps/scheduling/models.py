"""Appointments: a room, a clinician and a patient, none of them twice at once."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.courses.models import Course
from afterglow.apps.people.models import Patient
from afterglow.apps.places.models import Room, Site
from afterglow.core.scheduling.appointments import AppointmentState
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel, VersionedModel
from afterglow.db.ranges import only_one_at_a_time

_HOLDS_TIME = ~models.Q(state__in=[AppointmentState.CANCELLED, AppointmentState.NO_SHOW])


@pghistory.track()
class Appointment(PublicModel, VersionedModel):
    """One infusion appointment: room, clinician and patient for a while."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="appointments")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="appointments")
    clinician = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="appointments")
    during = DateTimeRangeField()
    state = CodeField(AppointmentState, default=AppointmentState.BOOKED)
    booked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    booked_at = models.DateTimeField()
    expected_late_until = models.DateTimeField(
        null=True, blank=True, help_text="The patient rang to say when."
    )
    times_moved = models.PositiveSmallIntegerField(default=0)
    ended_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "appointment"
        constraints = [
            one_of("state", AppointmentState, name="appointment_state_is_known"),
            only_one_at_a_time("room", name="a_room_holds_one_appointment", when=_HOLDS_TIME),
            only_one_at_a_time(
                "clinician", name="a_clinician_has_one_appointment", when=_HOLDS_TIME
            ),
            only_one_at_a_time("patient", name="a_patient_has_one_appointment", when=_HOLDS_TIME),
            models.CheckConstraint(
                condition=models.Q(during__isempty=False),
                name="an_appointment_lasts_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"appointment {self.public_id}"


class AppointmentMove(AppendOnly, PublicModel):
    """An appointment was moved: where and when it was before, and why."""

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="moves")
    from_during = DateTimeRangeField()
    from_room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    from_clinician = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "appointment move"

    def __str__(self) -> str:
        return f"move of {self.appointment}"


@pghistory.track()
class StaffShift(PublicModel, VersionedModel):
    """When one member of staff works at one site."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="shifts")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="shifts")
    during = DateTimeRangeField()

    class Meta:
        verbose_name = "staff shift"
        constraints = [
            only_one_at_a_time("account", name="a_person_works_one_shift_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"shift {self.public_id}"
