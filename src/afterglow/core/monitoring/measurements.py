"""Reading what a device sent: a value in the sign's own unit, and whether it can be used.

Nothing is dropped: a value that cannot be used keeps its text, and says why. A number outside
the plausible range is kept as an artefact.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from afterglow.core.decisions import Reason, Severity
from afterglow.core.monitoring.catalogue import Metric, ZeroMeans, definition, is_no_value
from afterglow.core.monitoring.limits import plain
from afterglow.core.reason_codes import declare

DEVICE_NO_VALUE = declare(
    "DEVICE_NO_VALUE", Severity.CAUTION, "{seen}: the device sent no value.", subject="monitoring"
)
DEVICE_ZERO_UNCLEAR = declare(
    "DEVICE_ZERO_UNCLEAR",
    Severity.CAUTION,
    "{seen}: either that is so, or the probe is off. Look at the patient.",
    subject="monitoring",
)
DEVICE_NOT_A_NUMBER = declare(
    "DEVICE_NOT_A_NUMBER",
    Severity.CAUTION,
    "{seen} is not a number.",
    subject="monitoring",
)
DEVICE_UNIT_UNKNOWN = declare(
    "DEVICE_UNIT_UNKNOWN",
    Severity.CAUTION,
    "{seen} is not a unit in which this is read; {limit} is.",
    subject="monitoring",
)
DEVICE_OUT_OF_RANGE = declare(
    "DEVICE_OUT_OF_RANGE",
    Severity.CAUTION,
    "{seen} is outside the plausible range of {limit} and is kept as an artefact.",
    subject="monitoring",
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One device value. ``value`` is None when it is text or cannot be read as a number.

    ``is_artefact``: there is a value, and it must raise no alarm and enter no mean.
    """

    metric: Metric
    text: str
    value: Decimal | None = None
    is_artefact: bool = False
    reasons: tuple[Reason, ...] = ()

    @property
    def has_no_value(self) -> bool:
        """Whether the device says that there is nothing to tell: a sentinel, dashes, a blank."""
        return any(reason.code == DEVICE_NO_VALUE.code for reason in self.reasons)

    @property
    def is_unclear(self) -> bool:
        """Whether it is either very bad news or a probe that is off."""
        line = definition(self.metric)
        if line.zero is not ZeroMeans.UNCLEAR or self.value is None or line.plausible is None:
            return False
        return 0 <= self.value < line.plausible.lowest

    @property
    def is_usable(self) -> bool:
        """Whether it may be shown as a reading."""
        return not self.is_artefact and not self.reasons


def read_measurement(
    metric: Metric, text: str, *, unit_code: int | None = None, ucum: str = ""
) -> Measurement:
    """Return what a device value means. ``unit_code`` is the MDC unit number, when there is one."""
    line = definition(metric)
    if is_no_value(text):
        return Measurement(metric, text, reasons=(DEVICE_NO_VALUE.reason(seen=line.name),))
    if line.is_text or line.plausible is None:
        return Measurement(metric, text.strip())
    number = _number(text)
    if number is None:
        shown = f"{line.name} “{text.strip()[:20]}”"
        return Measurement(metric, text, reasons=(DEVICE_NOT_A_NUMBER.reason(seen=shown),))
    conversion = line.conversion_from(unit_code, ucum)
    if conversion is None:
        unit = str(unit_code) if unit_code is not None else ucum or "no unit"
        reason = DEVICE_UNIT_UNKNOWN.reason(seen=f"{line.name} in {unit}", limit=line.shown_unit)
        return Measurement(metric, text, reasons=(reason,))
    value = conversion.apply(number, decimals=line.decimals)
    if number == 0 and line.zero is ZeroMeans.NO_VALUE:
        return Measurement(metric, text, reasons=(DEVICE_NO_VALUE.reason(seen=line.name),))
    if number == 0 and line.zero is ZeroMeans.UNCLEAR:
        unclear = DEVICE_ZERO_UNCLEAR.reason(seen=f"{line.name} {line.with_unit(value)}")
        return Measurement(metric, text, value, is_artefact=True, reasons=(unclear,))
    if line.plausible.holds(value):
        return Measurement(metric, text, value)
    limit = f"{plain(line.plausible.lowest)} to {line.with_unit(line.plausible.highest)}"
    reason = DEVICE_OUT_OF_RANGE.reason(seen=f"{line.name} {line.with_unit(value)}", limit=limit)
    return Measurement(metric, text, value, is_artefact=True, reasons=(reason,))


def _number(text: str) -> Decimal | None:
    """Return a number of a sensible length, or None. HL7 NM knows no exponent and no comma."""
    cleaned = text.strip()
    if len(cleaned) > 16 or not cleaned.isascii() or "e" in cleaned.lower() or "_" in cleaned:
        return None
    try:
        number = Decimal(cleaned)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
