"""Where pump and chart differ: which account is right, and why."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import PumpDifference
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import lock_session, refuse, tell
from afterglow.apps.treatment.services.clocks import clock_of
from afterglow.core.decisions import Decision, blocker
from afterglow.core.quantities import Volume
from afterglow.core.roles import Action


@transaction.atomic
def resolve_pump_difference(
    *, session: UUID, truth: str, reason: str, by: Account, at: datetime
) -> Done[PumpDifference] | Refused:
    """Say which account is right where pump and chart differ: ``pump`` or ``chart``."""
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    infusion = queries.infusion_of(row)
    told = queries.given(infusion, at=at) if infusion else None
    if infusion is None or told is None or told.pump is None:
        why = blocker("NO_PUMP_ACCOUNT", "The pump has reported no volume to compare with.")
        return refuse("resolve-difference", session=row, decision=Decision((why,)), by=by, at=at)
    if (closed := queries.accounted_at(infusion)) is not None:
        why = blocker(
            "DIFFERENCE_AFTER_ACCOUNTING",
            "The bag is accounted for; its milligrams stand in the ledger. What pump and chart "
            "said of it cannot be weighed anew.",
            seen=clock_of(row, closed),
        )
        return refuse("resolve-difference", session=row, decision=Decision((why,)), by=by, at=at)
    if not reason.strip():
        why = blocker("DIFFERENCE_WITHOUT_REASON", "Say in words why pump and chart differ.")
        return refuse("resolve-difference", session=row, decision=Decision((why,)), by=by, at=at)
    resolved = PumpDifference.objects.create(
        infusion=infusion,
        charted_ml=_thousandth(told.charted.volume),
        pump_ml=_thousandth(told.pump.volume),
        truth=truth,
        reason=reason.strip(),
        by=by,
        at=at,
    )
    tell(
        "pump-difference-resolved",
        session=row,
        subject=resolved,
        by=by,
        at=at,
        detail={"truth": truth},
    )
    return Done(resolved, Decision())


def _thousandth(volume: Volume) -> Volume:
    """Round as the column keeps it; the exact totals are computed anew, never read from here."""
    return Volume(volume.value.quantize(Decimal("0.001"), ROUND_HALF_UP))
