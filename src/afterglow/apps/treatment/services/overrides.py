"""Override reasons, with a reason. Rule and override both stay on record for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.accounts.services import cannot_serve
from afterglow.apps.treatment.facts.overrides import SEEN_KEPT
from afterglow.apps.treatment.models import Override
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import lock_session, refuse, tell
from afterglow.apps.treatment.services.deciding import decision_at
from afterglow.apps.treatment.services.tasks import ask_for_review
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Overrider, Reason, blocker, may_override
from afterglow.core.roles import Action

_ACTION = {
    Overrider.PRESCRIBER: Action.OVERRIDE_AS_PRESCRIBER,
    Overrider.MEDICAL_DIRECTOR: Action.OVERRIDE_AS_DIRECTOR,
}
OVERRIDES = "override"
"""What a second person signs on a session to override in their own right."""
_LONGEST_SENTENCE = 300


def override_reason(
    *, session: UUID, gate: str, code: str, reason: str, by: Account, at: datetime
) -> Done[Override] | Refused:
    """Override one blocker of a gate as it stands now. See :func:`override_reasons`."""
    outcome = override_reasons(
        session=session, gate=gate, codes=(code,), reason=reason, by=by, at=at
    )
    if isinstance(outcome, Refused):
        return outcome
    return Done(outcome.row[0], outcome.decision)


@transaction.atomic
def override_reasons(
    *,
    session: UUID,
    gate: str,
    codes: Sequence[str],
    reason: str,
    by: Account,
    at: datetime,
    countersignature: Countersignature | None = None,
) -> Done[tuple[Override, ...]] | Refused:
    """Override blockers of a gate as they stand now: all that are named, or none.

    Refuses a code that is not blocking, one that nobody may override, and a person without the
    right. ``reason`` may not be empty. ``countersignature`` is how ``by`` signed in only for this,
    beside who is signed in at the tablet.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    wanted = tuple(dict.fromkeys(codes))
    decision = decision_at(row, gate, at=at)
    standing = [r for code in wanted for r in decision.blockers if r.code == code]
    reasons = [
        blocker("NOTHING_TO_OVERRIDE", f"{code} does not block anything now.", seen=code, rule=code)
        for code in wanted
        if code not in {each.code for each in standing}
    ]
    if not wanted:
        reasons.append(blocker("NOTHING_TO_OVERRIDE", "No reason was chosen to override."))
    if not reason.strip():
        reasons.append(
            blocker(
                "OVERRIDE_WITHOUT_REASON",
                "An override needs a reason in words.",
                seen=", ".join(wanted),
            )
        )
    beside = countersignature.beside if countersignature else None
    if countersignature is not None and beside is not None:
        reasons += Decision.from_reasons(
            cannot_serve(countersignature, act=OVERRIDES, subject=row, by=beside, at=at)
        )
        if countersignature.account_id != by.pk:
            raise ValueError(f"{countersignature} is not how {by.public_id} signed in.")
    roles = {each: _role(each, row, by=by, at=at) for each in standing}
    reasons += [_not_allowed(each) for each, role in roles.items() if role is None]
    if reasons:
        refusal = Decision.from_reasons(reasons)
        return refuse("override", session=row, decision=refusal, by=by, at=at)
    given = []
    for each, role in roles.items():
        made = Override.objects.create(
            session=row,
            gate=gate,
            code=each.code,
            sentence=each.sentence[:_LONGEST_SENTENCE],
            seen=each.seen[:SEEN_KEPT],
            limit=each.limit[:SEEN_KEPT],
            role=role or Overrider.NOBODY,
            reason=reason.strip(),
            by=by,
            countersignature=countersignature,
            at=at,
        )
        tell(
            "reason-overridden",
            session=row,
            subject=made,
            by=by,
            at=at,
            detail={
                "gate": gate,
                "code": each.code,
                "seen": each.seen,
                "role": str(role),
                "beside": str(beside.public_id) if beside else None,
            },
        )
        given.append(made)
    ask_for_review(session=row, by=by, at=at)
    return Done(tuple(given), decision_at(row, gate, at=at))


def overridable_by(reason: Reason, *, session: TreatmentSession, by: Account, at: datetime) -> bool:
    """Whether ``by`` may override this reason here: what a button asks."""
    return _role(reason, session, by=by, at=at) is not None


def _role(
    reason: Reason, session: TreatmentSession, *, by: Account, at: datetime
) -> Overrider | None:
    on = session.site.local_date(at)
    return next(
        (
            each
            for each in (Overrider.PRESCRIBER, Overrider.MEDICAL_DIRECTOR)
            if may_override(each, reason)
            and policies.can(_ACTION[each], by=by, site=session.site, on=on)
        ),
        None,
    )


def _not_allowed(reason: Reason) -> Reason:
    who = str(reason.overridable_by).replace("_", " ")
    return blocker(
        "OVERRIDE_NOT_ALLOWED",
        f"{reason.code} can be overridden by {who}, and not by you.",
        seen=reason.code,
        limit=who,
    )
