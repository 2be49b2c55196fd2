"""What is typed when somebody takes a patient over, covers a break or must leave."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy

from afterglow.apps.accounts.forms import SecondPersonForm
from afterglow.apps.treatment.forms.infusion import new_key
from afterglow.web.forms import DecimalField, KeyField, WebForm


class TakeOverForm(SecondPersonForm):
    """Whoever takes the patient signs in for it; ``seen`` is who the page said had them."""

    key = KeyField(initial=new_key)
    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)

    field_order: Iterable[str] = ("username", "secret", "key", "seen")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = gettext_lazy("Sign-in name of who takes the patient")
        self.fields["secret"].label = gettext_lazy("Their PIN or password")


class BreakForm(TakeOverForm):
    """A break: who covers it signs in, and until when is said."""

    minutes = DecimalField(
        unit="min", places=0, min_value=Decimal(1), label=gettext_lazy("For how long")
    )

    field_order: Iterable[str] = ("minutes", "username", "secret", "key", "seen")

    @property
    def break_for(self) -> timedelta:
        """How long the break is to last."""
        return timedelta(minutes=float(self.cleaned_data["minutes"]))


class PresentForm(SecondPersonForm):
    """Who is asked for signs that they are with the patient, on somebody else's screen."""

    key = KeyField(initial=new_key)


class LeaveForm(WebForm):
    """Somebody must leave the patient and nobody can come."""

    key = KeyField(initial=new_key)
    reason = forms.CharField(max_length=200, label=gettext_lazy("Why must you leave?"))
