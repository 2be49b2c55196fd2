"""The rows of one infusion day, from check-in to signature."""

from __future__ import annotations

from afterglow.apps.treatment.models.checkin import CheckIn, MedicineToday, Override, Refusal
from afterglow.apps.treatment.models.closing import Addendum, Discharge, Recovery, Signature
from afterglow.apps.treatment.models.coverage import Coverage
from afterglow.apps.treatment.models.infusion import (
    Infusion,
    MedicineGiven,
    PumpAction,
    PumpDifference,
    SessionEvent,
)
from afterglow.apps.treatment.models.mistakes import ChartMistake
from afterglow.apps.treatment.models.offline import OfflineEntry, OfflineResolution
from afterglow.apps.treatment.models.order import InfusionOrder, OrderCancellation
from afterglow.apps.treatment.models.preparation import Preparation
from afterglow.apps.treatment.models.rooms import RoomShown

__all__ = [
    "Addendum",
    "ChartMistake",
    "CheckIn",
    "Coverage",
    "Discharge",
    "Infusion",
    "InfusionOrder",
    "MedicineGiven",
    "MedicineToday",
    "OfflineEntry",
    "OfflineResolution",
    "OrderCancellation",
    "Override",
    "Preparation",
    "PumpAction",
    "PumpDifference",
    "Recovery",
    "Refusal",
    "RoomShown",
    "SessionEvent",
    "Signature",
]
