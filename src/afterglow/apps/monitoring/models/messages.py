"""Messages beside the readings: notifications, what waits for a person, archived months."""

from __future__ import annotations

from enum import StrEnum

import pghistory
from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.devices.models import Device, RawMessage
from afterglow.apps.places.models import Site
from afterglow.apps.visits.models import TreatmentSession
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel, VersionedModel
from afterglow.db.triggers import refuse_once_signed


class ArchiveAct(StrEnum):
    """Whether the readings of some months went out of the database or came back."""

    ARCHIVED = "archived"
    RESTORED = "restored"


class ReadingsArchive(AppendOnly, PublicModel):
    """A month of messages and readings went into a file, or came back from it."""

    act = CodeField(ArchiveAct)
    part = models.CharField(max_length=10, help_text="2026_11, or early: from before months.")
    file_name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64, help_text="Of the file.")
    rows = models.JSONField(help_text="How many of each table.")
    sessions = models.JSONField(help_text="Primary keys of those whose readings these are.")
    retention = models.CharField(max_length=80, help_text="The rule that allowed it.")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "archive of readings"
        constraints = [one_of("act", ArchiveAct, name="archive_act_is_known")]

    def __str__(self) -> str:
        return f"{self.part} {self.act}"


class ReviewReason(StrEnum):
    """Why a message waits for a person."""

    UNKNOWN_DEVICE = "unknown_device"
    NO_SESSION = "no_session"
    PATIENT_MISMATCH = "patient_mismatch"
    NOT_UNDERSTOOD = "not_understood"
    FUTURE_TIME = "future_time"
    BAD_OBSERVATION = "bad_observation"
    DEMONSTRATION = "demonstration"
    CODE_DISAGREES = "code_disagrees"
    LONG_PAST = "long_past"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    NOT_AN_OBSERVATION = "not_an_observation"


class ReviewState(StrEnum):
    """What became of it."""

    OPEN = "open"
    ASSIGNED = "assigned"
    REREAD = "reread"
    """Charted after the device's profile had changed."""
    REJECTED = "rejected"


class NotificationKind(StrEnum):
    """What a device told beside its readings."""

    ALARM = "alarm"
    EVENT = "event"


class DeviceNotification(AppendOnly, PublicModel):
    """An alarm (IHE PCD-04) or an event (PCD-10) as a device told it: secondary, never primary."""

    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, null=True, related_name="notifications"
    )
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="notifications")
    message = models.ForeignKey(RawMessage, on_delete=models.PROTECT, related_name="+")
    kind = CodeField(NotificationKind)
    alert = models.CharField(max_length=120, blank=True, help_text="The device's id of one alarm.")
    event = models.CharField(max_length=80, help_text="REFID of what happened.")
    about = models.CharField(max_length=80, blank=True, help_text="REFID of what it is about.")
    seen = models.CharField(max_length=60, blank=True)
    phase = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=20, blank=True)
    priority = models.CharField(max_length=10, blank=True, help_text="PH, PM, PL or PI.")
    is_over = models.BooleanField(default=False)
    at = models.DateTimeField()
    arrived_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "device notification"
        constraints = [one_of("kind", NotificationKind, name="notification_kind_is_known")]
        indexes = [
            models.Index(fields=["session", "device", "-id"], name="notifications_by_session"),
            models.Index(fields=["device", "-id"], name="notifications_by_device"),
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed()]

    def __str__(self) -> str:
        return f"{self.event} {self.public_id}"


@pghistory.track()
class ReviewItem(PublicModel, VersionedModel):
    """A message that could not be charted: kept and shown until a person decides."""

    message = models.OneToOneField(RawMessage, on_delete=models.PROTECT, related_name="review")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    reason = CodeField(ReviewReason)
    state = CodeField(ReviewState, default=ReviewState.OPEN)
    session = models.ForeignKey(
        TreatmentSession, on_delete=models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "review item"
        constraints = [
            one_of("reason", ReviewReason, name="review_reason_is_known"),
            one_of("state", ReviewState, name="review_state_is_known"),
            models.CheckConstraint(
                condition=models.Q(state=ReviewState.OPEN, settled_at__isnull=True)
                | (
                    ~models.Q(state=ReviewState.OPEN)
                    & models.Q(settled_at__isnull=False, settled_by__isnull=False)
                ),
                name="a_settled_review_says_who_and_when",
            ),
        ]
        indexes = [models.Index(fields=["state", "opened_at"], name="reviews_by_state")]

    def __str__(self) -> str:
        return f"{self.reason} {self.public_id}"
