"""A second person signs in for one act, beside the first one's session."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import models, transaction

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.accounts.services.pins import verify_secret
from afterglow.apps.audit import services as audit
from afterglow.apps.places.models import Site
from afterglow.core.decisions import Decision, Reason, blocker
from afterglow.core.roles import Action

FRESH = timedelta(minutes=15)
"""How long a second person's signature may wait for its act."""


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """Who the second person says they are, and their PIN or password (never shown or kept)."""

    username: str
    secret: str = field(repr=False)


@transaction.atomic
def countersign(
    *,
    by: SecondPerson,
    beside: Account,
    act: str,
    subject: models.Model,
    at: datetime,
    site: Site,
    action: Action = Action.WITNESS,
    on: date | None = None,
) -> Countersignature | Decision:
    """Let a second person sign one act by PIN or password, without touching anyone's session.

    Returns the countersignature, or the refused decision with every reason: not known or not
    right, the same person twice, or not permitted ``action`` at ``site``. A refusal is recorded
    and counts toward the lock-out; keep the surrounding transaction when you get one.
    """
    day = on or site.local_date(at)
    second = Account.objects.filter(username__iexact=by.username.strip(), is_active=True).first()
    decision = _judge(second, by, beside, action, site, at, day)
    if second is None or decision.refused:
        audit.record(
            "countersignature-refused",
            subject=subject,
            by=beside,
            at=at,
            site=site,
            detail={
                "act": act,
                "second": str(second.public_id) if second else None,
                "codes": list(decision.codes),
            },
        )
        return decision
    signature = Countersignature.objects.create(
        account=second,
        beside=beside,
        act=act,
        subject_type=audit.subject_type(subject),
        subject=subject.public_id,  # type: ignore[attr-defined]
        at=at,
    )
    audit.record(
        "countersigned",
        subject=subject,
        by=second,
        at=at,
        site=site,
        detail={"act": act, "beside": str(beside.public_id)},
    )
    return signature


def cannot_serve(
    signature: Countersignature,
    *,
    act: str,
    subject: models.Model,
    by: Account,
    at: datetime,
) -> Reason | None:
    """Return why a second person's signature is not for this act, or None.

    It was given for ``act`` on ``subject``, beside ``by``, within a quarter of an hour, and serves
    once: nothing on record refers to it yet.
    """
    meant = (signature.act, signature.subject_type, signature.subject) == (
        act,
        audit.subject_type(subject),
        subject.public_id,  # type: ignore[attr-defined]
    )
    here = signature.beside_id == by.pk and timedelta(0) <= at - signature.at <= FRESH
    used = _was_used(signature)
    if meant and here and not used:
        return None
    seen = signature.at.isoformat(timespec="minutes")
    return blocker(
        "COUNTERSIGNATURE_NOT_FOR_THIS",
        "That signature of a second person was given for something else, beside somebody else, or "
        "too long ago. The second person signs again.",
        seen="used before" if used else seen if meant else signature.act,
        limit="15 min",
    )


def _was_used(signature: Countersignature) -> bool:
    """Whether any row refers to the signature, whichever app it belongs to."""
    relations = Countersignature._meta.get_fields(include_hidden=True)
    return any(
        each.related_model._default_manager.filter(**{each.field.name: signature}).exists()
        for each in relations
        if isinstance(each, models.ManyToOneRel)
    )


def _judge(
    second: Account | None,
    by: SecondPerson,
    beside: Account,
    action: Action,
    site: Site,
    at: datetime,
    on: date,
) -> Decision:
    if second is None:
        return Decision.from_reasons(
            blocker("PIN_WRONG", "That name with that PIN or password is not right.")
        )
    if second.pk == beside.pk:
        return Decision.from_reasons(
            blocker(
                "SECOND_PERSON_IS_THE_FIRST",
                "A second person must check this; you are the one who is signed in.",
            )
        )
    right = verify_secret(account=second, secret=by.secret, at=at)
    if right.refused:
        return right
    return policies.may(action, by=second, site=site, on=on)
