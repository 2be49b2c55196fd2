"""Forms of appointments and shifts: wall-clock times of the site → instants."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.accounts.models import Account
from afterglow.apps.people.forms import DayField
from afterglow.apps.places.models import Site
from afterglow.apps.scheduling.times import instant
from afterglow.core.errors import InvalidValue
from afterglow.web.forms import KeyField, WebForm, WholeNumberField
from afterglow.web.sentences import error_words


class ClockField(forms.TimeField):
    """A time on the wall clock: 14:30."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.TimeInput(attrs={"type": "time", "size": 6}, format="%H:%M")
        )
        super().__init__(input_formats=["%H:%M", "%H.%M", "%H%M", "%I:%M %p"], **kwargs)

    def to_python(self, value: Any) -> dt.time | None:
        """Return the time, or raise a sentence that repeats what was typed."""
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(
                _("“%(seen)s” is not a time. Write it as 14:30."),
                code="not_a_time",
                params={"seen": str(value)[:20]},
            ) from None


class BookingForm(WebForm):
    """Where, when and with whom. ``starts`` and ``ends`` are instants once it is valid."""

    key = KeyField(required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    day = DayField(label=gettext_lazy("Day"))
    clock = ClockField(label=gettext_lazy("Begins"))
    minutes = WholeNumberField(label=gettext_lazy("Length"), unit="min")
    room = forms.ChoiceField(label=gettext_lazy("Room"), choices=[])
    clinician = forms.ChoiceField(label=gettext_lazy("Clinician"), choices=[])
    reason = forms.CharField(label=gettext_lazy("Why it moves"), max_length=200, required=False)
    cautions_seen = forms.BooleanField(
        label=gettext_lazy("I have seen this; book it all the same"), required=False
    )

    def __init__(
        self, *args: Any, site: Site, clinicians: list[Account], moving: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        rooms = [(str(r.public_id), r.name) for r in site.rooms.filter(is_active=True)]
        people = [(str(c.public_id), c.full_name) for c in clinicians]
        self.fields["room"].choices = rooms  # type: ignore[attr-defined]
        self.fields["clinician"].choices = people  # type: ignore[attr-defined]
        self.fields["cautions_seen"].widget = forms.HiddenInput()
        if not moving:
            del self.fields["reason"]

    def ask_about_cautions(self) -> None:
        """Ask whether to book although there are cautions."""
        self.fields["cautions_seen"].widget = forms.CheckboxInput()

    def clean(self) -> dict[str, Any]:
        """Turn the wall-clock time into an instant; a skipped hour is refused by name."""
        data = super().clean() or self.cleaned_data
        if {"day", "clock", "minutes"} <= data.keys():
            try:
                data["starts"] = instant(data["day"], data["clock"], self.site.zone)
            except InvalidValue as problem:
                self.add_error("clock", error_words(problem))
            else:
                data["ends"] = data["starts"] + dt.timedelta(minutes=data["minutes"])
        return data

    @property
    def place(self) -> dict[str, Any]:
        """Room, clinician and time as the services take them."""
        data = self.cleaned_data
        return {
            "room": UUID(data["room"]),
            "clinician": UUID(data["clinician"]),
            "starts": data["starts"],
            "ends": data["ends"],
            "cautions_seen": data["cautions_seen"],
        }


class CancelForm(WebForm):
    """Why the appointment is cancelled."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=gettext_lazy("Why?"), max_length=200)


class LateForm(WebForm):
    """When the patient said they would come."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    until = ClockField(label=gettext_lazy("Expected at"))


class ShiftForm(WebForm):
    """Who works when."""

    key = KeyField(required=False)
    account = forms.ChoiceField(label=gettext_lazy("Who"), choices=[])
    day = DayField(label=gettext_lazy("Day"))
    begins = ClockField(label=gettext_lazy("From"))
    ends = ClockField(label=gettext_lazy("Until"))

    def __init__(self, *args: Any, site: Site, people: list[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        self.fields["account"].choices = [  # type: ignore[attr-defined]
            (str(person.public_id), person.full_name) for person in people
        ]

    def clean(self) -> dict[str, Any]:
        """Turn the times into instants; an end before the beginning is the next day's."""
        data = super().clean() or self.cleaned_data
        if {"day", "begins", "ends"} <= data.keys():
            over = data["ends"] <= data["begins"]
            last = data["day"] + dt.timedelta(days=1) if over else data["day"]
            try:
                data["first"] = instant(data["day"], data["begins"], self.site.zone)
                data["last"] = instant(last, data["ends"], self.site.zone)
            except InvalidValue as problem:
                self.add_error("begins", error_words(problem))
        return data
