"""Which weight was wrong, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from afterglow.apps.monitoring.models import BodyMassMeasurement
from afterglow.apps.places.models import Site
from afterglow.web import clock
from afterglow.web.forms import WebForm


class TakeMassBackForm(WebForm):
    """One weight on record that counts for nothing from now on."""

    mass = forms.ChoiceField(label=gettext_lazy("Which weight?"), widget=forms.RadioSelect)
    reason = forms.CharField(max_length=200, label=gettext_lazy("What was wrong with it?"))

    def __init__(
        self, *args: Any, masses: Sequence[BodyMassMeasurement], site: Site, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["mass"]
        assert isinstance(field, forms.ChoiceField)  # declared above  # noqa: S101
        field.choices = [
            (str(row.public_id), f"{row.mass_kg}, {clock.local(row.at, site):%Y-%m-%d %H:%M}")
            for row in masses
        ]
