"""Draw the drug, make the bag, have a second person read it back, or discard it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.accounts.services import cannot_serve
from afterglow.apps.stock import services as stock
from afterglow.apps.stock.models import LedgerEntry, Vial
from afterglow.apps.treatment import planning, queries
from afterglow.apps.treatment.facts.draw import draw as draw_facts
from afterglow.apps.treatment.facts.overrides import apply_overrides
from afterglow.apps.treatment.models import Infusion, Preparation
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.services.accounting import WASTE
from afterglow.apps.treatment.services.acting import (
    lock_session,
    move_session,
    refuse,
    tell,
)
from afterglow.apps.treatment.services.deciding import DRAW
from afterglow.core.decisions import Decision, Reason, blocker
from afterglow.core.dosing import Bag, Diluent, Draw, PreparationFacts, check_preparation
from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import BodyMass, Concentration, Dose, Volume
from afterglow.core.roles import Action
from afterglow.core.stock import LedgerKind
from afterglow.core.treatment import draw as draw_rules
from afterglow.core.treatment.codes.readiness import PREPARATION_MISSING, WEIGHT_MISSING
from afterglow.core.treatment.lifecycles import SESSION, SessionAction, SessionState
from afterglow.core.treatment.saying import words

READ_BACK = ("patient", "drug", "strength", "drawn_ml", "bag_ml", "rate", "volume")
"""What the second person reads off patient, vial, bag and pump, in the order of the time-out."""
DRAWN, READ = "draw", "read-back"
"""What a second person signs: the draw of a session, the read-back of a bag."""
_LONGEST_REASON = 200


@transaction.atomic
def prepare(
    *,
    session: UUID,
    vial: UUID,
    label_strength: Concentration,
    drawn: Volume,
    diluent_name: str,
    diluent: Diluent,
    by: Account,
    at: datetime,
    key: UUID,
    witness: Countersignature | None = None,
) -> Done[Preparation] | Refused:
    """Draw from a vial into a bag, and write the draw into the ledger.

    ``label_strength`` is read off the vial, so that a swapped strength is caught. Given milligrams
    will derive from ``drawn`` × strength, whatever was ordered. Safe to repeat with the same key.
    """
    row = lock_session(session, action=Action.PREPARE, by=by, at=at)
    if earlier := Preparation.objects.filter(key=key, session=row).first():
        return Done(earlier, Decision(), repeated=True)
    if row.state != SessionState.CHECKED_IN:
        why = blocker(
            "SESSION_NOT_IN_STATE",
            f"The session is {words(row.state)}; a bag is prepared after check-in and once at a "
            "time.",
            seen=str(row.state),
            limit=str(SessionState.CHECKED_IN),
        )
        return refuse("prepare", session=row, decision=Decision((why,)), by=by, at=at)
    source = (
        Vial.objects.select_for_update(of=("self",)).select_related("product").get(public_id=vial)
    )
    rules = rules_of(row.protocol_id)
    try:
        planned = planning.dose_plan(
            row, at=at, strength=source.strength_mg_per_ml, diluent=diluent
        )
        bag = Bag(Draw(drawn, label_strength), diluent)
    except InvalidValue as impossible:
        why = blocker("BAG_IMPOSSIBLE", str(impossible), seen=f"{drawn} in {diluent.volume}")
        return refuse("prepare", session=row, decision=Decision((why,)), by=by, at=at)
    facts = draw_facts(
        row,
        vial=source,
        plan=planned.plan,
        volume=drawn,
        final_volume=bag.total,
        label_strength=label_strength,
        by=by,
        witness=str(witness.account.public_id) if witness else None,
        at=at,
    )
    decision = planned.decision & draw_rules.assess(facts, rules.session)
    if witness is not None:
        unfit = cannot_serve(witness, act=DRAWN, subject=row, by=by, at=at)
        decision &= Decision.from_reasons(unfit)
    if planned.order is not None and planned.mass is None:
        decision = decision & Decision((WEIGHT_MISSING.reason(),))
    if planned.plan is not None:
        decision = decision & check_preparation(
            PreparationFacts(planned.plan, bag, diluent_name), rules.dosing
        )
    decision = apply_overrides(decision, row, gate=DRAW, at=at)
    if decision.refused or planned.plan is None or planned.order is None:
        return refuse("prepare", session=row, decision=decision, by=by, at=at)
    plan = planned.plan
    preparation = Preparation.objects.create(
        session=row,
        order=planned.order,
        vial=source,
        strength_mg_per_ml=source.strength_mg_per_ml,
        dosing_mass_kg=BodyMass(_places(plan.dosing_mass.value, 2), plan.dosing_mass.basis),
        ordered_mg=Dose(_places(plan.raw.value, 4)),
        rounded_mg=plan.rounded,
        drawn_ml=drawn,
        drawn_mg=bag.drawn,
        diluent=diluent_name,
        bag_ml=bag.total,
        line_ml=diluent.line,
        residual_ml=diluent.residual,
        concentration_mg_per_ml=Concentration(_places(bag.concentration.value, 8)),
        rate_ml_per_h=plan.rate,
        to_be_infused_ml=bag.volume_to_be_infused,
        minutes=planned.order.minutes,
        arithmetic=[asdict(step) for step in plan.steps],
        prepared_by=by,
        prepared_at=at,
        beyond_use_at=at + rules.session.beyond_use,
        key=key,
    )
    stock.write_line(
        LedgerKind.DRAWN,
        vial=source,
        amount=bag.drawn,
        volume=drawn,
        session=row,
        witness=witness,
        by=by,
        at=at,
        key=uuid.uuid5(key, "drawn"),
    )
    if source.opened_at is None:
        source.opened_at = at
        source.save_version()
    move_session(row, SessionAction.BEGIN_PREPARATION)
    tell(
        "infusion-prepared",
        session=row,
        subject=preparation,
        by=by,
        at=at,
        detail={"drawn_mg": str(bag.drawn.value), "drawn_ml": str(drawn.value)},
    )
    return Done(preparation, decision)


@transaction.atomic
def check_preparation_read_back(
    *,
    session: UUID,
    read_back: Mapping[str, str],
    second: Countersignature,
    by: Account,
    at: datetime,
) -> Done[Preparation] | Refused:
    """Record the second person's read-back. Refuses one by the preparer, or one that differs."""
    row = lock_session(session, action=Action.PREPARE, by=by, at=at)
    preparation = queries.preparation_in_use(row)
    if preparation is None:
        why = PREPARATION_MISSING.reason()
        return refuse("read-back", session=row, decision=Decision((why,)), by=by, at=at)
    if preparation.checked_by_id is not None:
        return Done(preparation, Decision(), repeated=True)
    unfit = cannot_serve(second, act=READ, subject=preparation, by=by, at=at)
    reasons = list(Decision.from_reasons(unfit))
    if second.account_id == preparation.prepared_by_id:
        reasons.append(
            blocker(
                "PREPARATION_READ_BACK_BY_PREPARER",
                "The preparation was read back by the person who prepared it.",
            )
        )
    expected = expected_read_back(preparation)
    for name in READ_BACK:
        said = read_back.get(name, "").strip()
        if _same(said, expected[name]):
            continue
        reasons.append(
            blocker(
                "READ_BACK_DIFFERS",
                f"The second person read {said or 'nothing'!r} for {name.replace('_', ' ')}; "
                f"the preparation says {expected[name]}.",
                seen=f"{name}: “{said}”" if said else f"{name}: nothing",
                limit=expected[name],
            )
        )
    if reasons:
        decision = Decision.from_reasons(reasons)
        return refuse("read-back", session=row, decision=decision, by=by, at=at)
    preparation.checked_by = second
    preparation.checked_at = at
    preparation.read_back = {name: read_back[name].strip() for name in READ_BACK}
    preparation.save_version()
    move_session(row, SessionAction.CHECK_PREPARATION)
    tell(
        "preparation-checked",
        session=row,
        subject=preparation,
        by=by,
        at=at,
        detail={"second": str(second.account.public_id)},
    )
    return Done(preparation, Decision())


def expected_read_back(preparation: Preparation) -> dict[str, str]:
    """Return what the second person must read, as it stands on wristband, vial, bag and pump."""
    return {
        "patient": preparation.session.patient.mrn,
        "drug": preparation.vial.product.medicine,
        "strength": str(preparation.strength_mg_per_ml),
        "drawn_ml": str(preparation.drawn_ml),
        "bag_ml": str(preparation.bag_ml),
        "rate": str(preparation.rate_ml_per_h),
        "volume": str(preparation.to_be_infused_ml),
    }


def _same(said: str, expected: str) -> bool:
    """Whether two texts say the same: words without case, an amount by its value.

    A unit that is said must be the one expected; a number without one is a name (a patient's
    number), and is compared letter by letter.
    """
    said, expected = (" ".join(text.lower().split()) for text in (said, expected))
    if said == expected:
        return True
    number, _, unit = expected.partition(" ")
    heard = re.fullmatch(r"([0-9]+(?:[.,][0-9]+)?) ?(.*)", said, re.ASCII)
    if not unit or heard is None or heard[2] not in ("", unit):
        return False
    return Decimal(heard[1].replace(",", ".")) == Decimal(number)


@transaction.atomic
def discard_preparation(
    *,
    session: UUID,
    reason: str,
    witness: Countersignature,
    by: Account,
    at: datetime,
    key: UUID,
) -> Done[Preparation] | Refused:
    """Discard a bag of which nothing was infused: all of it is wasted, before a witness.

    The bag of a session that ended before its start is discarded afterwards in the same way;
    without it the record would never balance.
    """
    row = lock_session(session, action=Action.PREPARE, by=by, at=at)
    if earlier := LedgerEntry.objects.filter(key=key, session=row).first():
        gone = Preparation.objects.filter(session=row, vial=earlier.vial).latest("discarded_at")
        return Done(gone, Decision(), repeated=True)
    preparation = queries.preparation_in_use(row)
    reasons: list[Reason] = []
    if preparation is not None:
        unfit = cannot_serve(witness, act=WASTE, subject=preparation, by=by, at=at)
        reasons.extend(Decision.from_reasons(unfit))
    if preparation is None or Infusion.objects.filter(preparation=preparation).exists():
        reasons.append(PREPARATION_MISSING.reason())
    if not reason.strip():
        reasons.append(blocker("DISCARD_WITHOUT_REASON", "Say in words why the bag is discarded."))
    if witness.account_id == by.pk:
        reasons.append(
            blocker("WITNESS_IS_DISCARDER", "The witness is the person who discards the bag.")
        )
    if reasons or preparation is None:
        decision = Decision.from_reasons(reasons)
        return refuse("discard", session=row, decision=decision, by=by, at=at)
    stock.write_line(
        LedgerKind.WASTED,
        vial=preparation.vial,
        amount=preparation.drawn_mg,
        session=row,
        witness=witness,
        reason=reason.strip()[:_LONGEST_REASON],
        by=by,
        at=at,
        key=key,
    )
    preparation.discarded_at = at
    preparation.discard_reason = reason.strip()[:_LONGEST_REASON]
    preparation.save_version()
    if SESSION.can(SessionState(row.state), SessionAction.DISCARD_PREPARATION):
        move_session(row, SessionAction.DISCARD_PREPARATION)
    tell("preparation-discarded", session=row, subject=preparation, by=by, at=at)
    return Done(preparation, Decision())


def _places(value: Decimal, places: int) -> Decimal:
    """Round as a column keeps it. The dose itself is never read back from such a column."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
