"""Every reason code of the core: importing this module has them all declared."""

from afterglow.core.courses import acceptance
from afterglow.core.dosing import codes as dosing
from afterglow.core.evidence import codes as evidence
from afterglow.core.evidence.synthesis import codes as synthesis
from afterglow.core.instruments import reasons
from afterglow.core.monitoring import alarm_state, entry, measurements, retention
from afterglow.core.pharmacology import validity
from afterglow.core.reason_codes import ReasonCode, all_reason_codes
from afterglow.core.scheduling import booking
from afterglow.core.treatment import calls, codes, coverage

__all__ = [
    "ReasonCode",
    "acceptance",
    "alarm_state",
    "all_reason_codes",
    "booking",
    "calls",
    "codes",
    "coverage",
    "dosing",
    "entry",
    "evidence",
    "measurements",
    "reasons",
    "retention",
    "synthesis",
    "validity",
]
