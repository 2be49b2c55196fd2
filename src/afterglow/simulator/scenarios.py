"""What can go wrong in a rehearsal, switched on and off while the simulator runs."""

from __future__ import annotations

from enum import StrEnum


class Scenario(StrEnum):
    """A rehearsed event. CALM is none of them."""

    CALM = "calm"
    HYPERTENSION = "hypertension"
    """The pressure answers the dose several times as much as usual."""
    DESATURATION = "desaturation"
    """Breathing slows and saturation falls within a minute or two."""
    PROBE_OFF = "probe-off"
    """The oximeter sends zeros, as a monitor does when its probe has come off."""
    EMERGENCE_DISTRESS = "emergence-distress"
    """Frightened on coming back: pulse, pressure and breathing go up together."""
    EXTRAVASATION = "extravasation"
    """The pump runs into the tissue: what it counts does not reach the blood."""
    FREE_FLOW = "free-flow"
    """The bag runs in by gravity, whatever the pump was told."""
