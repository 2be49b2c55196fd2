"""Sign the record and lock it; what is said later is an addendum."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment.models import Addendum, Signature
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.record import record_content
from afterglow.apps.treatment.services.acting import (
    done_before,
    lock_session,
    move_session,
    refuse,
    tell,
)
from afterglow.apps.treatment.services.deciding import sign_decision
from afterglow.apps.treatment.services.tasks import signature_given
from afterglow.core.decisions import Decision, blocker
from afterglow.core.roles import Action
from afterglow.core.treatment.lifecycles import SessionAction, SessionState


def canonical(content: Any) -> str:
    """Return a record's content as the one text that is hashed."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def content_sha256(content: Any) -> str:
    """Return the hash that the signature and the printed record carry."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


@transaction.atomic
def sign_record(*, session: UUID, by: Account, at: datetime) -> Done[Signature] | Refused:
    """Sign the whole record, or refuse with every reason. From here on nothing under it changes.

    Signing twice finds the first signature. The printed record is rendered from the content that
    was signed, so it can be made again and compared with its hash at any time.
    """
    row = lock_session(session, action=Action.SIGN_RECORD, by=by, at=at, signed_too=True)
    if earlier := Signature.objects.filter(session=row).first():
        return Done(earlier, Decision(), repeated=True)
    decision = sign_decision(row, at=at)
    if decision.refused:
        return refuse("sign", session=row, decision=decision, by=by, at=at)
    content = record_content(row, signed_by=by, at=at)
    signature = Signature.objects.create(
        session=row, by=by, at=at, content=content, sha256=content_sha256(content)
    )
    move_session(row, SessionAction.SIGN)
    signature_given(session=row, by=by, at=at)
    tell(
        "record-signed",
        session=row,
        subject=signature,
        by=by,
        at=at,
        detail={"sha256": signature.sha256},
    )
    return Done(signature, decision)


@transaction.atomic
def add_addendum(
    *, session: UUID, text: str, by: Account, at: datetime, key: UUID
) -> Done[Addendum] | Refused:
    """Add what is said after signing, with author and time. Only to a signed record."""
    row = lock_session(session, action=Action.ADD_ADDENDUM, by=by, at=at, signed_too=True)
    if earlier := done_before(Addendum.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    if row.state != SessionState.SIGNED or not text.strip():
        why = (
            blocker("ADDENDUM_EMPTY", "An addendum says something.")
            if row.state == SessionState.SIGNED
            else blocker(
                "RECORD_NOT_SIGNED",
                "The record is still open: write it where it belongs instead.",
                seen=str(row.state),
            )
        )
        if row.state == SessionState.SIGNED:  # nothing is added to a signed record, not even this
            tell(
                "addendum-refused",
                session=row,
                subject=row,
                by=by,
                at=at,
                detail={"codes": [why.code]},
            )
            return Refused(Decision((why,)))
        return refuse("addendum", session=row, decision=Decision((why,)), by=by, at=at)
    added = Addendum.objects.create(session=row, text=text.strip(), by=by, at=at, key=key)
    tell("addendum-added", session=row, subject=added, by=by, at=at)
    return Done(added, Decision())
