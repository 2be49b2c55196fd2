"""Sign the record and lock it; what is said later is an addendum."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment.models import Addendum, Signature
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.printed import keep_record
from afterglow.apps.treatment.record import content_sha256, record_content, seen_sha256
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


@transaction.atomic
def sign_record(
    *, session: UUID, by: Account, at: datetime, seen: str | None = None
) -> Done[Signature] | Refused:
    """Sign the whole record, or refuse with every reason. From here on nothing under it changes.

    Signing twice finds the first signature. The printed record is made from the content that is
    signed and kept with it: what the signer locked is what everybody opens. ``seen`` is the hash
    of what was on the signer's page; a record that has changed since is shown again, not signed.
    """
    row = lock_session(session, action=Action.SIGN_RECORD, by=by, at=at, signed_too=True)
    if earlier := Signature.objects.filter(session=row).first():
        return Done(earlier, Decision(), repeated=True)
    decision = sign_decision(row, at=at)
    if seen is not None and seen != seen_sha256(row, by=by):
        changed = blocker(
            "RECORD_CHANGED_MEANWHILE",
            "The record has changed since you opened this page. Read it again, then sign.",
        )
        decision &= Decision((changed,))
    if decision.refused:
        return refuse("sign", session=row, decision=decision, by=by, at=at)
    content = record_content(row, signed_by=by, at=at)
    signature = Signature(
        session=row, by=by, at=at, content=content, sha256=content_sha256(content)
    )
    signature.document = keep_record(signature, by=by, at=at).public_id
    signature.save(force_insert=True)
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
    """Add what is said after signing, with author and time. Only to a signed record.

    The record is printed anew with it, under the name that its author has now.
    """
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
    signature = Signature.objects.select_related("session__patient", "session__site").get(
        session=row
    )
    keep_record(signature, by=by, at=at)
    tell("addendum-added", session=row, subject=added, by=by, at=at)
    return Done(added, Decision())
