"""Take a visitor's request and put it before a person with a clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.db import transaction

from afterglow.apps.audit import services as audit
from afterglow.apps.frontdoor.models import ContactRequest, Referral
from afterglow.apps.places.models import Site
from afterglow.apps.work.services import open_task
from afterglow.core.errors import InvalidValue
from afterglow.core.frontdoor import (
    ContactReason,
    ContactTime,
    ReferrerKind,
    TreatedCondition,
)

REQUEST: Final = "contact_request"
CRISIS: Final = "contact_crisis"
REFERRAL: Final = "provider_referral"


@transaction.atomic
def ask_for_contact(
    *,
    site: Site,
    name: str,
    reach_at: str,
    times: Sequence[ContactTime],
    reason: ContactReason,
    language: str,
    may_contact: bool,
    in_crisis: bool,
    at: dt.datetime,
) -> ContactRequest:
    """Keep a request and open its task; who is in danger now gets the shorter clock.

    Raises InvalidValue without consent to be contacted: nothing is kept then.
    """
    if not may_contact:
        raise InvalidValue("Nobody is called without having agreed to it.")
    row = ContactRequest.objects.create(
        site=site,
        name=name.strip()[:120],
        reach_at=reach_at.strip()[:120],
        times=[str(time) for time in times],
        reason=reason,
        language=language,
        may_contact=may_contact,
        in_crisis=in_crisis,
        sent_at=at,
    )
    detail = {"reason": str(reason), "crisis": in_crisis}
    audit.record("contact-asked", subject=row, by=None, at=at, site=site, detail=detail)
    open_task(kind=CRISIS if in_crisis else REQUEST, subject=row, site=site, at=at, by=None)
    return row


@transaction.atomic
def refer(
    *,
    site: Site,
    practice: str,
    name: str,
    kind: ReferrerKind,
    callback: str,
    treats: Sequence[TreatedCondition],
    times: Sequence[ContactTime],
    language: str,
    person_agreed: bool,
    at: dt.datetime,
) -> Referral:
    """Keep a provider's wish to refer somebody and open its task. Nothing of a patient is taken.

    Raises InvalidValue when the person has not agreed: nothing is kept then.
    """
    if not person_agreed:
        raise InvalidValue("Nobody is referred without knowing of it and agreeing.")
    row = Referral.objects.create(
        site=site,
        practice=practice.strip()[:120],
        name=name.strip()[:120],
        kind=kind,
        callback=callback.strip()[:120],
        treats=[str(each) for each in treats],
        times=[str(time) for time in times],
        language=language,
        person_agreed=person_agreed,
        sent_at=at,
    )
    audit.record("referral-asked", subject=row, by=None, at=at, site=site, detail={"kind": kind})
    open_task(kind=REFERRAL, subject=row, site=site, at=at, by=None)
    return row
