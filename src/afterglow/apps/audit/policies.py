"""May this person open this chart?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from afterglow.apps.audit import queries
from afterglow.core.decisions import Decision, blocker, info
from afterglow.core.permission import Actor, Forbidden
from afterglow.core.roles import Action


def may_open_chart(
    *,
    by: Actor,
    patient: UUID,
    sites: Iterable[Any],
    at: dt.datetime,
    on: dt.date,
    action: Action = Action.VIEW_CHART,
) -> Decision:
    """Decide whether ``by`` may read a chart: by a role at a site of the patient's, or by glass.

    ``sites`` are the sites where the patient is in care (sites or their public ids). ``action`` is
    VIEW_DEMOGRAPHICS for what the front desk needs: who it is, bookings, allergies.
    """
    answers = [by.may(action, site=site, on=on) for site in sites]
    if any(answer.allowed for answer in answers):
        return Decision()
    glass = queries.open_glass(by=by.public_id, patient=patient, at=at)
    if glass is not None:
        return Decision.from_reasons(
            info(
                "GLASS_BROKEN",
                f"Access by break-glass until {glass.expires_at:%H:%M} UTC.",
                until=f"{glass.expires_at:%H:%M} UTC",
            )
        )
    return Decision.from_reasons(
        *(answer.reasons for answer in answers),
        blocker(
            "CHART_OUTSIDE_YOUR_SITES",
            "You have no role at a site where this patient is in care. "
            "In an emergency, break the glass with a reason.",
        ),
    )


def can_open_chart(
    *, by: Actor, patient: UUID, sites: Iterable[Any], at: dt.datetime, on: dt.date
) -> bool:
    """Whether a link to the chart is drawn."""
    return may_open_chart(by=by, patient=patient, sites=sites, at=at, on=on).allowed


def check_can_open_chart(
    *,
    by: Actor,
    patient: UUID,
    sites: Iterable[Any],
    at: dt.datetime,
    on: dt.date,
    action: Action = Action.VIEW_CHART,
) -> None:
    """Guard a chart. Raises Forbidden with every reason."""
    decision = may_open_chart(by=by, patient=patient, sites=sites, at=at, on=on, action=action)
    if decision.refused:
        raise Forbidden(decision)
