"""Account for the bag: what reached the patient was given, the rest is wasted before a witness."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.accounts.services import cannot_serve
from afterglow.apps.stock import queries as stock_queries
from afterglow.apps.stock import services as stock
from afterglow.apps.stock.models import LedgerEntry
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import Infusion
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import lock_session, refuse, tell
from afterglow.core.decisions import Decision, blocker
from afterglow.core.quantities import Dose
from afterglow.core.roles import Action
from afterglow.core.stock import LedgerKind
from afterglow.core.treatment.lifecycles import InfusionState

WASTE = "waste"
"""What a witness of waste signs, on the infusion or on the bag."""
LEDGER_STEP = Decimal("0.0001")
"""The ledger's smallest amount in mg. Given is rounded to it; wasted is exactly the rest."""


@dataclass(frozen=True, slots=True)
class BagAccount:
    """Where the drawn milligrams went. ``given`` + ``wasted`` = ``drawn``, exactly."""

    drawn: Dose
    given: Dose
    wasted: Dose


def bag_account(infusion: Infusion, *, at: datetime) -> BagAccount:
    """Return what was given and what is left to waste, by the account that counts."""
    drawn = infusion.preparation.drawn_mg
    exact = queries.given(infusion, at=at).settled.dose.value
    given = Dose(min(exact.quantize(LEDGER_STEP, ROUND_HALF_UP), drawn.value))
    return BagAccount(drawn, given, drawn - given)


@transaction.atomic
def account_for_bag(
    *,
    session: UUID,
    witness: Countersignature | None,
    by: Account,
    at: datetime,
    key: UUID,
    reason: str = "Rest of the bag and line after the infusion",
) -> Done[Infusion] | Refused:
    """Write what was given and what was wasted into the ledger. Safe to repeat.

    Refuses while the pump runs, while pump and chart differ without a person's word on it, and
    waste without a witness. Afterwards the bag balances to nothing.
    """
    row = lock_session(session, action=Action.PREPARE, by=by, at=at)
    infusion = queries.infusion_of(row)
    reasons = []
    if infusion is None:
        reasons.append(blocker("INFUSION_MISSING", "Nothing was infused in this session."))
        return refuse("account", session=row, decision=Decision(tuple(reasons)), by=by, at=at)
    vial = infusion.preparation.vial
    if stock_queries.session_balance(vial, row).in_preparation == 0:
        return Done(infusion, Decision(), repeated=True)
    if infusion.state in (InfusionState.RUNNING, InfusionState.PAUSED):
        reasons.append(
            blocker(
                "INFUSION_STILL_RUNNING",
                "The pump is not recorded as stopped.",
                seen=str(infusion.state),
            )
        )
    told = queries.given(infusion, at=at)
    if told.decision.refused and not infusion.differences.exists():
        reasons.extend(told.decision.blockers)
    if witness is not None:
        unfit = cannot_serve(witness, act=WASTE, subject=infusion, by=by, at=at)
        reasons.extend(Decision.from_reasons(unfit))
    account = bag_account(infusion, at=at)
    nothing = Dose.mg(0)
    if account.wasted > nothing and witness is None:
        reasons.append(
            blocker(
                "WASTE_NOT_WITNESSED",
                f"{account.wasted} are wasted; a second person must have watched.",
                seen=str(account.wasted),
            )
        )
    if reasons:
        decision = Decision.from_reasons(reasons)
        return refuse("account", session=row, decision=decision, by=by, at=at)
    for kind, amount in ((LedgerKind.GIVEN, account.given), (LedgerKind.WASTED, account.wasted)):
        if amount > nothing:
            _write(kind, infusion, amount, witness=witness, reason=reason, by=by, at=at, key=key)
    tell(
        "bag-accounted-for",
        session=row,
        subject=infusion,
        by=by,
        at=at,
        detail={
            "drawn_mg": str(account.drawn.value),
            "given_mg": str(account.given.value),
            "wasted_mg": str(account.wasted.value),
        },
    )
    return Done(infusion, Decision())


def _write(
    kind: LedgerKind,
    infusion: Infusion,
    amount: Dose,
    *,
    witness: Countersignature | None,
    reason: str,
    by: Account,
    at: datetime,
    key: UUID,
) -> LedgerEntry:
    return stock.write_line(
        kind,
        vial=infusion.preparation.vial,
        amount=amount,
        session=infusion.session,
        witness=witness if kind is LedgerKind.WASTED else None,
        reason=reason if kind is LedgerKind.WASTED else "",
        by=by,
        at=at,
        key=uuid.uuid5(key, str(kind)),
    )
