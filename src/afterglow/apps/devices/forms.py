"""The form of a device, and the one that says where it stands."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from afterglow.apps.definitions.models import Definition, DefinitionKind
from afterglow.apps.devices.models import Device, DeviceKind
from afterglow.apps.devices.services import DeviceWords
from afterglow.apps.places.models import Room, Site
from afterglow.core.errors import InvalidValue
from afterglow.web.forms import WebForm
from afterglow.web.sentences import error_words

_ABOUT = (
    ("zone", "time_zone"),
    ("network", "addresses"),
    ("messages a second", "messages_per_s"),
    ("Service", "service_due_on"),
    ("bed", "bed"),
)


class DeviceForm(WebForm):
    """A monitor or a pump."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(DeviceKind.MONITOR.value, _("Monitor")), (DeviceKind.PUMP.value, _("Pump"))],
    )
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("As people call it."))
    eui64 = forms.CharField(
        label=_("EUI-64"),
        max_length=30,
        required=False,
        help_text=_("Sixteen hexadecimal digits, on its label. Empty only with a bed below."),
    )
    serial = forms.CharField(label=_("Serial number"), max_length=80, required=False)
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=60,
        required=False,
        help_text=_("Only for a device that sends no zone; empty: the site's."),
    )
    sends_as = forms.CharField(
        label=_("Sends as"),
        max_length=200,
        required=False,
        help_text=_("The name in MSH-3, for a device without EUI-64."),
    )
    bed = forms.CharField(
        label=_("Bed it names"),
        max_length=200,
        required=False,
        help_text=_("PV1-3 as it sends it, such as INFUSION^CHAIR3^1."),
    )
    addresses = forms.CharField(
        label=_("May send from"),
        max_length=200,
        required=False,
        help_text=_("Addresses or networks, by commas; empty: any."),
    )
    messages_per_s = forms.IntegerField(
        label=_("Messages a second at most"), required=False, min_value=1, max_value=10000
    )
    profile = forms.ChoiceField(label=_("Device profile"), required=False)
    serviced_on = forms.DateField(
        label=_("Serviced on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    service_due_on = forms.DateField(
        label=_("Service due on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    words: DeviceWords

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = Definition.objects.filter(kind=DefinitionKind.DEVICE_PROFILE)
        choices = [(key, key) for key in keys.values_list("key", flat=True).distinct()]
        field = self.fields["profile"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (as declared above)
        field.choices = [("", _("None: it keeps to IHE PCD-01")), *sorted(set(choices))]

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
                about = next((field for word, field in _ABOUT if word in str(problem)), "eui64")
                self.add_error(about, error_words(problem))
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
