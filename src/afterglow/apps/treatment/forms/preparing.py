"""Drawing, the bag, the second person's read-back, discarding."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.accounts.forms import SecondPersonForm
from afterglow.apps.people.forms import DayField
from afterglow.apps.stock.models import Vial
from afterglow.apps.treatment.forms.infusion import new_key
from afterglow.core.dosing import Diluent
from afterglow.core.quantities import Concentration, Volume
from afterglow.web.formats import date_words
from afterglow.web.forms import DecimalField, KeyField, WebForm

DILUENTS = {
    "sodium_chloride_0_9": gettext_lazy("Sodium chloride 0.9 %"),
    "dextrose_5": gettext_lazy("Dextrose 5 %"),
    "sterile_water": gettext_lazy("Sterile water"),
}


class BagForm(WebForm):
    """Which bag and line: chosen before anything is drawn, for the arithmetic follows from it."""

    bag_ml = DecimalField(
        unit="mL",
        places=1,
        label=gettext_lazy("Bag"),
        min_value=Decimal(1),
        max_value=Decimal(1000),
    )
    line_ml = DecimalField(
        unit="mL",
        places=1,
        required=False,
        label=gettext_lazy("Stays in the line"),
        min_value=Decimal(0),
        max_value=Decimal(100),
    )
    residual_ml = DecimalField(
        unit="mL",
        places=1,
        required=False,
        label=gettext_lazy("Stays in the bag"),
        min_value=Decimal(0),
        max_value=Decimal(100),
    )

    @property
    def diluent(self) -> Diluent:
        """The bag as the core reckons with it."""
        data = self.cleaned_data
        return Diluent(
            Volume.ml(data["bag_ml"]),
            line=Volume.ml(data["line_ml"] or 0),
            residual=Volume.ml(data["residual_ml"] or 0),
        )


class PrepareForm(SecondPersonForm):
    """What is read off the vial, what was drawn, and who watched."""

    key = KeyField(initial=new_key)
    label_strength = DecimalField(
        unit="mg/mL",
        places=3,
        label=gettext_lazy("Strength on the vial"),
        min_value=Decimal(0),
        max_value=Decimal(1000),
    )
    label_lot = forms.CharField(
        max_length=40,
        label=gettext_lazy("Lot on the vial"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 14}),
    )
    label_expiry = DayField(
        label=gettext_lazy("Expiry on the vial"),
        widget=forms.DateInput(
            attrs={"type": "date", "size": 12, "max": "9999-12-31", "data-left-full": ""},
            format="%Y-%m-%d",
        ),
    )
    drawn_ml = DecimalField(
        unit="mL",
        places=3,
        label=gettext_lazy("Drawn"),
        min_value=Decimal(0),
        max_value=Decimal(100),
    )
    diluent_name = forms.ChoiceField(
        choices=list(DILUENTS.items()), label=gettext_lazy("Diluent"), widget=forms.RadioSelect
    )
    field_order = (
        "label_strength",
        "label_lot",
        "label_expiry",
        "drawn_ml",
        "diluent_name",
        "username",
        "secret",
    )

    def __init__(
        self, *args: Any, vial: Vial | None, diluents: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.vial = vial
        field = self.fields["diluent_name"]
        assert isinstance(field, forms.ChoiceField)  # declared above  # noqa: S101
        field.choices = [(name, DILUENTS.get(name, name)) for name in diluents]

    def clean_label_lot(self) -> str:
        """The lot in the hand is the lot on the shelf."""
        lot = str(self.cleaned_data["label_lot"]).strip()
        if self.vial is not None and lot.casefold() != self.vial.lot.casefold():
            raise ValidationError(
                _("The vial in your hand says lot %(seen)s; the one chosen is lot %(limit)s."),
                params={"seen": lot, "limit": self.vial.lot},
            )
        return lot

    def clean_label_expiry(self) -> dt.date:
        """So is its date."""
        day: dt.date = self.cleaned_data["label_expiry"]
        if self.vial is not None and day != self.vial.expires_on:
            raise ValidationError(
                _("The vial in your hand expires %(seen)s; the one chosen %(limit)s."),
                params={"seen": date_words(day), "limit": date_words(self.vial.expires_on)},
            )
        return day

    @property
    def strength(self) -> Concentration:
        """The strength that was read."""
        return Concentration.mg_per_ml(self.cleaned_data["label_strength"])

    @property
    def drawn(self) -> Volume:
        """The volume that was drawn."""
        return Volume.ml(self.cleaned_data["drawn_ml"])


class ReadBackForm(SecondPersonForm):
    """What the second person reads off wristband, vial, bag and pump, aloud."""

    read_patient = forms.CharField(
        max_length=40, label=gettext_lazy("Record number on the wristband")
    )
    read_drug = forms.CharField(max_length=80, label=gettext_lazy("Drug on the vial"))
    read_strength = forms.CharField(
        max_length=20, label=gettext_lazy("Strength on the vial, mg/mL")
    )
    read_drawn_ml = forms.CharField(max_length=20, label=gettext_lazy("Drawn in the syringe, mL"))
    read_bag_ml = forms.CharField(max_length=20, label=gettext_lazy("In the bag, mL"))
    read_rate = forms.CharField(max_length=20, label=gettext_lazy("Rate set at the pump, mL/h"))
    read_volume = forms.CharField(max_length=20, label=gettext_lazy("Volume set at the pump, mL"))
    field_order = (
        "username",
        "read_patient",
        "read_drug",
        "read_strength",
        "read_drawn_ml",
        "read_bag_ml",
        "read_rate",
        "read_volume",
        "secret",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name.startswith("read_"):
                field.widget.attrs |= {"autocomplete": "off", "size": 14}

    @property
    def read_back(self) -> dict[str, str]:
        """What was read, by the service's names."""
        return {
            name.removeprefix("read_"): str(value)
            for name, value in self.cleaned_data.items()
            if name.startswith("read_")
        }


class DiscardForm(SecondPersonForm):
    """Why the bag is thrown away, and who watched."""

    key = KeyField(initial=new_key)
    reason = forms.CharField(max_length=200, label=gettext_lazy("Why is it discarded?"))
    field_order = ("reason", "username", "secret")
