"""Form bases: text → exact values, and errors that are sentences with the value and the limit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.web import formats

REQUIRED: Final = gettext_lazy("Please fill this in.")
_DECIMAL: Final = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)")
_THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
_PRESSURE: Final = re.compile(r"(\d{1,3})\s*[/\-\s]\s*(\d{1,3})")


class WebForm(forms.Form):
    """The base of every form: no colon after labels, plain words for what is missing.

    ``idempotency_key`` is not added here: a form whose repeat must be safe declares a
    :class:`KeyField`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        speak_plainly(self)


class WebModelForm(forms.ModelForm):  # type: ignore[type-arg]  # each subclass names its model
    """The same for a form over a model."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        speak_plainly(self)


def speak_plainly(form: forms.BaseForm) -> None:
    """Replace Django's "This field is required." unless the field has words of its own."""
    for field in form.fields.values():
        if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
            field.error_messages["required"] = REQUIRED


class KeyField(forms.UUIDField):
    """A hidden idempotency key: the same key again repeats nothing."""

    widget = forms.HiddenInput


class DecimalField(forms.Field):
    """An exact number, typed with a point or a comma, inside limits that the error names.

    ``unit`` is shown beside the control and in the sentences. ``places`` limits the digits after
    the point. Gives a ``Decimal``.
    """

    def __init__(
        self,
        *,
        unit: str = "",
        min_value: Decimal | None = None,
        max_value: Decimal | None = None,
        places: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.unit, self.min_value, self.max_value, self.places = unit, min_value, max_value, places
        kwargs.setdefault("widget", forms.TextInput(attrs={"size": 8}))
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Ask for the numeric keyboard and no suggestions."""
        return {"inputmode": "decimal", "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        """Show a stored number in the reader's language; leave typed text as it was typed.

        A number that could be read in two ways, such as ``1,125``, has its point everywhere.
        """
        if not isinstance(value, Decimal):
            return value
        text = formats.number(value)
        return text.replace(",", ".") if _THOUSANDS.fullmatch(text) else text

    def to_python(self, value: Any) -> Decimal | None:
        """Return the number, or raise a sentence that repeats what was typed."""
        if value in self.empty_values:
            return None
        if isinstance(value, Decimal):
            return value
        text = str(value).strip()
        if not _DECIMAL.fullmatch(text):
            raise ValidationError(
                _("“%(seen)s” is not a number. Use digits, with one point or comma, such as 70.4."),
                code="not_a_number",
                params={"seen": text[:40]},
            )
        if _THOUSANDS.fullmatch(text) and "," in text:
            raise ValidationError(
                _("“%(seen)s” can be read in two ways. Write it without a comma, or with a point."),
                code="ambiguous",
                params={"seen": text},
            )
        try:
            number = Decimal(text.replace(",", "."))
        except InvalidOperation as error:  # pragma: no cover  the pattern admits only numbers
            raise AssertionError(f"{text!r} matched the pattern and is not a number") from error
        return number

    def validate(self, value: Any) -> None:
        """Refuse what lies outside the limits, naming the value seen and the limit."""
        super().validate(value)
        if value is None:
            return
        seen = self._words(value)
        digits = -int(value.normalize().as_tuple().exponent)
        if self.places is not None and digits > self.places:
            raise ValidationError(
                _("%(seen)s has %(digits)d digits after the point; the limit is %(places)d."),
                code="too_precise",
                params={"seen": seen, "digits": digits, "places": self.places},
            )
        if self.min_value is not None and value < self.min_value:
            raise ValidationError(
                _("%(seen)s is below the lowest value that can be entered, %(limit)s."),
                code="too_low",
                params={"seen": seen, "limit": self._words(self.min_value)},
            )
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(
                _("%(seen)s is above the highest value that can be entered, %(limit)s."),
                code="too_high",
                params={"seen": seen, "limit": self._words(self.max_value)},
            )

    def _words(self, value: Decimal) -> str:
        return formats.with_unit(value, self.unit) if self.unit else formats.number(value)


class WholeNumberField(DecimalField):
    """A whole number inside limits; gives an ``int``."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Ask for the digits keyboard."""
        return {"inputmode": "numeric", "autocomplete": "off"}

    def clean(self, value: Any) -> int | None:
        """Return the number, or raise a sentence."""
        number = super().clean(value)
        if number is None:
            return None
        if number != number.to_integral_value():
            raise ValidationError(
                _("%(seen)s is not a whole number."),
                code="not_whole",
                params={"seen": self._words(number)},
            )
        return int(number)


@dataclass(frozen=True, slots=True)
class PressurePair:
    """Systolic over diastolic, in mmHg, as typed."""

    systolic: int
    diastolic: int

    def __str__(self) -> str:
        return f"{self.systolic}/{self.diastolic}"


class BloodPressureField(forms.Field):
    """A blood pressure in one field, "120/80", in mmHg; gives a :class:`PressurePair`.

    It refuses what cannot be a reading (diastolic at or above systolic). Whether a pressure is
    plausible or safe is for the core to say.
    """

    unit: Final = "mmHg"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"size": 8}))
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Ask for the digits keyboard, and let grid.js place the slash."""
        return {
            "inputmode": "numeric",
            "autocomplete": "off",
            "placeholder": "120/80",
            "data-entry": "pressure",
        }

    def prepare_value(self, value: Any) -> Any:
        """Show a pair as it would be typed."""
        return str(value) if isinstance(value, PressurePair) else value

    def to_python(self, value: Any) -> PressurePair | None:
        """Return the pair, or raise a sentence that repeats what was typed."""
        if value in self.empty_values:
            return None
        if isinstance(value, PressurePair):
            return value
        text = str(value).strip()
        found = _PRESSURE.fullmatch(text)
        if found is None:
            raise ValidationError(
                _("“%(seen)s” is not a blood pressure. Write systolic/diastolic, such as 120/80."),
                code="not_a_pressure",
                params={"seen": text[:40]},
            )
        pair = PressurePair(int(found[1]), int(found[2]))
        if pair.diastolic >= pair.systolic:
            raise ValidationError(
                _(
                    "Diastolic %(diastolic)d is not below systolic %(systolic)d. "
                    "Write the higher number first."
                ),
                code="upside_down",
                params={"diastolic": pair.diastolic, "systolic": pair.systolic},
            )
        return pair


class Renderer(TemplatesSetting):
    """FORM_RENDERER for settings: widgets may use the project's own templates."""
