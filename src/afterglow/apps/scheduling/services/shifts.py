"""Plan when staff work, at one site at a time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.events import services as events
from afterglow.apps.places.models import Site
from afterglow.apps.scheduling.models import StaffShift
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Action

LONGEST_SHIFT = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class AlreadyWorks:
    """Nothing was saved: this person already works then."""

    shift: StaffShift


@transaction.atomic
def plan_shift(
    *,
    key: UUID,
    site: Site,
    account: UUID,
    starts: dt.datetime,
    ends: dt.datetime,
    by: Account,
    at: dt.datetime,
) -> StaffShift | AlreadyWorks:
    """Plan a shift. Raises InvalidValue for an empty span or one longer than 24 hours."""
    policies.check(Action.EDIT_STAFF, by=by, site=site, on=site.local_date(at))
    if existing := StaffShift.objects.filter(public_id=key).first():
        return existing
    length = ends - starts
    if not dt.timedelta() < length <= LONGEST_SHIFT:
        hours = length.total_seconds() / 3600
        raise InvalidValue(
            "The shift lasts %(hours)s hours; it must be above 0 and at most 24.",
            hours=f"{hours:.1f}",
        )
    person = Account.objects.select_for_update(no_key=True).get(public_id=account)
    during = DateTimeTZRange(starts, ends)
    try:
        with transaction.atomic():
            shift = StaffShift.objects.create(
                public_id=key, site=site, account=person, during=during
            )
    except IntegrityError:
        other = StaffShift.objects.select_related("site", "account").filter(
            account=person, during__overlap=during
        )
        return AlreadyWorks(other.order_by("during")[0])
    _tell("shift-planned", shift, by=by, at=at)
    return shift


@transaction.atomic
def remove_shift(*, shift: UUID, seen: int, by: Account, at: dt.datetime) -> None:
    """Take a shift out of the plan; its history stays. Raises StaleRow when it was changed."""
    row = (
        StaffShift.objects.select_for_update(of=("self",))
        .select_related("site")
        .get(public_id=shift)
    )
    policies.check(Action.EDIT_STAFF, by=by, site=row.site, on=row.site.local_date(at))
    row.save_version(seen=seen)
    _tell("shift-removed", row, by=by, at=at)
    row.delete()


def _tell(what: str, shift: StaffShift, *, by: Account, at: dt.datetime) -> None:
    detail = {
        "account": str(shift.account.public_id),
        "starts": shift.during.lower.isoformat(),
        "ends": shift.during.upper.isoformat(),
    }
    site = shift.site
    audit.record(what, subject=shift, by=by, at=at, site=site, detail=detail)
    events.publish(what, topic=site.public_id, subject=shift.public_id, site=site.public_id, at=at)
