"""Fields of the day's pages: an instant on the site's wall clock, and a yes or no."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.places.models import Site
from afterglow.apps.scheduling.times import latest_instant
from afterglow.core.errors import InvalidValue
from afterglow.web import clock
from afterglow.web.sentences import error_words

_TYPED = "%Y-%m-%d %H:%M"
_CLOCK = re.compile(r"([01]?\d|2[0-3]):?([0-5]\d)")
OLDEST = dt.timedelta(days=366)


class InstantField(forms.Field):
    """A past day and time on the site's wall clock; gives an instant in UTC.

    It is typed, in 24 hours, as every other time is: a browser's own picker would follow the
    browser's clock and habits. A time alone is the last one that has come: 22:30 in the morning is
    last night. Of a time that occurred twice (the clocks went back) it is the later one that
    has come.
    ``site`` and ``at`` (now) are set by the form that holds it.
    """

    site: Site | None = None
    at: dt.datetime | None = None

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget",
            forms.TextInput(attrs={"size": 18, "autocomplete": "off", "placeholder": "18:35"}),
        )
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Show an instant as it may be typed."""
        if isinstance(value, dt.datetime):
            return clock.local(value, self.site).strftime(_TYPED)
        return value

    def to_python(self, value: Any) -> dt.datetime | None:
        """Return the instant, or raise a sentence that repeats what was typed."""
        if value in self.empty_values:
            return None
        text = str(value).strip()
        if self.site is None or self.at is None:
            raise AssertionError("An InstantField needs the form's site and time.")
        try:
            typed = _wall_clock(text, now=clock.local(self.at, self.site))
        except ValueError:
            raise ValidationError(
                _("“%(seen)s” is not a day and time. Write 18:35, or 2026-11-23 18:35."),
                code="not_a_time",
                params={"seen": text[:40]},
            ) from None
        try:
            then = latest_instant(typed.date(), typed.time(), self.site.zone, until=self.at)
        except InvalidValue as problem:
            raise ValidationError(error_words(problem), code="skipped_hour") from None
        if then > self.at:
            here = clock.local(self.at, self.site)
            raise ValidationError(
                _("%(seen)s lies in the future; it is now %(limit)s."),
                code="future",
                params={"seen": f"{typed:%d %b %Y, %H:%M}", "limit": f"{here:%d %b %Y, %H:%M}"},
            )
        if self.at - then > OLDEST:
            raise ValidationError(
                _("%(seen)s is more than a year ago. Look at the year."),
                code="long_ago",
                params={"seen": f"{typed:%d %b %Y}"},
            )
        return then


def _wall_clock(text: str, *, now: dt.datetime) -> dt.datetime:
    """Return what was typed, on the wall clock of ``now``; ValueError where it is no time."""
    if alone := _CLOCK.fullmatch(text):
        typed = now.replace(
            hour=int(alone[1]), minute=int(alone[2]), second=0, microsecond=0, tzinfo=None
        )
        return typed if typed <= now.replace(tzinfo=None) else typed - dt.timedelta(days=1)
    return dt.datetime.strptime(text.replace("T", " "), _TYPED)  # noqa: DTZ007  (the site's wall clock)


class YesNoField(forms.TypedChoiceField):
    """Yes, no, or not asked yet (None). Nothing is ticked beforehand."""

    says_optional = False

    def __init__(self, **kwargs: Any) -> None:
        words = kwargs.pop("words", (gettext_lazy("No"), gettext_lazy("Yes")))
        super().__init__(
            choices=[("no", words[0]), ("yes", words[1])],
            coerce=lambda value: value == "yes",
            empty_value=None,
            required=False,
            widget=forms.RadioSelect,
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        """Show a stored answer."""
        if value is None:
            return ""
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


class AnswerField(forms.ChoiceField):
    """One of a few answers as radios; blank means not asked yet."""

    says_optional = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.RadioSelect, **kwargs)


def tell_place(form: forms.Form, *, site: Site, at: dt.datetime) -> None:
    """Give every instant field of a form the site's clock and now; no field says "optional"."""
    for field in form.fields.values():
        field.says_optional = False  # type: ignore[attr-defined]  # the page says what a blank means
        if isinstance(field, InstantField):
            field.site, field.at = site, at
