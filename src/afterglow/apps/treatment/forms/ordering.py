"""The order of one day: dose, time, what it is reckoned on, and what may be given by need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy

from afterglow.apps.medicines.models import Product
from afterglow.apps.people.forms import DayField
from afterglow.core.quantities import DosePerMass, Duration, MassBasis
from afterglow.web.forms import DecimalField, WebForm

BASES = [
    ("", gettext_lazy("As the protocol says")),
    (MassBasis.ACTUAL, gettext_lazy("Actual weight")),
    (MassBasis.IDEAL, gettext_lazy("Ideal weight (Devine)")),
    (MassBasis.ADJUSTED, gettext_lazy("Adjusted weight")),
]


class OrderForm(WebForm):
    """One infusion order. ``seen_order`` is the order that stood on the signer's screen."""

    seen_order = forms.UUIDField(widget=forms.HiddenInput, required=False)
    for_date = DayField(label=gettext_lazy("For the day"))
    dose = DecimalField(unit="mg/kg", places=3, label=gettext_lazy("Dose"))
    minutes = DecimalField(unit="min", places=1, label=gettext_lazy("Over"))
    basis = forms.ChoiceField(
        choices=BASES,
        required=False,
        widget=forms.RadioSelect,
        label=gettext_lazy("Reckoned on"),
        help_text=gettext_lazy("From a BMI of 30 the basis must be chosen."),
    )
    prn = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("May be given by need"),
    )
    soft_limit_reason = forms.CharField(
        required=False,
        max_length=400,
        label=gettext_lazy("Reason, if past a soft limit"),
        widget=forms.TextInput(),
    )
    instructions = forms.CharField(
        required=False,
        max_length=2000,
        label=gettext_lazy("Instructions"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self,
        *args: Any,
        products: Sequence[Product],
        day: dt.date | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.day = day
        field = self.fields["prn"]
        assert isinstance(field, forms.MultipleChoiceField)  # declared above  # noqa: S101
        field.choices = [(each.key, each.name) for each in products]
        if day is not None:
            del self.fields["for_date"]
        for name in ("basis", "prn"):
            self.fields[name].says_optional = False  # type: ignore[attr-defined]  # read by fields.py

    def saw(self, order: UUID | None) -> None:
        """Say which order stands on the screen now, after a refusal that named it."""
        data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        data["seen_order"] = str(order or "")
        self.data = data

    def clean_dose(self) -> Decimal:
        """A dose is above zero; the protocol's limits are the service's."""
        return self._positive("dose", "mg/kg")

    def clean_minutes(self) -> Decimal:
        """So is a time."""
        return self._positive("minutes", "min")

    def _positive(self, name: str, unit: str) -> Decimal:
        value: Decimal = self.cleaned_data[name]
        if not 0 < value < 1000:
            raise forms.ValidationError(
                gettext_lazy("%(seen)s %(unit)s is outside the range above 0 to 1000."),
                params={"seen": value, "unit": unit},
            )
        return value

    @property
    def order(self) -> dict[str, Any]:
        """The order as the service takes it."""
        data = self.cleaned_data
        return {
            "for_date": self.day or data["for_date"],
            "dose": DosePerMass.mg_per_kg(data["dose"]),
            "over": Duration.minutes(data["minutes"]),
            "basis": MassBasis(data["basis"]) if data["basis"] else None,
            "prn": tuple(data["prn"]),
            "soft_limit_reason": data["soft_limit_reason"],
            "instructions": data["instructions"],
            "seen_order": data["seen_order"],
        }
