"""The rates that a running infusion may be set to."""

from __future__ import annotations

from decimal import Decimal

from afterglow.apps.treatment.bags import bag_of
from afterglow.apps.treatment.models import Infusion
from afterglow.apps.treatment.protocol import rules_of
from afterglow.core.quantities import Rate


def fastest_rate(infusion: Infusion) -> Rate:
    """Return the fastest rate the protocol allows for this bag: all of it in the shortest time.

    What a pump can be set to, at or under the exact limit: no rounding passes it.
    """
    rules = rules_of(infusion.session.protocol_id).dosing
    exact = bag_of(infusion.preparation).volume_to_be_infused / rules.limits.shortest
    return rules.rounding.rate(exact, at_most=exact)


def slower_shares(infusion: Infusion) -> tuple[Decimal, ...]:
    """Return the shares (%) of the present rate that the protocol offers to slow down to."""
    return rules_of(infusion.session.protocol_id).session.slower_rates_percent
