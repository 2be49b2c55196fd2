"""Monitors and pumps: what they are, where they stand, and every byte they sent."""

from __future__ import annotations

from enum import StrEnum

import pghistory
import pgtrigger
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.places.models import Room, Site
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel, VersionedModel, new_public_id
from afterglow.db.ranges import only_one_at_a_time
from afterglow.db.triggers import FirmTrigger


class DeviceKind(StrEnum):
    """What a device measures or does."""

    MONITOR = "monitor"
    PUMP = "pump"


@pghistory.track()
class Device(PublicModel, VersionedModel):
    """One monitor or pump. Messages name it by its EUI-64 or by its sending application."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="devices")
    kind = CodeField(DeviceKind)
    name = models.CharField(max_length=80)
    serial = models.CharField(max_length=80, blank=True)
    eui64 = models.CharField(max_length=16, unique=True, verbose_name="EUI-64")
    time_zone = models.CharField(
        max_length=60, blank=True, help_text="For devices that send no zone; empty: the site's."
    )
    sends_as = models.CharField(
        max_length=200, blank=True, help_text="MSH-3 as it sends it; for a device without EUI-64."
    )
    bed = models.CharField(
        max_length=200,
        blank=True,
        help_text="PV1-3 as it sends it, such as INFUSION^CHAIR3^1; for a device without EUI-64.",
    )
    addresses = models.CharField(
        max_length=200,
        blank=True,
        help_text="Addresses or networks it may send from, by commas; empty: any.",
    )
    messages_per_s = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="At most; what comes faster is made to wait."
    )
    profile = models.CharField(max_length=80, blank=True, help_text="Key of its device profile.")
    serviced_on = models.DateField(null=True, blank=True)
    service_due_on = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = "device"
        ordering = ["name"]
        constraints = [
            one_of("kind", DeviceKind, name="device_kind_is_known"),
            models.CheckConstraint(
                condition=models.Q(eui64__regex=r"^[0-9A-F]{16}$"), name="eui64_is_16_hex_digits"
            ),
            models.UniqueConstraint(
                fields=["sends_as", "bed"],
                condition=~models.Q(bed=""),
                name="a_bed_names_one_device",
            ),
            models.CheckConstraint(
                condition=models.Q(messages_per_s__isnull=True) | models.Q(messages_per_s__gte=1),
                name="a_device_may_send_at_least_one_message_a_second",
            ),
            models.CheckConstraint(
                condition=models.Q(serviced_on__isnull=True)
                | models.Q(service_due_on__isnull=True)
                | models.Q(service_due_on__gte=models.F("serviced_on")),
                name="service_is_due_after_it_was_done",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class DevicePlacement(models.Model):
    """A device stands in one room for a while."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="placements")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="placements")
    during = DateTimeRangeField()
    placed_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "device placement"
        constraints = [
            only_one_at_a_time("device", name="a_device_stands_in_one_room_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.device} in {self.room}"


class DeviceStatus(models.Model):
    """When a device was last heard, and how far its clock is off. Overwritten at every message.

    ``clock_known_s`` and ``clock_told_…`` are its ``DeviceClock``.
    """

    device = models.OneToOneField(Device, on_delete=models.CASCADE, related_name="status")
    last_heard_at = models.DateTimeField()
    clock_ahead_s = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    clock_known_s = models.DecimalField(
        max_digits=14, decimal_places=3, null=True, help_text="By which its readings are corrected."
    )
    clock_told_s = models.DecimalField(max_digits=14, decimal_places=3, null=True)
    clock_told_since = models.DateTimeField(null=True)
    clock_told_times = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = "device status"

    def __str__(self) -> str:
        return f"status of {self.device}"


class MessageOutcome(StrEnum):
    """What became of a message when it arrived."""

    CHARTED = "charted"
    PARKED = "parked"
    NOT_UNDERSTOOD = "not_understood"
    NOT_FOR_CHARTS = "not_for_charts"


class RawMessage(AppendOnly, PublicModel):
    """Exactly what arrived, stored by month. For device readings this row is the audit.

    That a true repeat is stored once is what its ``MessageIdentity`` proves.
    """

    public_id = models.UUIDField(default=new_public_id, db_index=True, editable=False)
    received_at = models.DateTimeField()
    peer = models.CharField(max_length=80)
    port = models.PositiveIntegerField()
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    sending_application = models.CharField(max_length=200, blank=True)
    sending_facility = models.CharField(max_length=200, blank=True)
    control_id = models.CharField(max_length=200, blank=True)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, null=True, related_name="messages")
    outcome = CodeField(MessageOutcome)
    problem = models.CharField(max_length=200, blank=True, help_text="No patient data.")

    class Meta(AppendOnly.Meta):
        verbose_name = "raw message"
        constraints = [one_of("outcome", MessageOutcome, name="message_outcome_is_known")]
        indexes = [models.Index(fields=["device", "-received_at"], name="messages_by_device")]
        triggers = [
            *AppendOnly.Meta.triggers,
            FirmTrigger(
                name="a_message_has_one_identity",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=(
                    "INSERT INTO devices_messageidentity (message, public_id, sha256) VALUES "
                    "(NEW.id, NEW.public_id, "
                    "CASE WHEN NEW.control_id <> '' THEN decode(NEW.sha256, 'hex') END); "
                    "RETURN NULL;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.public_id}"


class MessageIdentity(AppendOnly):
    """What makes a message itself, over all months: written by the database with the message.

    A table that is stored by month cannot hold a unique key without the month in it, so the keys
    are here. The same content has the same sender and control id, so its hash says "the same".
    """

    message = models.BigIntegerField(primary_key=True, help_text="The id of the raw message.")
    public_id = models.UUIDField()
    sha256 = models.BinaryField(
        max_length=32, null=True, help_text="Of the content; empty without a control id."
    )

    class Meta(AppendOnly.Meta):
        verbose_name = "message identity"
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="a_message_has_one_public_id"),
            models.UniqueConstraint(fields=["sha256"], name="a_true_repeat_is_stored_once"),
        ]

    def __str__(self) -> str:
        return f"identity of message {self.message}"


JOURNAL_CHANNEL = "afterglow_journal"


class JournaledMessage(models.Model):
    """A message that is on disk and acknowledged, and waits to be charted.

    The row goes in the transaction that makes it a ``RawMessage`` with its readings, so a message
    is in one of the two tables, whatever is killed. Written by COPY, in order of arrival. It has
    no trigger that notifies: such commits wait for one another, and senders would wait for them.
    """

    received_at = models.DateTimeField()
    peer = models.CharField(max_length=80)
    port = models.IntegerField()
    problem = models.CharField(
        max_length=200, blank=True, help_text="Why the bytes are no message; empty for one."
    )
    content = models.BinaryField()

    class Meta:
        verbose_name = "journaled message"

    def __str__(self) -> str:
        return f"journaled {self.pk}"
