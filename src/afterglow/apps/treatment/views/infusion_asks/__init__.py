"""The dialogs of the infusion page. Each asks one thing and calls one service."""

from afterglow.apps.treatment.views.infusion_asks.care import Drug
from afterglow.apps.treatment.views.infusion_asks.events import Event, Name, Note, Undo
from afterglow.apps.treatment.views.infusion_asks.mistakes import (
    MedicineError,
    PumpError,
    entry,
)
from afterglow.apps.treatment.views.infusion_asks.pump import Difference, Explain, Rate
from afterglow.apps.treatment.views.infusion_asks.readings import Artefact, Correct, Missed

__all__ = [
    "Artefact",
    "Correct",
    "Difference",
    "Drug",
    "Event",
    "Explain",
    "MedicineError",
    "Missed",
    "Name",
    "Note",
    "PumpError",
    "Rate",
    "Undo",
    "entry",
]
