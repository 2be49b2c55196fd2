"""The catalogue of reason codes: each declared once, so documents and translations can list all.

A rule never writes a code by hand; it asks its declared code for a reason::

    readiness = Subject("readiness")
    STALE = readiness.blocker("BASELINE_STALE",
                              "The last baseline reading is {seen} old; the limit is {limit}.",
                              by=Overrider.PRESCRIBER)
    STALE.reason(seen="34 min", limit="30 min")

A code lives for ever: its sentence may be improved, its meaning may not.
"""

from __future__ import annotations

from dataclasses import dataclass

from afterglow.core.decisions import Overrider, Reason, Severity
from afterglow.core.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """One code with its default sentence pattern, weight and who may override it.

    ``pattern`` may use ``{seen}`` and ``{limit}``. ``binds_value`` says that an override holds
    only for the very value that was seen when it was given (a pressure of 164 is not 186).
    """

    code: str
    severity: Severity
    pattern: str
    subject: str
    overridable_by: Overrider = Overrider.NOBODY
    binds_value: bool = False
    source: str = ""

    def reason(self, *, seen: object = "", limit: object = "") -> Reason:
        """Return the reason for the value seen and the limit it met."""
        return Reason(
            self.code,
            self.severity,
            self.pattern.format(seen=seen, limit=limit),
            str(seen),
            str(limit),
            self.overridable_by,
        )


_CATALOGUE: dict[str, ReasonCode] = {}


def declare(
    code: str,
    severity: Severity,
    pattern: str,
    *,
    subject: str,
    overridable_by: Overrider = Overrider.NOBODY,
    binds_value: bool = False,
    source: str = "",
) -> ReasonCode:
    """Add a code to the catalogue and return it.

    Raises InvalidValue when the code is taken by another meaning, when its sentence is none, or
    when a reason that does not block claims that somebody may override it.
    """
    declared = ReasonCode(code, severity, pattern, subject, overridable_by, binds_value, source)
    declared.reason(seen="seen", limit="limit")
    if severity is not Severity.BLOCKER and overridable_by is not Overrider.NOBODY:
        raise InvalidValue(f"{code} does not block, so there is nothing to override.")
    if _CATALOGUE.setdefault(code, declared) != declared:
        raise InvalidValue(f"The reason code {code} is already declared with another meaning.")
    return declared


@dataclass(frozen=True, slots=True)
class Subject:
    """A group of codes, as documents list them: ``Subject("draw").blocker(code, pattern)``."""

    name: str

    def blocker(
        self,
        code: str,
        pattern: str,
        *,
        by: Overrider = Overrider.NOBODY,
        binds_value: bool = False,
        source: str = "",
    ) -> ReasonCode:
        """Declare a code that makes the answer no, and who may override it."""
        return declare(
            code,
            Severity.BLOCKER,
            pattern,
            subject=self.name,
            overridable_by=by,
            binds_value=binds_value,
            source=source,
        )

    def caution(self, code: str, pattern: str, *, source: str = "") -> ReasonCode:
        """Declare a code that asks for care."""
        return declare(code, Severity.CAUTION, pattern, subject=self.name, source=source)

    def info(self, code: str, pattern: str, *, source: str = "") -> ReasonCode:
        """Declare a code that only remarks."""
        return declare(code, Severity.INFO, pattern, subject=self.name, source=source)


def reason_code(code: str) -> ReasonCode:
    """Return a declared code. Raises InvalidValue when nobody declared it."""
    try:
        return _CATALOGUE[code]
    except KeyError:
        raise InvalidValue(f"The reason code {code} is not declared.") from None


def all_reason_codes() -> tuple[ReasonCode, ...]:
    """Return every declared code, by subject and code.

    Only packages that were imported have declared theirs; ``afterglow.core.catalogue`` imports
    them all.
    """
    return tuple(sorted(_CATALOGUE.values(), key=lambda each: (each.subject, each.code)))
