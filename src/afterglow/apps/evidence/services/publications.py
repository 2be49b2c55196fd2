"""The way of a text: written, submitted, reviewed, published, flagged, reviewed again."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.evidence import facts
from afterglow.apps.evidence.files import text_review_interval
from afterglow.apps.evidence.models import Citation, Publication, PublicationSignature
from afterglow.apps.evidence.services.records import Done, Refused, signed_name
from afterglow.apps.evidence.services.tasks import TEXT_TASK, settle_tasks
from afterglow.core.decisions import Decision
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.publishing import (
    PUBLICATION,
    PublicationAct,
    PublicationState,
    may_publish,
    may_review,
    may_submit,
)
from afterglow.core.permission import check
from afterglow.core.roles import Action

EDITABLE = (PublicationState.DRAFT, PublicationState.IN_REVIEW, PublicationState.REVIEWED)


@dataclass(frozen=True, slots=True)
class BlockWords:
    """One block of a text as its writer gives it.

    ``text`` may cite with ``[[KEY#figure]]``; ``cites`` are refs shown beside it. ``corrects``
    marks a block that shows a claim only to correct it; ``comparison`` one that sets its figures
    side by side.
    """

    anchor: str
    text: str = ""
    cites: tuple[str, ...] = ()
    corrects: bool = False
    comparison: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the block as the row holds it."""
        return {
            "anchor": self.anchor,
            "text": self.text,
            "cites": list(self.cites),
            "corrects": self.corrects,
            "comparison": self.comparison,
        }


@transaction.atomic
def start_publication(
    *,
    key: str,
    title: str,
    blocks: Sequence[BlockWords],
    by: Account,
    at: dt.datetime,
    on: dt.date,
) -> Publication:
    """Start the next version of a text as a draft by its author."""
    check(Action.WRITE_PAGE, by=by, site=None, on=on)
    latest = Publication.objects.select_for_update().filter(key=key).order_by("-number").first()
    row = Publication.objects.create(
        key=key,
        number=1 if latest is None else latest.number + 1,
        title=title[:200],
        author=by,
        author_name=signed_name(by),
        created_at=at,
        **_content(title, blocks),
    )
    _cite(row)
    detail = {"key": key, "version": row.number}
    audit.record("publication-started", subject=row, by=by, at=at, detail=detail)
    return row


@transaction.atomic
def write_blocks(
    *,
    publication: UUID,
    title: str,
    blocks: Sequence[BlockWords],
    by: Account,
    at: dt.datetime,
    on: dt.date,
    seen: int | None = None,
) -> Publication:
    """Replace the words of a text that is not published. A change takes review and schedule away.

    Whoever changes the words becomes their author. Raises InvalidValue for a published text (start
    a new version instead) and StaleRow when somebody was faster.
    """
    check(Action.WRITE_PAGE, by=by, site=None, on=on)
    row = _locked(publication)
    if row.state not in EDITABLE:
        raise InvalidValue(
            "This text is %(state)s; start a new version to change it.",
            state=row.state,
        )
    content = _content(title, blocks)
    if content["content_sha256"] == row.content_sha256:
        return row
    before = row.state
    row.title, row.blocks = title[:200], content["blocks"]
    row.content_sha256 = content["content_sha256"]
    row.author, row.author_name = by, signed_name(by)
    row.state = PublicationState.DRAFT
    _unsign(row)
    row.save_version(seen=seen)
    _cite(row)
    if before != PublicationState.DRAFT:
        _sign(row, PublicationAct.RETURNED, by=by, at=at, note="changed by its author")
    audit.record("publication-written", subject=row, by=by, at=at, detail={"version": row.number})
    return row


@transaction.atomic
def submit(
    *, publication: UUID, by: Account, at: dt.datetime, on: dt.date
) -> Done[Publication] | Refused:
    """Hand a draft to the medical reviewer. Submitting twice is once."""
    check(Action.WRITE_PAGE, by=by, site=None, on=on)
    row = _locked(publication)
    if row.state == PublicationState.IN_REVIEW:
        return Done(row)
    decision = may_submit(facts.publication_facts(row))
    if decision.refused:
        return _refuse(row, PublicationAct.SUBMITTED, decision, by=by, at=at)
    return _move(row, PublicationAct.SUBMITTED, decision, by=by, at=at)


@transaction.atomic
def return_to_author(
    *, publication: UUID, why: str, by: Account, at: dt.datetime, on: dt.date
) -> Publication:
    """Give a text back with a reason. Raises InvalidValue without one, IllegalTransition else."""
    check(Action.REVIEW_PAGE, by=by, site=None, on=on)
    row = _locked(publication)
    if not why.strip():
        raise InvalidValue("Say what the author should change; no reason was given.")
    _unsign(row)
    _move(row, PublicationAct.RETURNED, Decision(), by=by, at=at, note=why)
    return row


@transaction.atomic
def review(
    *, publication: UUID, by: Account, at: dt.datetime, on: dt.date, note: str = ""
) -> Done[Publication] | Refused:
    """Sign a text as medically reviewed, over exactly its present words and records.

    Refused with every reason: a bare number, an unapproved or wrong record, unlike things side by
    side, the reviewer's own text.
    """
    check(Action.REVIEW_PAGE, by=by, site=None, on=on)
    row = _locked(publication)
    if row.state == PublicationState.REVIEWED and row.reviewer_id == by.pk:
        return Done(row)
    decision = may_review(
        facts.publication_facts(row, reviewing=True), reviewer=str(by.public_id), on=on
    )
    if decision.refused:
        return _refuse(row, PublicationAct.REVIEWED, decision, by=by, at=at)
    _signed_by_reviewer(row, by=by, at=at)
    return _move(row, PublicationAct.REVIEWED, decision, by=by, at=at, note=note)


@transaction.atomic
def publish(
    *,
    publication: UUID,
    by: Account,
    at: dt.datetime,
    on: dt.date,
    publish_at: dt.datetime | None = None,
) -> Done[Publication] | Refused:
    """Publish a reviewed text, now or by itself at ``publish_at``. The version before it ends.

    A text that waits is judged again when its time comes. Publishing twice is once.
    """
    check(Action.PUBLISH_PAGE, by=by, site=None, on=on)
    row = _locked(publication)
    if row.state == PublicationState.PUBLISHED:
        return Done(row)
    decision = may_publish(facts.publication_facts(row), on=on)
    if decision.refused:
        return _refuse(row, PublicationAct.PUBLISHED, decision, by=by, at=at)
    if publish_at is not None and publish_at > at:
        row.publish_at, row.scheduled_by = publish_at, by
        row.save_version(fields=["publish_at", "scheduled_by"])
        detail = {"for": publish_at.isoformat()}
        audit.record("publication-scheduled", subject=row, by=by, at=at, detail=detail)
        return Done(row, decision)
    return _publish(row, decision, by=by, at=at, on=on)


@transaction.atomic
def publish_due(*, at: dt.datetime, on: dt.date) -> tuple[int, int]:
    """Publish what waits for its time; return how many went out and how many were refused.

    One that is refused (a record changed meanwhile) loses its schedule, so that a person looks.
    """
    out = refused = 0
    waiting = Publication.objects.select_for_update().filter(
        state=PublicationState.REVIEWED, publish_at__lte=at
    )
    for row in waiting.order_by("publish_at", "number"):
        by = row.scheduled_by
        decision = may_publish(facts.publication_facts(row), on=on)
        row.publish_at = row.scheduled_by = None
        if decision.refused or by is None:
            row.save_version(fields=["publish_at", "scheduled_by"])
            _refuse(row, PublicationAct.PUBLISHED, decision, by=by, at=at)
            refused += 1
        else:
            _publish(row, decision, by=by, at=at, on=on)
            out += 1
    return out, refused


@transaction.atomic
def re_review(
    *, publication: UUID, by: Account, at: dt.datetime, on: dt.date, note: str = ""
) -> Done[Publication] | Refused:
    """Sign a published text again: against the records as they stand now. Its flags are cleared."""
    check(Action.REVIEW_PAGE, by=by, site=None, on=on)
    row = _locked(publication)
    decision = may_review(
        facts.publication_facts(row, reviewing=True), reviewer=str(by.public_id), on=on
    )
    if row.state != PublicationState.PUBLISHED or decision.refused:
        return _refuse(row, PublicationAct.RE_REVIEWED, decision, by=by, at=at)
    _signed_by_reviewer(row, by=by, at=at)
    row.next_review_on = on + text_review_interval()
    _review_is_done(row, by=by, at=at, outcome=note.strip() or "Reviewed again.")
    return _move(row, PublicationAct.RE_REVIEWED, decision, by=by, at=at, note=note)


@transaction.atomic
def withdraw_publication(
    *, publication: UUID, why: str, by: Account, at: dt.datetime, on: dt.date
) -> Publication:
    """Take a text back, published or not. Raises InvalidValue without a reason."""
    check(Action.PUBLISH_PAGE, by=by, site=None, on=on)
    row = _locked(publication)
    if not why.strip():
        raise InvalidValue("Say why the text is withdrawn; no reason was given.")
    if row.state == PublicationState.WITHDRAWN:
        return row
    row.ended_at, row.publish_at, row.scheduled_by = at, None, None
    _review_is_done(row, by=by, at=at, outcome=why.strip())
    _move(row, PublicationAct.WITHDRAWN, Decision(), by=by, at=at, note=why)
    return row


def _publish(
    row: Publication, decision: Decision, *, by: Account, at: dt.datetime, on: dt.date
) -> Done[Publication]:
    old = (
        Publication.objects.select_for_update()
        .filter(key=row.key, state=PublicationState.PUBLISHED)
        .first()
    )
    if old is not None:
        old.ended_at = at
        old.flags.filter(cleared_at=None).update(cleared_at=at, cleared_by=by)
        _review_is_done(old, by=by, at=at, outcome="Superseded by a newer version.")
        _move(old, PublicationAct.SUPERSEDED, Decision(), by=by, at=at)
    row.published_at, row.next_review_on = at, on + text_review_interval()
    row.publish_at = row.scheduled_by = None
    return _move(row, PublicationAct.PUBLISHED, decision, by=by, at=at)


def _review_is_done(row: Publication, *, by: Account, at: dt.datetime, outcome: str) -> None:
    settle_tasks(kind=TEXT_TASK, subject=row, by=by, at=at, outcome=outcome)


def _signed_by_reviewer(row: Publication, *, by: Account, at: dt.datetime) -> None:
    row.reviewer, row.reviewer_name, row.reviewed_at = by, signed_name(by), at
    row.reviewed_sha256 = row.content_sha256
    _cite(row)
    row.flags.filter(cleared_at=None).update(cleared_at=at, cleared_by=by)


def _unsign(row: Publication) -> None:
    row.reviewer, row.reviewer_name, row.reviewed_at, row.reviewed_sha256 = None, "", None, ""
    row.publish_at = row.scheduled_by = None


def _cite(row: Publication) -> None:
    """Write the citations of the present words, at the versions in force now."""
    records = facts.records_cited(row.blocks)
    row.citations.all().delete()
    place = 0
    for block in row.blocks:
        for ref in facts.refs_of(block):
            record = records.get(ref.record)
            if record is None:
                continue
            Citation.objects.create(
                publication=row,
                anchor=block["anchor"],
                position=place,
                record=record,
                version=record.current,
                figure_key=ref.figure,
                as_correction=bool(block.get("corrects")),
            )
            place += 1


def _content(title: str, blocks: Sequence[BlockWords]) -> dict[str, Any]:
    plain = [block.as_json() for block in blocks]
    anchors = [block["anchor"] for block in plain]
    twice = sorted({anchor for anchor in anchors if anchors.count(anchor) > 1})
    if twice or "" in anchors:
        raise InvalidValue(
            "Each block needs an anchor of its own; seen twice or empty: %(twice)s.",
            twice=twice,
        )
    text = json.dumps([title, plain], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return {"blocks": plain, "content_sha256": hashlib.sha256(text.encode()).hexdigest()}


def _locked(publication: UUID) -> Publication:
    return Publication.objects.select_for_update(of=("self",)).get(public_id=publication)


def _sign(
    row: Publication, act: PublicationAct, *, by: Account | None, at: dt.datetime, note: str = ""
) -> None:
    PublicationSignature.objects.create(
        publication=row,
        act=act,
        by=by,
        by_name="" if by is None else signed_name(by),
        at=at,
        content_sha256=row.content_sha256,
        note=note.strip()[:500],
    )


def _move(
    row: Publication,
    act: PublicationAct,
    decision: Decision,
    *,
    by: Account,
    at: dt.datetime,
    note: str = "",
) -> Done[Publication]:
    row.state = PUBLICATION.step(PublicationState(row.state), act)
    row.save_version()
    _sign(row, act, by=by, at=at, note=note)
    detail = {"key": row.key, "version": row.number, "sha256": row.content_sha256}
    audit.record(f"publication-{act}", subject=row, by=by, at=at, detail=detail)
    return Done(row, decision)


def _refuse(
    row: Publication,
    act: PublicationAct,
    decision: Decision,
    *,
    by: Account | None,
    at: dt.datetime,
) -> Refused:
    detail = {"act": act, "codes": list(decision.codes)}
    audit.record("publication-refused", subject=row, by=by, at=at, detail=detail)
    return Refused(decision)
