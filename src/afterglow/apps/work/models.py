"""Tasks: something a person must do by a time, and who hears about it when they do not."""

from __future__ import annotations

from enum import StrEnum

import pghistory
from django.db import models

from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import PublicModel, VersionedModel


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


@pghistory.track()
class Task(PublicModel, VersionedModel):
    """One task with an owner (a role, then perhaps a person), a clock and an escalation."""

    kind = models.CharField(max_length=60)
    title = models.CharField(
        max_length=200, help_text="No identifying words: lists are glanced at."
    )
    subject_type = models.CharField(max_length=80)
    subject = models.UUIDField()
    patient = models.UUIDField(null=True)
    site = models.UUIDField()
    owner_role = models.CharField(max_length=40)
    owner = models.UUIDField(null=True)
    state = CodeField(TaskState, default=TaskState.OPEN)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    escalate_at = models.DateTimeField(null=True)
    escalate_to_role = models.CharField(max_length=40, blank=True)
    escalated_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    outcome = models.TextField(blank=True)
    key = models.CharField(
        max_length=120, unique=True, null=True, help_text="Opening the same task twice opens one."
    )

    class Meta:
        verbose_name = "task"
        constraints = [
            one_of("state", TaskState, name="task_state_is_known"),
            models.CheckConstraint(
                condition=models.Q(state=TaskState.OPEN, closed_at__isnull=True)
                | (~models.Q(state=TaskState.OPEN) & models.Q(closed_at__isnull=False)),
                name="a_closed_task_says_when",
            ),
        ]
        indexes = [models.Index(fields=["site", "state", "due_at"], name="tasks_by_site")]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
