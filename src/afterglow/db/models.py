"""Abstract models: what every table of Afterglow has in common."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pghistory.models
from django.db import models
from uuid_utils.compat import uuid7

from afterglow.core.errors import CHANGED_ELSEWHERE, AfterglowError
from afterglow.db.triggers import append_only


class StaleRow(AfterglowError):
    """Somebody else saved the row first; show both versions and let a person decide."""

    def __init__(self, row: models.Model, *, seen: int, current: int) -> None:
        what = row._meta.verbose_name
        super().__init__(CHANGED_ELSEWHERE, what=what, seen=seen, current=current)
        self.seen = seen
        self.current = current


def new_public_id() -> uuid.UUID:
    """Return a time-ordered UUID: what URLs, events and FHIR call the row."""
    return uuid7()


class PublicModel(models.Model):
    """A row that people and other systems refer to by ``public_id``; the bigint stays inside."""

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)

    class Meta:
        abstract = True


class VersionedModel(models.Model):
    """A mutable row with an optimistic version: two tablets never overwrite each other silently."""

    row_version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def save_version(self, *, seen: int | None = None, fields: list[str] | None = None) -> None:
        """Save if the row is still the version that was seen; else raise StaleRow and save nothing.

        ``seen`` is the version the person had on screen; None means the version this object holds.
        """
        expected = self.row_version if seen is None else seen
        manager = type(self)._base_manager
        changed = (
            manager.filter(pk=self.pk, row_version=expected).update(row_version=expected + 1)
            if self.pk
            else 1
        )
        if not changed:
            current = manager.values_list("row_version", flat=True).get(pk=self.pk)
            raise StaleRow(self, seen=expected, current=current)
        if self.pk:
            self.row_version = expected + 1
        update = None if fields is None else [*fields, "row_version"]
        self.save(update_fields=update if self.pk else None)


class AppendOnly(models.Model):
    """A table that only grows: UPDATE, DELETE and TRUNCATE are refused by the database itself.

    The application role has no right to them either (``afterglow.db.roles``); the trigger stops the
    owner's mistakes as well.
    """

    class Meta:
        abstract = True
        triggers: ClassVar[list[Any]] = append_only()


def is_append_only(model: type[models.Model]) -> bool:
    """Whether a model's table only grows: our own, and the history that triggers write."""
    return issubclass(model, AppendOnly | pghistory.models.Event)


class LockingQuerySet(models.QuerySet["Any"]):
    """Adds the lock that a service takes on the row it is about to change."""

    def locked(self) -> Self:
        """Lock the rows themselves, not the rows they join to, until the transaction ends.

        Their keys never change, so a row that merely refers to them may be added meanwhile: a
        monitor's reading does not wait for a nurse's save.
        """
        return self.select_for_update(of=("self",), no_key=True)


if TYPE_CHECKING:
    LockingManager = models.Manager["Any"]
else:
    LockingManager = models.Manager.from_queryset(LockingQuerySet)
