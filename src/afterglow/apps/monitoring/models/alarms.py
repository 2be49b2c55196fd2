"""Alarms, and every step of their lives."""

from __future__ import annotations

import pghistory
from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.alarm_state import AlarmActKind
from afterglow.core.monitoring.conditions import AlarmKind, AlarmPriority
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel, VersionedModel
from afterglow.db.triggers import refuse_once_signed

_OF_ALARM = "(SELECT session_id FROM monitoring_alarm WHERE id = ROW.alarm_id)"


@pghistory.track()
class Alarm(PublicModel, VersionedModel):
    """One alarm condition from its beginning to its end, and what people did about it."""

    session = models.ForeignKey(TreatmentSession, on_delete=models.PROTECT, related_name="alarms")
    condition = models.CharField(max_length=60, help_text="Stable code of the condition.")
    about = models.CharField(max_length=60, blank=True, help_text="A sign, a source or a device.")
    priority = CodeField(AlarmPriority, help_text="The highest since it was last acknowledged.")
    present_priority = CodeField(AlarmPriority, default=AlarmPriority.LOW)
    highest_priority = CodeField(
        AlarmPriority,
        default=AlarmPriority.LOW,
        help_text="The highest it ever was: an acknowledgement does not lower it.",
    )
    kind = CodeField(AlarmKind)
    sentence = models.CharField(max_length=300)
    seen = models.CharField(max_length=60, blank=True)
    limit = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField(null=True, help_text="When the condition itself began.")
    raised_at = models.DateTimeField()
    condition_gone_at = models.DateTimeField(
        null=True, help_text="The condition has gone; the alarm waits to be acknowledged."
    )
    back_since = models.DateTimeField(
        null=True, help_text="Within the limit again, and not yet for long enough to end."
    )
    repeat_by = models.DateTimeField(null=True, help_text="Until when its repeat is waited for.")
    repeat_says = models.CharField(
        max_length=60, blank=True, help_text="What its repeat by other means says."
    )
    ended_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(
        null=True, help_text="It still held when its acknowledgement had lasted long enough."
    )
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, related_name="+"
    )
    waits_since = models.DateTimeField(
        null=True, help_text="Since when it waits for an acknowledgement."
    )
    told_site_at = models.DateTimeField(
        null=True, help_text="Nobody answered: the site's other screens show it."
    )
    told_prescriber_at = models.DateTimeField(
        null=True, help_text="Nor then: the prescriber is told."
    )
    silenced_until = models.DateTimeField(null=True)
    silenced_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    silences = models.PositiveSmallIntegerField(
        default=0, help_text="How often in a row it was silenced without an acknowledgement."
    )
    symptomatic = models.BooleanField(
        null=True, help_text="Asked at every red blood pressure; empty until answered."
    )

    class Meta:
        verbose_name = "alarm"
        constraints = [
            one_of("priority", AlarmPriority, name="alarm_priority_is_known"),
            one_of("present_priority", AlarmPriority, name="present_alarm_priority_is_known"),
            one_of("highest_priority", AlarmPriority, name="highest_alarm_priority_is_known"),
            one_of("kind", AlarmKind, name="alarm_kind_is_known"),
            models.UniqueConstraint(
                fields=["session", "condition", "about"],
                condition=models.Q(ended_at__isnull=True),
                name="one_open_alarm_per_condition",
            ),
            models.CheckConstraint(
                condition=models.Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | models.Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="an_acknowledged_alarm_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True)
                | models.Q(ended_at__gte=models.F("raised_at")),
                name="an_alarm_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=models.Q(told_prescriber_at__isnull=True)
                | models.Q(
                    told_site_at__isnull=False, told_site_at__lte=models.F("told_prescriber_at")
                ),
                name="the_site_hears_of_an_alarm_before_the_prescriber",
            ),
        ]
        triggers = [refuse_once_signed()]

    def __str__(self) -> str:
        return f"{self.condition} {self.public_id}"


class AlarmAct(AppendOnly, PublicModel):
    """One step of an alarm's life: raised, escalated, acknowledged, ended; nothing replaces it."""

    alarm = models.ForeignKey(Alarm, on_delete=models.PROTECT, related_name="acts")
    act = CodeField(AlarmActKind)
    priority = CodeField(AlarmPriority, help_text="As it was drawn from then on.")
    seen = models.CharField(max_length=60, blank=True)
    symptomatic = models.BooleanField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty: by itself.",
    )

    class Meta(AppendOnly.Meta):
        verbose_name = "alarm act"
        constraints = [
            one_of("act", AlarmActKind, name="alarm_act_is_known"),
            one_of("priority", AlarmPriority, name="priority_of_an_alarm_act_is_known"),
        ]
        triggers = [*AppendOnly.Meta.triggers, refuse_once_signed(path=_OF_ALARM)]

    def __str__(self) -> str:
        return f"{self.act} {self.public_id}"
