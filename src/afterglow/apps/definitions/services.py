"""Seed, approve and retire definitions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from afterglow.apps.audit import services as audit
from afterglow.apps.definitions import queries, seeds
from afterglow.apps.definitions.models import (
    ApprovalAct,
    Definition,
    DefinitionApproval,
    DefinitionKind,
)
from afterglow.core.errors import AfterglowError, InvalidValue
from afterglow.core.permission import Actor, check
from afterglow.core.roles import Action

_APPROVERS = {DefinitionKind.DEVICE_PROFILE: Action.EDIT_DEVICES}
"""Who approves what is not clinical judgement: an engineer a device's habits."""
_ACTS = 7_215_002  # names this kind of advisory lock within the database


class DefinitionChanged(AfterglowError):
    """A body was changed under a version that already exists; a change needs a new version."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did."""

    added: tuple[str, ...]
    unchanged: int


@transaction.atomic
def sync_definitions(*, at: datetime, data: Path = seeds.DATA) -> Synced:
    """Add every seed that has no row yet. Safe to repeat.

    Raises DefinitionChanged, and adds nothing, when a file's body differs from the row of the same
    version.
    """
    added = []
    unchanged = 0
    for seed in seeds.found(data):
        row, is_new = add_version(seed, at=at, by=None)
        if is_new:
            added.append(f"{row.kind}/{row.key}/{row.version}")
        else:
            unchanged += 1
    return Synced(tuple(added), unchanged)


def add_version(seed: seeds.Seed, *, at: datetime, by: Any) -> tuple[Definition, bool]:
    """Add one version unless it is there; say whether it was added. Raises DefinitionChanged."""
    seeds.check_body(seed.kind, seed.body)
    row, is_new = Definition.objects.get_or_create(
        kind=seed.kind,
        key=seed.key,
        version=seed.version,
        defaults={
            "title": seed.title,
            "source": seed.source,
            "body": seed.body,
            "sha256": seed.sha256,
            "created_at": at,
            "created_by": None if by is None else by.public_id,
        },
    )
    if row.sha256 != seed.sha256:
        raise DefinitionChanged(
            f"{seed.kind} {seed.key} version {seed.version} was changed: its file hashes to "
            f"{seed.sha256[:12]}, the stored one to {row.sha256[:12]}. Give the change a new "
            f"version, {seed.version + 1}."
        )
    if is_new:
        audit.record("definition-added", subject=row, by=by, at=at, detail={"sha256": seed.sha256})
    return row, is_new


def definition_of(kind: DefinitionKind, key: str, at: datetime) -> Definition:
    """Return the version in force. Raises InvalidValue when there is none."""
    row = queries.in_force(kind, key, at)
    if row is None:
        raise InvalidValue(
            "No %(kind)s named '%(key)s' is in force on %(at)s.",
            kind=kind,
            key=key,
            at=f"{at:%d %b %Y}",
        )
    return row


@transaction.atomic
def approve_definition(
    *,
    definition: UUID,
    by: Actor,
    at: datetime,
    on: date | None = None,
    effective_from: datetime | None = None,
    effective_to: datetime | None = None,
    note: str = "",
) -> DefinitionApproval:
    """Approve a version from a moment on (now, unless told). Medical director only.

    Approving what is already approved returns the standing approval.
    """
    check(approving(definition), by=by, site=None, on=on or at.date())
    return _act(
        ApprovalAct.APPROVED,
        definition=definition,
        by=by,
        at=at,
        effective_from=effective_from or at,
        effective_to=effective_to,
        note=note,
    )


@transaction.atomic
def retire_definition(
    *, definition: UUID, by: Actor, at: datetime, on: date | None = None, note: str = ""
) -> DefinitionApproval:
    """Retire a version: nothing new starts under it. Sessions under way keep it."""
    check(approving(definition), by=by, site=None, on=on or at.date())
    return _act(
        ApprovalAct.RETIRED,
        definition=definition,
        by=by,
        at=at,
        effective_from=at,
        effective_to=None,
        note=note,
    )


def approving(definition: UUID) -> Action:
    """Return what a person must be allowed to do to approve or retire a version."""
    kind = Definition.objects.values_list("kind", flat=True).get(public_id=definition)
    return _APPROVERS.get(DefinitionKind(kind), Action.APPROVE_DEFINITION)


def _act(
    act: ApprovalAct,
    *,
    definition: UUID,
    by: Actor,
    at: datetime,
    effective_from: datetime,
    effective_to: datetime | None,
    note: str,
) -> DefinitionApproval:
    row = Definition.objects.get(public_id=definition)
    # A row that never changes grants nobody the right to lock it, so one act at a time waits here.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_ACTS, row.pk % 2**31])
    if effective_to is not None and effective_to <= effective_from:
        raise InvalidValue(
            "The approval would end at %(effective_to)s, which is not after it begins at "
            "%(effective_from)s.",
            effective_to=f"{effective_to:%d %b %Y %H:%M}",
            effective_from=f"{effective_from:%d %b %Y %H:%M}",
        )
    now = queries.standing(row, effective_from)
    already = now.approved if act is ApprovalAct.APPROVED else now.retired
    if already and now.approval is not None and effective_to == now.approval.effective_to:
        return now.approval
    approval = DefinitionApproval.objects.create(
        definition=row,
        act=act,
        by=by.public_id,
        at=at,
        effective_from=effective_from,
        effective_to=effective_to,
        note=note,
    )
    audit.record(
        f"definition-{act}",
        subject=row,
        by=by,
        at=at,
        detail={"from": effective_from.isoformat(), "sha256": row.sha256},
    )
    return approval
