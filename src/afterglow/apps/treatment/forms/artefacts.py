"""What is asked of a reading that is not to be believed: a reason, and perhaps a stretch."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.places.models import Site
from afterglow.apps.scheduling.times import last_shown
from afterglow.apps.treatment.forms.infusion import PastTimeField, new_key
from afterglow.core.errors import InvalidValue
from afterglow.web import clock
from afterglow.web.forms import KeyField, WebForm
from afterglow.web.sentences import error_words


class ArtefactForm(WebForm):
    """Why, and from when to when; without times it is the one reading.

    ``cleaned_data["stretch"]`` is (since, until, words) or None; whole minutes, both included.
    """

    key = KeyField(initial=new_key)
    reason = forms.CharField(max_length=200, label=gettext_lazy("Reason"))
    since = PastTimeField(required=False, label=gettext_lazy("From, if it is a stretch"))
    until = PastTimeField(
        required=False,
        label=gettext_lazy("To"),
        help_text=gettext_lazy("Whole minutes, both included. Only this sign is marked."),
    )

    def __init__(self, *args: Any, site: Site, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site, self.at = site, at

    def clean(self) -> dict[str, Any]:
        """Make a stretch of the two times."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data["stretch"] = None
        since, until = data.get("since"), data.get("until")
        if self.errors or (since is None and until is None):
            return data
        if since is None or until is None:
            missing = "since" if since is None else "until"
            self.add_error(missing, _("A stretch has two times: from when to when."))
            return data
        begin, end = self._instant("since", since), self._instant("until", until)
        if begin is None or end is None:
            return data
        words = f"{time(*since):%H:%M} – {time(*until):%H:%M}"
        if begin > end:
            self.add_error(
                "until", _("%(words)s: the stretch ends before it begins.") % {"words": words}
            )
            return data
        data["stretch"] = (begin, end + timedelta(minutes=1) - timedelta(microseconds=1), words)
        return data

    def _instant(self, name: str, typed: tuple[int, int]) -> datetime | None:
        """Return the last time the site's clock showed this, or say why there is none."""
        today, said = clock.local(self.at, self.site).date(), time(*typed)
        try:
            return last_shown(today, said, self.site.zone, until=self.at)
        except InvalidValue as never:
            self.add_error(name, ValidationError(error_words(never)))
            return None
