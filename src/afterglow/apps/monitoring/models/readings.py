"""What is measured of a patient: devices in the room, vital signs, kilograms, pump readings."""

from __future__ import annotations

from enum import StrEnum

import pghistory
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.devices.models import Device, RawMessage
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.db.fields import BodyMassField, CodeField, RateField, VolumeField, one_of
from afterglow.db.models import AppendOnly, PublicModel
from afterglow.db.ranges import only_one_at_a_time
from afterglow.db.triggers import refuse_once_signed


class Source(StrEnum):
    """Where a reading comes from. Device and hand are never merged."""

    DEVICE = "device"
    HAND = "hand"


@pghistory.track()
class DeviceAssignment(PublicModel):
    """A device belongs to one session for a while; released at discharge at the latest."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="assignments")
    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="device_assignments"
    )
    during = DateTimeRangeField()
    assigned_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    released_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    release_reason = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name = "device assignment"
        constraints = [
            only_one_at_a_time("device", name="a_device_serves_one_session_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.device} for {self.session}"


class BodyMassMeasurement(AppendOnly, PublicModel):
    """The patient stood on the scale: kilograms, never pounds, on the day."""

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="masses")
    mass_kg = BodyMassField(max_digits=5, decimal_places=1)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    confirmed_unusual = models.BooleanField(
        default=False, help_text="Weighed again because it differed from the history."
    )

    class Meta(AppendOnly.Meta):
        verbose_name = "body mass"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(mass_kg__gte=20, mass_kg__lte=400),
                name="body_mass_is_between_20_and_400_kg",
            )
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"mass {self.public_id}"


class BodyMassMistake(AppendOnly, PublicModel):
    """A measured mass that was entered in error: it stays on record and counts for nothing."""

    measurement = models.OneToOneField(
        BodyMassMeasurement, on_delete=models.PROTECT, related_name="mistake"
    )
    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="mass_mistakes"
    )
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "body mass entered in error"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="a_mass_is_taken_back_with_a_reason"
            )
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"mistake {self.public_id}"


SECOND_CHANNEL = "SECOND_SOURCE_OF_SIGN"
"""The flag of a value that is kept beside the charted one: another probe gives the sign."""


class VitalSign(AppendOnly):
    """One measured value with its time, arrival and source. Never edited, never deleted."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="vital_signs", db_index=False
    )
    batch = models.UUIDField(help_text="One message or one hand entry.")
    code = CodeField(VitalSignCode)
    value = models.DecimalField(max_digits=9, decimal_places=3)
    unit = models.CharField(max_length=20)
    source = CodeField(Source)
    taken_at = models.DateTimeField(
        help_text="By the device's clock, corrected where it is far off; or as the person said."
    )
    arrived_at = models.DateTimeField()
    device_at = models.DateTimeField(
        null=True, help_text="What the device's clock said, where taken_at is corrected."
    )
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="+")
    message = models.ForeignKey(RawMessage, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    flag = models.CharField(
        max_length=40, blank=True, help_text="Why it is kept but not believed, such as a sentinel."
    )

    class Meta(AppendOnly.Meta):
        verbose_name = "vital sign"
        constraints = [
            one_of("code", VitalSignCode, name="vital_sign_is_in_the_catalogue"),
            one_of("source", Source, name="vital_sign_source_is_known"),
            models.CheckConstraint(
                condition=models.Q(
                    source=Source.DEVICE,
                    device__isnull=False,
                    message__isnull=False,
                    by__isnull=True,
                )
                | models.Q(source=Source.HAND, by__isnull=False, message__isnull=True),
                name="a_reading_says_which_device_or_which_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["session", "source", "code", "taken_at"], name="vital_signs_by_line"
            ),
            models.Index(fields=["batch"], name="vital_signs_by_batch"),
            # What is new in a session; it serves the foreign key as well.
            models.Index(fields=["session", "id"], name="vital_signs_by_arrival"),
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"{self.code} {self.pk}"


class ArtefactMark(AppendOnly, PublicModel):
    """A person says a reading is an artefact, or takes that back. The reading stays."""

    vital_sign = models.ForeignKey(VitalSign, on_delete=models.PROTECT, related_name="marks")
    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="+")
    is_artefact = models.BooleanField(default=True)
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "artefact mark"
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"mark {self.public_id}"


class MissedReading(AppendOnly, PublicModel):
    """A due reading was not taken: a visible gap with a reason, never back-filled."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="missed_readings"
    )
    due_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "missed reading"
        constraints = [
            models.UniqueConstraint(
                fields=["session", "due_at"], name="a_due_reading_is_missed_once"
            )
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"missed {self.public_id}"


class PumpReading(AppendOnly):
    """What a pump said about itself. It outranks what was charted."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, related_name="pump_readings"
    )
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(RawMessage, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    arrived_at = models.DateTimeField()
    device_at = models.DateTimeField(
        null=True, help_text="What the device's clock said, where taken_at is corrected."
    )
    rate_ml_per_h = RateField(max_digits=8, decimal_places=3, null=True)
    delivered_ml = VolumeField(max_digits=9, decimal_places=3, null=True)
    to_be_infused_ml = VolumeField(
        max_digits=9, decimal_places=3, null=True, help_text="What it is set to infuse in all."
    )
    remaining_ml = VolumeField(max_digits=9, decimal_places=3, null=True)
    drug = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=40, blank=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "pump reading"
        indexes = [models.Index(fields=["session", "taken_at"], name="pump_readings_by_time")]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"pump {self.pk}"


@pghistory.track()
class NoValue(PublicModel):
    """A device says, from ``since`` until ``until``, that it has no value for a sign it measures.

    That is no reading and never charted as one. ``seen`` is what it sent where that may be true: a
    heart rate of 0 is asystole, or electrodes that are off. Somebody who looks may say that it is
    the probe (``settled_at``, ``settled_by``); until it has a value again it then alarms as one.
    """

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    code = CodeField(VitalSignCode)
    seen = models.DecimalField(max_digits=9, decimal_places=3, null=True)
    since = models.DateTimeField(help_text="By the device's clock, as a reading's time.")
    told_at = models.DateTimeField(help_text="When it arrived here: from then on it is waited for.")
    until = models.DateTimeField(null=True, help_text="When it had a value again.")
    settled_at = models.DateTimeField(
        null=True, help_text="When somebody looked and said that the probe is off."
    )
    settled_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        verbose_name = "sign without a value"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(settled_at__isnull=True, settled_by__isnull=True)
                | models.Q(settled_at__isnull=False, settled_by__isnull=False, seen__isnull=False),
                name="a_probe_is_said_to_be_off_by_somebody",
            ),
            one_of("code", VitalSignCode, name="sign_without_a_value_is_in_the_catalogue"),
            models.UniqueConstraint(
                fields=["session", "device", "code"],
                condition=models.Q(until__isnull=True),
                name="a_sign_has_no_value_once_at_a_time",
            ),
        ]
        triggers = [refuse_once_signed()]

    def __str__(self) -> str:
        return f"no {self.code} {self.public_id}"


class SignChannel(models.Model):
    """Which probe of a device gives a sign in a session: of two at once, one is the sign.

    ``channel`` is OBX-4 without its metric. It is working state, as a device's last word is: every
    reading keeps its message and says itself whether it is believed.
    """

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    code = CodeField(VitalSignCode)
    channel = models.CharField(max_length=60)

    class Meta:
        verbose_name = "channel of a sign"
        verbose_name_plural = "channels of signs"
        constraints = [
            one_of("code", VitalSignCode, name="sign_of_a_channel_is_in_the_catalogue"),
            models.UniqueConstraint(
                fields=["session", "device", "code"], name="a_sign_of_a_device_has_one_channel"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.channel}"
