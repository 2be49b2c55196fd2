"""The monitoring rules that a session runs under, parsed once per version."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from afterglow.apps.definitions.models import Definition
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.errors import AfterglowError
from afterglow.core.monitoring.rules import MonitoringRules

log = logging.getLogger(__name__)

_PARSED: dict[str, MonitoringRules] = {}


def rules_of(session: TreatmentSession) -> MonitoringRules:
    """Return the session's monitoring rules. Raises InvalidValue naming the leaf that is wrong.

    A definition never changes, so what was parsed is kept by its hash; ``protocol__body`` may be
    deferred and is fetched only at the first use.
    """
    definition: Definition = session.protocol
    known = _PARSED.get(definition.sha256)
    if known is None:
        known = _PARSED[definition.sha256] = MonitoringRules.parse(definition.body["monitoring"])
    return known


def with_rules(sessions: Iterable[TreatmentSession]) -> list[TreatmentSession]:
    """Return the sessions whose rules can be read, and log each other one.

    Many sessions are judged together: one with broken rules is not to cost the others theirs.
    """
    found = []
    for session in sessions:
        try:
            rules_of(session)
        except AfterglowError:
            log.exception("The alarms of session %s cannot be judged", session.public_id)
        else:
            found.append(session)
    return found
