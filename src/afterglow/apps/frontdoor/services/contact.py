"""Take a visitor's request and put it before a person with a clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.db import transaction

from afterglow.apps.audit import services as audit
from afterglow.apps.frontdoor.models import ContactRequest
from afterglow.apps.places.models import Site
from afterglow.apps.work.services import open_task
from afterglow.core.errors import InvalidValue
from afterglow.core.frontdoor import ContactReason, ContactTime

REQUEST: Final = "contact_request"
CRISIS: Final = "contact_crisis"


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
