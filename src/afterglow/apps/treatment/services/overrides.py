"""Override one reason, with a reason. Both stay on record for ever."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment.models import Override
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import lock_session, refuse, tell
from afterglow.apps.treatment.services.deciding import decision_at
from afterglow.core.decisions import Decision, Overrider, blocker, may_override
from afterglow.core.roles import Action

_ACTION = {
    Overrider.PRESCRIBER: Action.OVERRIDE_AS_PRESCRIBER,
    Overrider.MEDICAL_DIRECTOR: Action.OVERRIDE_AS_DIRECTOR,
}


@transaction.atomic
def override_reason(
    *, session: UUID, gate: str, code: str, reason: str, by: Account, at: datetime
) -> Done[Override] | Refused:
    """Override one blocker of a gate as it stands now.

    Refuses a code that is not blocking, one that nobody may override, and a person without the
    right. ``reason`` may not be empty.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    standing = next((r for r in decision_at(row, gate, at=at).blockers if r.code == code), None)
    if standing is None:
        why = blocker("NOTHING_TO_OVERRIDE", f"{code} does not block anything now.", seen=code)
        return refuse("override", session=row, decision=Decision((why,)), by=by, at=at)
    if not reason.strip():
        why = blocker("OVERRIDE_WITHOUT_REASON", "An override needs a reason in words.", seen=code)
        return refuse("override", session=row, decision=Decision((why,)), by=by, at=at)
    role = next(
        (
            each
            for each in (Overrider.PRESCRIBER, Overrider.MEDICAL_DIRECTOR)
            if may_override(each, standing)
            and policies.can(_ACTION[each], by=by, site=row.site, on=row.site.local_date(at))
        ),
        None,
    )
    if role is None:
        who = str(standing.overridable_by).replace("_", " ")
        why = blocker(
            "OVERRIDE_NOT_ALLOWED",
            f"{code} can be overridden by {who}, and not by you.",
            seen=code,
            limit=who,
        )
        return refuse("override", session=row, decision=Decision((why,)), by=by, at=at)
    given = Override.objects.create(
        session=row,
        gate=gate,
        code=code,
        sentence=standing.sentence,
        seen=standing.seen,
        limit=standing.limit,
        role=role,
        reason=reason.strip(),
        by=by,
        at=at,
    )
    tell(
        "reason-overridden",
        session=row,
        subject=given,
        by=by,
        at=at,
        detail={"gate": gate, "code": code, "seen": standing.seen, "role": str(role)},
    )
    return Done(given, decision_at(row, gate, at=at))
