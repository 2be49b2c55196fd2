"""Receiving vials, and removing what a vial still holds."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.accounts.forms import SecondPersonForm
from afterglow.apps.medicines.models import Product
from afterglow.apps.people.forms import DayField
from afterglow.core.quantities import Volume
from afterglow.core.stock import LedgerKind
from afterglow.web.forms import DecimalField, KeyField, WebForm, WholeNumberField

MOST_AT_ONCE = 100
_LAST_DIGITS = re.compile(r"^(.*?)(\d+)$")


def holdable() -> Any:
    """Return the products whose milligrams can be counted."""
    return Product.objects.filter(
        is_active=True, is_fda_approved=True, strength_mg_per_ml__isnull=False
    ).exclude(schedule="")


class ReceiveForm(WebForm):
    """One delivery of one lot."""

    key = KeyField(initial=uuid.uuid4)
    product = forms.ModelChoiceField(
        queryset=Product.objects.none(), to_field_name="public_id", label=gettext_lazy("Product")
    )
    lot = forms.CharField(max_length=40, label=gettext_lazy("Lot"))
    expires_on = DayField(label=gettext_lazy("Expiry"))
    contents_ml = DecimalField(
        unit="mL",
        places=3,
        min_value=Decimal("0.1"),
        max_value=Decimal(100),
        label=gettext_lazy("In each vial"),
    )
    how_many = WholeNumberField(
        min_value=Decimal(1), max_value=Decimal(MOST_AT_ONCE), label=gettext_lazy("How many")
    )
    first_number = forms.CharField(
        max_length=40,
        label=gettext_lazy("Number of the first vial"),
        help_text=gettext_lazy("Ends in digits, such as K-0101; the next vials count on."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = holdable()  # type: ignore[attr-defined]

    def clean_first_number(self) -> str:
        """Refuse a number that cannot be counted on from."""
        text = str(self.cleaned_data["first_number"]).strip()
        if not _LAST_DIGITS.match(text):
            raise ValidationError(
                _("“%(seen)s” does not end in digits, so the next vials cannot be numbered."),
                params={"seen": text},
            )
        return text

    @property
    def numbers(self) -> list[str]:
        """Return the number of each vial: K-0101, K-0102, …"""
        found = _LAST_DIGITS.match(self.cleaned_data["first_number"])
        if found is None:
            raise AssertionError("clean_first_number lets only numbered vials through")
        stem, digits = found.groups()
        first = int(digits)
        return [
            f"{stem}{number:0{len(digits)}d}"
            for number in range(first, first + self.cleaned_data["how_many"])
        ]

    @property
    def contents(self) -> Volume:
        """Return what each vial holds."""
        return Volume.ml(self.cleaned_data["contents_ml"])


class RemoveForm(SecondPersonForm):
    """Everything that a vial still holds leaves the cabinet, before a witness."""

    key = KeyField(initial=uuid.uuid4)
    kind = forms.ChoiceField(
        choices=[
            (LedgerKind.WASTED.value, gettext_lazy("Wasted")),
            (LedgerKind.LOST.value, gettext_lazy("Lost, broken or missing")),
        ],
        widget=forms.RadioSelect,
        label=gettext_lazy("What becomes of the rest"),
    )
    reason = forms.CharField(max_length=200, label=gettext_lazy("Why"))
    field_order = ["key", "kind", "reason", "username", "secret"]
