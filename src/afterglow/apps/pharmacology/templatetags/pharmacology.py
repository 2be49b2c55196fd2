"""The mechanism explainer as one tag. ``{% load pharmacology %}{% mechanism action=url %}``."""

from __future__ import annotations

from typing import Any

from django import template

from afterglow.apps.pharmacology.explainer import Explained, explain
from afterglow.apps.pharmacology.forms import SimulationForm
from afterglow.web import clock

register = template.Library()


@register.inclusion_tag("pharmacology/_mechanism.html")
def mechanism(
    action: str = "",
    explained: Explained | None = None,
    form: SimulationForm | None = None,
    *,
    level: int = 3,
) -> dict[str, Any]:
    """Draw the three phases and one simulated dose; the form asks ``action`` for another.

    Works without scripts, in the language of the page. Where a definition it draws from is
    retired, a sentence stands in its place. ``level`` is that of the heading over the form.
    """
    shown = explained or explain(at=clock.now())
    if form is None and shown is not None:
        form = SimulationForm(
            limits=dict(shown.limits),
            initial={"dose": shown.simulated.dose, "minutes": shown.simulated.minutes},
        )
    return {"explained": shown, "form": form, "action": action, "level": level}
