"""The rules a session runs under: the exact protocol version it points at, parsed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from afterglow.apps.definitions.models import Definition
from afterglow.core.cited import Section
from afterglow.core.dosing import DosingRules
from afterglow.core.monitoring.rules import MonitoringRules
from afterglow.core.treatment.rules import SessionRules


@dataclass(frozen=True, slots=True)
class Protocol:
    """One version of a dosing protocol, as the three core packages read it."""

    key: str
    version: int
    title: str
    dosing: DosingRules
    session: SessionRules
    monitoring: MonitoringRules

    @property
    def name(self) -> str:
        """Key and version, as records print it."""
        return f"{self.key} v{self.version}"


@lru_cache(maxsize=64)
def _parse(definition_pk: int) -> Protocol:
    # A definition never changes, so its parsed form may be kept for as long as the process lives.
    definition = Definition.objects.get(pk=definition_pk)
    return Protocol(
        key=definition.key,
        version=definition.version,
        title=definition.title,
        dosing=DosingRules.parse(Section("dosing", definition.body["dosing"])),
        session=SessionRules.from_section(Section("session", definition.body["session"])),
        monitoring=MonitoringRules.parse(definition.body["monitoring"]),
    )


def rules_of(definition_pk: int) -> Protocol:
    """Return the parsed protocol. Raises InvalidValue naming the path that is wrong."""
    return _parse(definition_pk)


def forget() -> None:
    """Forget parsed protocols; for tests, which make databases anew and so reuse keys."""
    _parse.cache_clear()
