"""Everything the rules look at before a drug is drawn."""

from __future__ import annotations

from datetime import datetime

from afterglow.apps.accounts.models import Account
from afterglow.apps.stock import queries as stock
from afterglow.apps.stock.models import Vial
from afterglow.apps.treatment.facts.readiness import allergies_of, product_facts
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.dosing import PlannedInfusion
from afterglow.core.quantities import Concentration, Dose, Volume
from afterglow.core.treatment.facts import DrawFacts, VialFacts


def draw(
    session: TreatmentSession,
    *,
    vial: Vial,
    plan: PlannedInfusion | None,
    volume: Volume,
    final_volume: Volume,
    label_strength: Concentration,
    by: Account,
    witness: str | None,
    at: datetime,
) -> DrawFacts:
    """Gather what decides whether ``volume`` may be drawn from ``vial``.

    ``label_strength`` is what the preparer read off the vial; the plan's is the product on file.
    """
    on_hand = Dose(max(stock.vial_balance(vial).on_hand, Dose.mg(0).value))
    return DrawFacts(
        at=at,
        today=session.site.local_date(at),
        order_signed=plan is not None,
        ordered_product_code=vial.product.key,
        plan_strength_mg_per_ml=vial.strength_mg_per_ml.value,
        volume_ml=volume.value,
        final_volume_ml=final_volume.value,
        vial=VialFacts(
            product=product_facts(vial.product),
            strength_mg_per_ml=label_strength.value,
            lot=vial.lot,
            expires_on=vial.expires_on,
            on_hand_ml=(on_hand / vial.strength_mg_per_ml).value,
            opened_at=vial.opened_at,
            opened_on=session.site.local_date(vial.opened_at) if vial.opened_at else None,
            quarantined=vial.closed_at is not None,
            same_site=vial.site_id == session.site_id,
        ),
        allergies=allergies_of(session),
        drawn_by=str(by.public_id),
        witness=witness,
    )
