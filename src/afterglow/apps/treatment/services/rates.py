"""The rates that a running infusion may be set to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from afterglow.apps.treatment import queries
from afterglow.apps.treatment.bags import bag_of
from afterglow.apps.treatment.models import Infusion, Preparation
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Reason, blocker
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


def rate_reasons(rate: Rate, *, fastest: Rate) -> Iterator[Reason]:
    """Yield why a pump cannot run at a rate, whether it is set at the screen or stands on paper."""
    if not rate > queries.STOPPED:
        yield blocker(
            "RATE_NOT_POSITIVE",
            f"{rate} is not a rate to run at; pause or stop the pump instead.",
            seen=str(rate),
            limit="0 mL/h",
        )
    if rate > fastest:
        yield blocker(
            "RATE_ABOVE_HARD_LIMIT",
            f"{rate} is faster than {fastest}, at which the bag would run in the shortest "
            "time the protocol allows.",
            seen=str(rate),
            limit=str(fastest),
        )


def slower_shares(infusion: Infusion) -> tuple[Decimal, ...]:
    """Return the shares (%) of the present rate that the protocol offers to slow down to."""
    return rules_of(infusion.session.protocol_id).session.slower_rates_percent
