"""Every reason code of the treatment session, declared once, by rule list."""

from afterglow.core.treatment.codes import day, discharge, draw, pump, readiness, sign, vitals

__all__ = ["day", "discharge", "draw", "pump", "readiness", "sign", "vitals"]
