"""The monitoring rules that a session runs under, parsed once per version."""

from __future__ import annotations

from afterglow.apps.definitions.models import Definition
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.rules import MonitoringRules

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
