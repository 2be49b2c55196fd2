"""Write, approve, check and withdraw records; open what is due for review as work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.evidence import facts
from afterglow.apps.evidence.files import review_intervals
from afterglow.apps.evidence.models import (
    Check,
    Record,
    RecordAct,
    RecordSignature,
    RecordVersion,
)
from afterglow.apps.evidence.services.flags import flag_texts_citing
from afterglow.apps.evidence.services.tasks import first_site, settle_tasks
from afterglow.apps.evidence.services.untranslated import open_translations
from afterglow.apps.work.models import Task
from afterglow.apps.work.services import open_task
from afterglow.core.decisions import Decision
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.library import check_content, content_hash, status_of, verdict_of
from afterglow.core.evidence.publishing import may_approve
from afterglow.core.evidence.vocabulary import RecordKind
from afterglow.core.permission import check
from afterglow.core.roles import Action

Row = TypeVar("Row")
REVIEW_TASK: Final = "review_evidence"
NO_REMARK: Final = Decision()


@dataclass(frozen=True, slots=True)
class Done(Generic[Row]):
    """It was done; ``decision`` holds the cautions it was done with."""

    row: Row
    decision: Decision = NO_REMARK


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not done, for every reason in ``decision``; the refusal is in the audit."""

    decision: Decision


@transaction.atomic
def write_record(
    *,
    kind: RecordKind,
    key: str,
    title: str,
    body: Mapping[str, Any],
    curation: Mapping[str, Any],
    by: Account,
    at: dt.datetime,
    on: dt.date,
    note: str = "",
) -> RecordVersion:
    """Add a record of the clinic's own with its first version. Nothing is approved by this.

    Raises InvalidValue for a key that is taken and for content that cannot be read.
    """
    check(Action.EDIT_EVIDENCE, by=by, site=None, on=on)
    check_content(kind, key, body, curation)
    if Record.objects.filter(key=key).exists():
        raise InvalidValue(
            "There is a record %(key)s already; write a new version of it.",
            key=key,
        )
    record = Record.objects.create(
        kind=kind,
        key=key,
        position=Record.objects.filter(kind=kind).count(),
        title=title[:200],
        next_review_on=on + review_intervals()[kind],
        created_at=at,
    )
    return _add_version(record, title=title, body=body, curation=curation, by=by, at=at, note=note)


@transaction.atomic
def write_version(
    *,
    record: UUID,
    title: str,
    body: Mapping[str, Any],
    curation: Mapping[str, Any],
    by: Account,
    at: dt.datetime,
    on: dt.date,
    note: str,
    seen: int | None = None,
) -> RecordVersion:
    """Add a version to a record; the same content as the newest version adds none.

    ``seen`` is the number of the newest version the person had on screen. Raises InvalidValue for
    content that cannot be read, for a note that says nothing, and when somebody was faster.
    """
    check(Action.EDIT_EVIDENCE, by=by, site=None, on=on)
    row = Record.objects.select_for_update().get(public_id=record)
    check_content(RecordKind(row.kind), row.key, body, curation)
    if not note.strip():
        raise InvalidValue("Say in one sentence what changed and why; the note is empty.")
    newest = row.versions.order_by("-number").first()
    if newest is not None and newest.sha256 == content_hash(body, curation):
        return newest
    if seen is not None and newest is not None and newest.number != seen:
        raise InvalidValue(
            "You edited version %(seen)s of %(key)s, and it is now at version %(number)s. "
            "Nothing was saved; look at the new version first.",
            seen=seen,
            key=row.key,
            number=newest.number,
        )
    row.title = title[:200]
    row.save_version(fields=["title"])
    return _add_version(row, title=title, body=body, curation=curation, by=by, at=at, note=note)


def _add_version(
    record: Record,
    *,
    title: str,
    body: Mapping[str, Any],
    curation: Mapping[str, Any],
    by: Account,
    at: dt.datetime,
    note: str,
) -> RecordVersion:
    kind = RecordKind(record.kind)
    version = RecordVersion.objects.create(
        record=record,
        number=record.versions.count() + 1,
        title=title[:200],
        body=dict(body),
        curation=dict(curation),
        sha256=content_hash(body, curation),
        verdict=verdict_of(kind, body) or "",
        status=status_of(kind, body),
        created_by=by,
        created_at=at,
        note=note.strip()[:500],
    )
    detail = {"key": record.key, "version": version.number, "sha256": version.sha256}
    audit.record("evidence-version-written", subject=record, by=by, at=at, detail=detail)
    return version


@transaction.atomic
def approve_version(
    *, version: UUID, by: Account, at: dt.datetime, on: dt.date, note: str = ""
) -> Done[RecordVersion] | Refused:
    """Approve a version: from now on texts may be published on it, and the approver checked it.

    Every published text that cites another version of the record is flagged. Approving what is
    already in force changes nothing.
    """
    check(Action.APPROVE_EVIDENCE, by=by, site=None, on=on)
    row = RecordVersion.objects.select_related("record").get(public_id=version)
    record = Record.objects.select_for_update().get(pk=row.record_id)
    decision = may_approve(facts.version_facts(row, record), approver=str(by.public_id))
    if decision.refused:
        detail = {"key": record.key, "version": row.number, "codes": list(decision.codes)}
        audit.record("evidence-approval-refused", subject=record, by=by, at=at, detail=detail)
        return Refused(decision)
    if record.current_id == row.pk:
        return Done(row, decision)
    RecordSignature.objects.create(
        version=row,
        act=RecordAct.APPROVED,
        by=by,
        by_name=signed_name(by),
        at=at,
        sha256=row.sha256,
        note=note.strip()[:500],
    )
    _checked(row, record, by=by, at=at, on=on, note=note)
    before = record.current_id
    record.current = row
    record.save_version(fields=["current", "next_review_on"])
    detail = {"key": record.key, "version": row.number, "sha256": row.sha256}
    audit.record("evidence-approved", subject=record, by=by, at=at, detail=detail)
    if before is not None:
        flag_texts_citing(record, version=row, at=at)
    open_translations(at=at, records=[record])
    return Done(row, decision)


@transaction.atomic
def withdraw_record(
    *, record: UUID, reason: str, by: Account, at: dt.datetime, on: dt.date
) -> Record:
    """Withdraw a record: nothing new is published on it, and every text that cites it is flagged.

    Raises InvalidValue without a reason. Withdrawing twice is once.
    """
    check(Action.APPROVE_EVIDENCE, by=by, site=None, on=on)
    row = Record.objects.select_for_update().get(public_id=record)
    if not reason.strip():
        raise InvalidValue("Say why the record is withdrawn; no reason was given.")
    if row.is_withdrawn:
        return row
    last = row.current or row.versions.order_by("-number")[0]
    RecordSignature.objects.create(
        version=last,
        act=RecordAct.WITHDRAWN,
        by=by,
        by_name=signed_name(by),
        at=at,
        sha256=last.sha256,
        note=reason.strip()[:500],
    )
    row.is_withdrawn, row.current = True, None
    row.save_version(fields=["is_withdrawn", "current"])
    audit.record("evidence-withdrawn", subject=row, by=by, at=at, detail={"key": row.key})
    flag_texts_citing(row, version=None, at=at)
    return row


@transaction.atomic
def confirm_check(
    *, version: UUID, by: Account, at: dt.datetime, on: dt.date, note: str = ""
) -> Check:
    """Record that a person read a version against its sources and found nothing to change.

    Moves the next review on and closes its task. Checking twice on one day is once.
    """
    check(Action.EDIT_EVIDENCE, by=by, site=None, on=on)
    row = RecordVersion.objects.select_related("record").get(public_id=version)
    record = Record.objects.select_for_update().get(pk=row.record_id)
    same = row.checks.filter(by=by, checked_on=on).first()
    if same is not None:
        return same
    made = _checked(row, record, by=by, at=at, on=on, note=note)
    record.save_version(fields=["next_review_on"])
    detail = {"key": record.key, "next": record.next_review_on.isoformat()}
    audit.record("evidence-checked", subject=record, by=by, at=at, detail=detail)
    return made


def _checked(
    row: RecordVersion, record: Record, *, by: Account, at: dt.datetime, on: dt.date, note: str
) -> Check:
    record.next_review_on = on + review_intervals()[RecordKind(record.kind)]
    settle_tasks(kind=REVIEW_TASK, subject=record, by=by, at=at, outcome=note.strip())
    return Check.objects.create(
        version=row,
        by=by,
        checked_by=signed_name(by),
        checked_on=on,
        next_review_on=record.next_review_on,
        note=note.strip()[:500],
        recorded_at=at,
    )


@transaction.atomic
def open_due_reviews(*, at: dt.datetime, on: dt.date) -> int:
    """Open a task for every record whose review is due by ``on``; say how many are new.

    Safe to repeat: one task a record and due date. Reviews belong to no site, so their tasks stand
    on the list of the first site in use; without a site there is nobody to do them and none is
    opened.
    """
    site = first_site()
    if site is None:
        return 0
    before = Task.objects.filter(kind=REVIEW_TASK).count()
    for record in Record.objects.filter(next_review_on__lte=on, is_withdrawn=False):
        open_task(
            kind=REVIEW_TASK,
            subject=record,
            site=site,
            at=at,
            by=None,
            key=f"{REVIEW_TASK}:{record.public_id}:{record.next_review_on}",
            title=f"Read again: {record.key} {record.title}"[:200],
        )
    return Task.objects.filter(kind=REVIEW_TASK).count() - before


def signed_name(by: Account) -> str:
    """Return the name a signature shows: as it was on the day it was given."""
    profile = getattr(by, "staff", None)
    title = profile.title if profile is not None else ""
    return f"{by.full_name}, {title}" if title else by.full_name
