"""Forms of consent."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.consent.models import SignatureMethod
from afterglow.apps.courses.forms import version_choices
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.people.forms import DayField
from afterglow.web.forms import KeyField, WebForm


class ConsentForm(WebForm):
    """Who signed which version, how and when."""

    key = KeyField(required=False)
    text = forms.ChoiceField(
        label=gettext_lazy("Consent text"), widget=forms.RadioSelect, choices=[]
    )
    method = forms.ChoiceField(
        label=gettext_lazy("How it was signed"),
        choices=[
            (SignatureMethod.ON_SCREEN, gettext_lazy("On this screen, by typing the name")),
            (SignatureMethod.PAPER, gettext_lazy("On paper")),
        ],
        widget=forms.RadioSelect,
        initial=SignatureMethod.ON_SCREEN,
    )
    signed_name = forms.CharField(
        label=gettext_lazy("Name as the patient signs"),
        max_length=160,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    signed_on = DayField(
        label=gettext_lazy("Signed on"),
        required=False,
        help_text=gettext_lazy("For paper signed earlier. Empty: now."),
    )
    explained = forms.BooleanField(
        label=gettext_lazy("I explained the text; questions were answered; a copy was offered")
    )
    name_confirmed = forms.BooleanField(
        label=gettext_lazy("The name is right: somebody else may sign for this patient"),
        required=False,
    )

    def __init__(self, *args: Any, at: dt.datetime, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        offered = version_choices(DefinitionKind.CONSENT_TEXT, at=at)
        self.fields["text"].choices = offered  # type: ignore[attr-defined]
        self.fields["name_confirmed"].widget = forms.HiddenInput()

    def ask_about_the_name(self) -> None:
        """Ask whether another name is right, now that one was typed."""
        self.fields["name_confirmed"].widget = forms.CheckboxInput()

    def clean_signed_on(self) -> dt.date | None:
        """Refuse a day to come."""
        day: dt.date | None = self.cleaned_data["signed_on"]
        if day is not None and day > self.today:
            raise ValidationError(
                _("%(seen)s lies in the future; today is %(limit)s."),
                params={"seen": f"{day:%d %b %Y}", "limit": f"{self.today:%d %b %Y}"},
            )
        return day


class WithdrawForm(WebForm):
    """Why the patient took the consent back, if they say."""

    reason = forms.CharField(
        label=gettext_lazy("What the patient said"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
