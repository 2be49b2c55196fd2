"""Two plans to compare; the public simulation's two controls, inside limits that are data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from afterglow.web.forms import DecimalField, WebForm

# Guards against a slipped decimal point. Whether a plan may be predicted is the model's to say.
_DOSE: Any = {"unit": "mg/kg", "places": 3, "min_value": Decimal("0.01"), "max_value": Decimal(10)}
_MINUTES: Any = {"unit": "min", "places": 1, "min_value": Decimal(1), "max_value": Decimal(600)}


class PlansForm(WebForm):
    """A plan, and a second one to lay beside it; the second is both numbers or none."""

    dose = DecimalField(label=_("Dose of the first plan"), **_DOSE)
    minutes = DecimalField(label=_("Minutes of the first plan"), **_MINUTES)
    other_dose = DecimalField(label=_("Dose of the second plan"), required=False, **_DOSE)
    other_minutes = DecimalField(label=_("Minutes of the second plan"), required=False, **_MINUTES)

    def clean(self) -> dict[str, Any]:
        """Ask for the missing half of a second plan."""
        has = {
            name: self.cleaned_data.get(name) is not None
            for name in ("other_dose", "other_minutes")
        }
        for name, there in has.items():
            if not there and any(has.values()) and name not in self.errors:
                self.add_error(name, _("A second plan needs a dose and minutes."))
        return self.cleaned_data

    @property
    def plans(self) -> list[tuple[Decimal, Decimal]]:
        """The plans that were asked for: mg/kg and minutes."""
        data = self.cleaned_data
        found = [(data["dose"], data["minutes"])]
        if data.get("other_dose") is not None:
            found.append((data["other_dose"], data["other_minutes"]))
        return found


class BodyForm(PlansForm):
    """The same for a body that is nobody's: the planner without a patient."""

    weight = DecimalField(
        label=_("Weight"), unit="kg", places=1, min_value=Decimal(20), max_value=Decimal(350)
    )
    age = DecimalField(
        label=_("Age"), unit="years", places=0, min_value=Decimal(0), max_value=Decimal(120)
    )
    field_order = ["weight", "age"]


class SimulationForm(WebForm):
    """The public simulation. ``limits``: name to (lowest, highest) of each control."""

    dose = DecimalField(unit="mg/kg", places=2, label=_("Dose"))
    minutes = DecimalField(unit="min", places=0, label=_("Minutes"))

    def __init__(self, *args: Any, limits: dict[str, tuple[Decimal, Decimal]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, (lowest, highest) in limits.items():
            field = self.fields[name]
            if not isinstance(field, DecimalField):
                raise AssertionError(f"{name} is no number field.")
            field.min_value, field.max_value = lowest, highest
