"""What a person says of an entry that a tablet kept and that could not be charted by itself."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.treatment.forms.infusion import ChartForm
from afterglow.apps.treatment.models.offline import OfflineChoice


class Settling(StrEnum):
    """The buttons of the page."""

    CHARTED = "charted"
    REALLY_RAN = "really_ran"
    NOTED = "noted"
    DROPPED = "dropped"


class SettleForm(ChartForm):
    """What becomes of it, why, and at which time where it is charted at another than its own.

    ``needs_time``: the page offered to chart it at another time only.
    """

    key = None  # type: ignore[assignment]  # an entry is settled once; its own key knows it
    choice = forms.ChoiceField(choices=[(each, each) for each in Settling])
    reason = forms.CharField(max_length=200, required=False, label=gettext_lazy("Reason"))
    needs_time = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """Take a time for what is charted only, and ask for it where nothing is without one."""
        cleaned = super().clean() or {}
        if cleaned.get("choice") is None or "when" in self.errors:
            return cleaned
        charts = cleaned["choice"] in (Settling.CHARTED, Settling.REALLY_RAN)
        if charts and cleaned.get("needs_time") and cleaned.get("when") is None:
            self.add_error("when", _("Type the time at which it happened."))
        elif not charts and cleaned.get("when") is not None:
            self.add_error(
                "when",
                _(
                    "A time is taken only for what is charted. A note stands at the time at which "
                    "it was typed: leave the other time empty, or say it in the reason."
                ),
            )
        return cleaned

    @property
    def stored(self) -> OfflineChoice:
        """The choice as the record keeps it: what really ran is charted."""
        chosen = Settling(self.cleaned_data["choice"])
        return OfflineChoice.CHARTED if chosen is Settling.REALLY_RAN else OfflineChoice(chosen)

    @property
    def really_ran(self) -> bool:
        """Whether it is charted as what the pump really ran at."""
        return bool(self.cleaned_data["choice"] == Settling.REALLY_RAN)
