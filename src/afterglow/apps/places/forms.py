"""Forms of sites, rooms and the equipment check."""

from __future__ import annotations

import zoneinfo
from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from afterglow.apps.places.models import Room, Site
from afterglow.apps.places.services import SiteWords
from afterglow.web.forms import WebForm
from afterglow.web.sentences import name_words

WEEKDAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)


class SiteForm(WebForm):
    """A site."""

    name = forms.CharField(label=_("Name"), max_length=120)
    time_zone = forms.CharField(
        label=_("Time zone"), max_length=60, help_text=_("Such as America/New_York.")
    )
    address = forms.CharField(
        label=_("Address"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    phone = forms.CharField(label=_("Phone"), max_length=40)
    after_hours_phone = forms.CharField(
        label=_("Phone after hours"), max_length=40, help_text=_("Answered 24 hours.")
    )
    emergency_number = forms.CharField(label=_("Emergency number"), max_length=20, initial="911")
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    shows_predicted_level = forms.BooleanField(
        label=_("Show the predicted level on the infusion page"),
        required=False,
        initial=True,
        help_text=_("A modelled band under the vital signs; it is secondary and never a reading."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean_time_zone(self) -> str:
        """Refuse what is no IANA name."""
        zone = str(self.cleaned_data["time_zone"]).strip()
        if zone not in zoneinfo.available_timezones():
            raise ValidationError(
                _now("“%(seen)s” is not a time zone. Write one such as America/New_York."),
                params={"seen": zone},
            )
        return zone

    @property
    def words(self) -> SiteWords:
        """What the service takes."""
        data = {name: self.cleaned_data[name] for name in SiteWords.__dataclass_fields__}
        return SiteWords(**data)

    @classmethod
    def showing(cls, site: Site) -> SiteForm:
        """Return the form filled with a site."""
        initial = {name: getattr(site, name) for name in SiteWords.__dataclass_fields__}
        return cls(initial={**initial, "seen": site.row_version})


class NewSiteForm(SiteForm):
    """A new site has a code too, which never changes."""

    code = forms.SlugField(label=_("Code"), max_length=20, help_text=_("Short, for lists."))
    field_order = ["code", "name"]


class HoursForm(WebForm):
    """The week: both times of a day, or neither when it is closed."""

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        week = {day.weekday: day for day in site.hours.all()}
        clock = {"type": "time"}
        for number, word in enumerate(WEEKDAYS):
            day = week.get(number)
            for part, label in (("opens", _("opens")), ("closes", _("closes"))):
                self.fields[f"{part}_{number}"] = forms.TimeField(
                    label=f"{word} {label}",
                    required=False,
                    initial=getattr(day, part, None),
                    widget=forms.TimeInput(format="%H:%M", attrs=clock),
                )

    def clean(self) -> dict[str, Any]:
        """Check each day."""
        for number, word in enumerate(WEEKDAYS):
            opens = self.cleaned_data.get(f"opens_{number}")
            closes = self.cleaned_data.get(f"closes_{number}")
            if (opens is None) != (closes is None):
                self.add_error(
                    f"closes_{number}",
                    _now("%(day)s has one time only. Give both, or none when closed.")
                    % {"day": word},
                )
            elif opens is not None and closes <= opens:
                self.add_error(
                    f"closes_{number}",
                    _now("Closing at %(closes)s is not after opening at %(opens)s.")
                    % {"closes": f"{closes:%H:%M}", "opens": f"{opens:%H:%M}"},
                )
        return self.cleaned_data

    @property
    def hours(self) -> dict[int, tuple[time, time]]:
        """What the service takes."""
        return {
            number: (self.cleaned_data[f"opens_{number}"], self.cleaned_data[f"closes_{number}"])
            for number in range(7)
            if self.cleaned_data[f"opens_{number}"] is not None
        }


class RoomForm(WebForm):
    """A room."""

    name = forms.CharField(label=_("Name"), max_length=60)
    point_of_care = forms.CharField(
        label=_("Name on monitors"),
        max_length=60,
        required=False,
        help_text=_("What monitors call it, such as INFUSION^CHAIR3."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @classmethod
    def showing(cls, room: Room) -> RoomForm:
        """Return the form filled with a room."""
        names = ("name", "point_of_care", "is_active")
        initial = {name: getattr(room, name) for name in names}
        return cls(initial={**initial, "seen": room.row_version})


class EquipmentForm(WebForm):
    """Every item of the checklist: in order, or not."""

    def __init__(self, *args: Any, items: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = [item["key"] for item in items]
        for item in items:
            self.fields[item["key"]] = forms.TypedChoiceField(
                label=name_words(item["text"]["value"]),
                choices=[("yes", _("In order")), ("no", _("Not in order"))],
                widget=forms.RadioSelect,
                coerce=lambda answer: answer == "yes",
                error_messages={"required": _("Look at it and say how it is.")},
            )
        self.fields["note"] = forms.CharField(label=_("Note"), required=False, max_length=500)

    @property
    def answers(self) -> dict[str, bool]:
        """What the service takes."""
        return {key: self.cleaned_data[key] for key in self.keys}
