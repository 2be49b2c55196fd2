"""Baseline by hand, room and clinician, overrides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.accounts.forms import SecondPersonForm
from afterglow.apps.treatment.forms.infusion import new_key
from afterglow.core.decisions import Reason
from afterglow.core.instruments.answers import read_answers
from afterglow.core.instruments.definition import Instrument
from afterglow.core.monitoring.catalogue import VitalSignCode, definition
from afterglow.core.monitoring.entry import Entry, read_blood_pressure, read_sign
from afterglow.web.forms import KeyField, WebForm
from afterglow.web.sentences import sentence_of

_DIGITS = {"inputmode": "numeric", "autocomplete": "off", "size": 7}
_PLAUSIBLE = definition(VitalSignCode.DIASTOLIC).plausible
_MOST_DIASTOLIC = int(_PLAUSIBLE.highest) if _PLAUSIBLE else None
"""What a diastolic can be at most: digits that would make more leave the field."""
SIGNS = {
    "heart_rate": gettext_lazy("Heart rate"),
    "spo2": gettext_lazy("SpO2"),
    "respiratory_rate": gettext_lazy("Respiratory rate"),
    "temperature": gettext_lazy("Temperature"),
}


class VitalsForm(WebForm):
    """One set of vital signs by hand: "120/80" in one field; blank is not measured."""

    key = KeyField(initial=new_key)
    pressure = forms.CharField(
        required=False,
        max_length=12,
        label=gettext_lazy("Blood pressure"),
        widget=forms.TextInput(
            attrs={
                **_DIGITS,
                "data-entry": "pressure",
                "data-most": _MOST_DIASTOLIC,
                "placeholder": "120/80",
            }
        ),
    )
    heart_rate = forms.CharField(
        required=False,
        max_length=8,
        label=SIGNS["heart_rate"],
        widget=forms.TextInput(attrs=_DIGITS),
    )
    spo2 = forms.CharField(
        required=False, max_length=8, label=SIGNS["spo2"], widget=forms.TextInput(attrs=_DIGITS)
    )
    respiratory_rate = forms.CharField(
        required=False,
        max_length=8,
        label=SIGNS["respiratory_rate"],
        widget=forms.TextInput(attrs=_DIGITS),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.readings: dict[VitalSignCode, Decimal] = {}
        self.scales: dict[str, Mapping[str, int | None]] = {}
        for field in self.fields.values():
            field.says_optional = False  # type: ignore[attr-defined]  # read by fields.py

    def clean(self) -> dict[str, Any]:
        """Read every field by the core's rules; each wrong one says what it saw and its limit."""
        data = super().clean() or self.cleaned_data
        for name in ("pressure", "heart_rate", "spo2", "respiratory_rate"):
            if text := str(data.get(name) or "").strip():
                entry = (
                    read_blood_pressure(text)
                    if name == "pressure"
                    else read_sign(VitalSignCode(name), text)
                )
                self._take(name, entry)
        self._take_scales(data)
        if not (self.readings or self.scales or self.errors):
            raise ValidationError(_("Nothing was entered. Type what you read."), code="empty")
        return data

    def _take(self, name: str, entry: Entry) -> None:
        for reason in entry.decision.blockers:
            self.add_error(name, sentence_of(reason))
        self.readings.update(entry.values)

    def _take_scales(self, data: Mapping[str, Any]) -> None:
        """Read the scales that a longer form has beside the signs."""


class BaselineForm(VitalsForm):
    """A set of vital signs with the MOAA/S beside it."""

    moaas = forms.CharField(
        required=False, max_length=4, label="MOAA/S", widget=forms.TextInput(attrs=_DIGITS)
    )

    def __init__(
        self,
        *args: Any,
        moaas: Instrument | None,
        told: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        """``told``: what a monitor says now, by sign; the cursor passes those fields, and a
        person may still fill them.
        """
        super().__init__(*args, **kwargs)
        self.instrument = moaas
        for name, value in (told or {}).items():
            if name in self.fields:
                self.fields[name].widget.attrs |= {"data-told": "", "placeholder": value}
        if moaas is not None:
            lowest, highest = moaas.items[0].lowest, moaas.items[0].highest
            self.fields["moaas"].widget.attrs |= {
                "data-entry": "digits",
                "data-least": lowest,
                "data-most": highest,
            }

    def _take_scales(self, data: Mapping[str, Any]) -> None:
        text = str(data.get("moaas") or "").strip()
        if not text:
            return
        if self.instrument is None:
            self.add_error("moaas", _("MOAA/S is not on file here."))
            return
        answers, decision = read_answers(
            self.instrument, {self.instrument.items[0].key: text}, called="MOAA/S"
        )
        for reason in decision.blockers:
            self.add_error("moaas", sentence_of(reason))
        if decision.allowed:
            self.scales["moaas"] = dict(answers)


class PlaceForm(WebForm):
    """Room, and the one clinician who watches."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    room = forms.ChoiceField(label=gettext_lazy("Room"))
    clinician = forms.ChoiceField(label=gettext_lazy("Watched by"))

    def __init__(
        self,
        *args: Any,
        rooms: Sequence[tuple[str, str]],
        people: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("room", rooms), ("clinician", people)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # declared above  # noqa: S101
            field.choices = list(choices)


class OverrideForm(SecondPersonForm):
    """Which reasons are overridden, why, and by whom: signed in here, or beside who is."""

    codes = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, label=gettext_lazy("Override")
    )
    reason = forms.CharField(
        max_length=1000,
        label=gettext_lazy("Why it is right to go on"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    field_order = ("codes", "reason", "username", "secret")

    def __init__(self, *args: Any, standing: Sequence[Reason], own_right: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        field = self.fields["codes"]
        assert isinstance(field, forms.MultipleChoiceField)  # declared above  # noqa: S101
        field.choices = [(each.code, sentence_of(each)) for each in standing]
        for name in ("username", "secret"):
            self.fields[name].required = not own_right
        self.fields["username"].label = _("Sign-in name of the prescriber or medical director")
        if own_right:
            self.fields["username"].help_text = _("Leave empty to override in your own name.")
