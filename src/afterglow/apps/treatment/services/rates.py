"""The rates that a running infusion may be set to."""

from __future__ import annotations

from decimal import Decimal

from afterglow.apps.treatment.bags import bag_of
from afterglow.apps.treatment.models import Infusion, Preparation
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.quantities import Rate


def fastest_rate(infusion: Infusion) -> Rate:
    """Return the fastest rate the protocol allows for a running infusion's bag."""
    return fastest_of(infusion.session, infusion.preparation)


def fastest_of(session: TreatmentSession, preparation: Preparation) -> Rate:
    """Return the fastest rate the protocol allows for this bag: all of it in the shortest time.

    What a pump can be set to, at or under the exact limit: no rounding passes it.
    """
    rules = rules_of(session.protocol_id).dosing
    exact = bag_of(preparation).volume_to_be_infused / rules.limits.shortest
    return rules.rounding.rate(exact, at_most=exact)


def most_of(session: TreatmentSession, preparation: Preparation) -> Rate:
    """Return the rate above which a bag that runs is past what was allowed for it.

    The planned rate of a checked bag is allowed, also where rounding put it a tenth higher.
    """
    return max(fastest_of(session, preparation), preparation.rate_ml_per_h)


def slower_shares(infusion: Infusion) -> tuple[Decimal, ...]:
    """Return the shares (%) of the present rate that the protocol offers to slow down to."""
    return rules_of(infusion.session.protocol_id).session.slower_rates_percent
