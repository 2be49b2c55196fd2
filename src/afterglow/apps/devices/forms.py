"""The form of a device, and the one that says where it stands."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from afterglow.apps.devices.models import Device, DeviceKind
from afterglow.apps.devices.services import DeviceWords
from afterglow.apps.places.models import Room, Site
from afterglow.core.errors import InvalidValue
from afterglow.web.forms import WebForm


class DeviceForm(WebForm):
    """A monitor or a pump."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(DeviceKind.MONITOR.value, _("Monitor")), (DeviceKind.PUMP.value, _("Pump"))],
    )
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("As people call it."))
    eui64 = forms.CharField(
        label=_("EUI-64"), max_length=30, help_text=_("Sixteen hexadecimal digits, on its label.")
    )
    serial = forms.CharField(label=_("Serial number"), max_length=80, required=False)
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=60,
        required=False,
        help_text=_("Only for a device that sends no zone; empty: the site's."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    words: DeviceWords

    def clean(self) -> dict[str, Any]:
        """Read the whole; what cannot be is said beside the field it is about."""
        data = super().clean() or self.cleaned_data
        if not self.errors:
            names = [name for name in DeviceWords.__dataclass_fields__ if name != "kind"]
            try:
                self.words = DeviceWords(
                    kind=DeviceKind(data["kind"]), **{name: data[name] for name in names}
                )
            except InvalidValue as problem:
                about = "time_zone" if "zone" in str(problem) else "eui64"
                self.add_error(about, str(problem))
        return data

    @classmethod
    def showing(cls, device: Device) -> DeviceForm:
        """Return the form filled with a device."""
        initial = {name: getattr(device, name) for name in DeviceWords.__dataclass_fields__}
        return cls(initial={**initial, "seen": device.row_version})


class PlacementForm(WebForm):
    """Where a device stands."""

    room = forms.UUIDField(label=_("Room"), required=False)

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rooms = Room.objects.filter(site=site, is_active=True)
        self.fields["room"].widget = forms.Select(
            choices=[("", _("In no room")), *((str(r.public_id), r.name) for r in rooms)]
        )
