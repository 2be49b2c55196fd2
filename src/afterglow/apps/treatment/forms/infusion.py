"""What is typed on the infusion page, turned into quantities. Nothing is written here."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.accounts.forms import SecondPersonForm
from afterglow.apps.medicines.models import Product
from afterglow.apps.places.models import Site
from afterglow.apps.scheduling.times import last_shown
from afterglow.apps.treatment.shown.grid import Line
from afterglow.core.errors import InvalidValue
from afterglow.core.instruments.answers import read_answers
from afterglow.core.instruments.definition import Instrument
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.entry import Entry, read_blood_pressure, read_sign
from afterglow.core.quantities import Dose, Rate
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.core.treatment.pump_rate import fastest_possible
from afterglow.web import clock, formats
from afterglow.web.forms import DecimalField, KeyField, WebForm
from afterglow.web.sentences import error_words, sentence_of

_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.h ]?([0-5]\d)")


def new_key() -> uuid.UUID:
    """Return a fresh idempotency key for a form that is shown."""
    return uuid.uuid4()


class PastTimeField(forms.Field):
    """A time of the clock on the wall, such as 18:35, that lies at most a day back; or empty.

    Gives hour and minute; :meth:`ChartForm.clean_when` makes the instant of it.
    """

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Ask for the digits keyboard."""
        return {"inputmode": "numeric", "autocomplete": "off", "size": 6, "placeholder": "18:35"}

    def to_python(self, value: Any) -> tuple[int, int] | None:
        """Return hour and minute, or raise a sentence that repeats what was typed."""
        if value in self.empty_values:
            return None
        found = _CLOCK.fullmatch(str(value).strip())
        if found is None:
            raise ValidationError(
                _("“%(seen)s” is not a time. Write hours and minutes, such as 18:35."),
                code="not_a_time",
                params={"seen": str(value)[:20]},
            )
        return int(found[1]), int(found[2])


class ChartForm(WebForm):
    """A form that charts something once: a key, and optionally when it really happened."""

    key = KeyField(initial=new_key)
    when = PastTimeField(
        required=False,
        label=gettext_lazy("Time, if not now"),
        help_text=gettext_lazy("As it stands on paper. It will show as entered late."),
    )

    def __init__(
        self, *args: Any, site: Site, at: datetime, since: datetime | None = None, **kwargs: Any
    ) -> None:
        """``since``: when what is charted here began; no time before it can be meant."""
        super().__init__(*args, **kwargs)
        self.site, self.at, self.since = site, at, since

    def clean_when(self) -> datetime | None:
        """Read the time on the site's clock: today, or yesterday when it has not come yet.

        One that has not come yet and was over yesterday before anything began lies in the future.
        """
        typed = self.cleaned_data["when"]
        if typed is None:
            return None
        today, until = clock.local(self.at, self.site).date(), self.at + timedelta(minutes=1)
        said = time(*typed)
        try:
            then = last_shown(today, said, self.site.zone, until=until)
        except InvalidValue as never:
            raise ValidationError(error_words(never)) from None
        here = clock.local(self.at, self.site)
        if self.since is not None and then < self.since and said > here.time():
            raise ValidationError(
                _("%(seen)s is in the future; it is now %(limit)s."),
                code="future",
                params={"seen": f"{said:%H:%M}", "limit": f"{here:%H:%M}"},
            )
        return then

    @property
    def happened_at(self) -> datetime | None:
        """The instant that was typed, or None for now."""
        found: datetime | None = self.cleaned_data.get("when")
        return found


class ObservationForm(ChartForm):
    """One column of the grid: "120/80" in one field, digits in the others, blank for not seen."""

    def __init__(
        self,
        *args: Any,
        lines: Sequence[Line],
        instruments: Mapping[str, Instrument],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.instruments = instruments
        self.readings: dict[VitalSignCode, Decimal] = {}
        self.scales: dict[str, dict[str, int | None]] = {}
        for line in lines:
            self.fields[line.field] = forms.CharField(
                required=False, max_length=12, label=str(line.label)
            )
        self.order_fields([line.field for line in lines])

    def clean(self) -> dict[str, Any]:
        """Read every cell by the core's rules; each wrong one says what it saw and its limit."""
        cleaned = super().clean() or {}
        for name in self.fields:
            text = str(cleaned.get(name) or "").strip()
            if not text or name in ("key", "when"):
                continue
            if name in self.instruments:
                self._take_scale(name, text)
            elif name == "pressure":
                self._take(name, read_blood_pressure(text))
            else:
                self._take(name, read_sign(VitalSignCode(name), text))
        if not (self.readings or self.scales or self.errors):
            raise ValidationError(_("Nothing was entered. Type what you read."), code="empty")
        return cleaned

    def _take(self, name: str, entry: Entry) -> None:
        for reason in entry.decision.blockers:
            self.add_error(name, sentence_of(reason))
        self.readings.update(entry.values)

    def _take_scale(self, name: str, text: str) -> None:
        instrument = self.instruments[name]
        answers, decision = read_answers(
            instrument,
            {instrument.items[0].key: text},
            called=str(self.fields[name].label),
        )
        for reason in decision.blockers:
            self.add_error(name, sentence_of(reason))
        if decision.allowed:
            self.scales[name] = dict(answers)


class RateForm(ChartForm):
    """A new rate, and the last pump entry that was on the screen."""

    rate = DecimalField(
        unit="mL/h",
        label=gettext_lazy("New rate"),
        min_value=Decimal("0.01"),
        max_value=fastest_possible().value,
        places=2,
    )
    reason = forms.CharField(max_length=200, required=False, label=gettext_lazy("Reason"))
    really_ran = forms.BooleanField(
        required=False,
        label=gettext_lazy("The pump really ran at this rate"),
        help_text=gettext_lazy(
            "Not a rate to set: it is charted as a deviation, with an alarm and a task for the "
            "prescriber. Say above how it came."
        ),
    )
    seen_sequence = forms.IntegerField(widget=forms.HiddenInput)
    field_order = ("rate", "reason", "really_ran", "when")

    def __init__(
        self,
        *args: Any,
        runs_at: Rate | None = None,
        fastest: Rate | None = None,
        **kwargs: Any,
    ) -> None:
        """``runs_at``: the charted rate now, which is no new one.

        ``fastest``: what the protocol allows; only past it somebody is asked what really ran.
        """
        super().__init__(*args, **kwargs)
        self.runs_at, self.fastest = runs_at, fastest

    def clean(self) -> dict[str, Any]:
        """Ask whether the pump really ran so only where the protocol allows no such rate."""
        cleaned = super().clean() or {}
        typed = cleaned.get("rate")
        past = self.fastest is not None and typed is not None and typed > self.fastest.value
        cleaned["really_ran"] = bool(past and cleaned.get("really_ran"))
        if not past:
            del self.fields["really_ran"]
        return cleaned

    def clean_rate(self) -> Decimal:
        """Refuse the rate that is charted already."""
        rate: Decimal = self.cleaned_data["rate"]
        if self.runs_at is not None and Rate.ml_per_h(rate) == self.runs_at:
            raise ValidationError(
                _("The chart says %(seen)s already. Nothing was changed."),
                code="unchanged",
                params={"seen": formats.with_unit(rate, "mL/h")},
            )
        return rate

    @property
    def new_rate(self) -> Rate:
        """The rate typed."""
        return Rate.ml_per_h(self.cleaned_data["rate"])


class NoteForm(ChartForm):
    """A note in plain words."""

    text = forms.CharField(
        max_length=4000,
        label=gettext_lazy("Note"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    from_paper = forms.BooleanField(
        required=False, label=gettext_lazy("Copied from paper after the system was down")
    )
    field_order = ("text", "when", "from_paper")


class EventForm(ChartForm):
    """One tap says what happened; words and an earlier time may be added before it."""

    what = forms.CharField(max_length=60, label=gettext_lazy("What happened"))
    text = forms.CharField(max_length=1000, required=False, label=gettext_lazy("Words"))
    field_order = ("what", "text", "when")


class NameForm(WebForm):
    """A name for a mark."""

    key = KeyField(initial=new_key)
    label = forms.CharField(max_length=120, label=gettext_lazy("What was it?"))


class ReasonForm(WebForm):
    """A reason in words."""

    key = KeyField(initial=new_key)
    reason = forms.CharField(max_length=200, label=gettext_lazy("Reason"))


class UndoForm(WebForm):
    """An undo; a reason is welcome and not asked for."""

    key = KeyField(initial=new_key)
    reason = forms.CharField(max_length=200, required=False, label=gettext_lazy("Reason"))


class ErrorForm(WebForm):
    """Why an entry was made in error."""

    key = KeyField(initial=new_key)
    reason = forms.CharField(max_length=200, label=gettext_lazy("Why was it entered in error?"))


class ControlledErrorForm(ErrorForm, SecondPersonForm):
    """The same of a controlled medicine: a second person signs it."""

    field_order: Iterable[str] = ("reason", "username", "secret", "key")


class MissedForm(ReasonForm):
    """Why a reading was not taken: refused, asleep, impossible."""

    due = forms.DateTimeField(widget=forms.HiddenInput)


class ScoreForm(WebForm):
    """The corrected answer of a scale with one item."""

    key = KeyField(initial=new_key)
    answer = forms.CharField(
        max_length=6,
        label=gettext_lazy("Score"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 6}),
    )

    def __init__(self, *args: Any, instrument: Instrument, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instrument = instrument
        item = instrument.items[0]
        self.fields["answer"].help_text = _(item.text) if item.text else ""

    def clean_answer(self) -> dict[str, int | None]:
        """Read the answer by the instrument's own rules."""
        item = self.instrument.items[0]
        answers, decision = read_answers(
            self.instrument,
            {item.key: self.cleaned_data["answer"]},
            called=self.instrument.name,
        )
        if decision.refused:
            raise ValidationError([sentence_of(reason) for reason in decision.blockers])
        return dict(answers)


ENDING_WORDS = {
    InfusionEnding.COMPLETED: gettext_lazy("Completed: the bag was given"),
    InfusionEnding.STOPPED_BY_PATIENT: gettext_lazy("The patient asked to stop"),
    InfusionEnding.STOPPED_BY_CLINICIAN: gettext_lazy("A clinician stopped it"),
    InfusionEnding.STOPPED_IN_EMERGENCY: gettext_lazy("Emergency"),
    InfusionEnding.EQUIPMENT_FAILED: gettext_lazy("Pump, line or power failed"),
}


class ExplainForm(WebForm):
    """How the infusion ended, said after the stop."""

    ending = forms.ChoiceField(
        choices=list(ENDING_WORDS.items()),
        widget=forms.RadioSelect,
        label=gettext_lazy("How did it end?"),
    )
    reason = forms.CharField(max_length=200, required=False, label=gettext_lazy("In a few words"))
    seen_version = forms.IntegerField(widget=forms.HiddenInput)


class DifferenceForm(WebForm):
    """Which account is right where pump and chart differ."""

    truth = forms.ChoiceField(
        choices=[
            ("pump", gettext_lazy("The pump is right")),
            ("chart", gettext_lazy("The chart is right")),
        ],
        widget=forms.RadioSelect,
        label=gettext_lazy("Which account is right?"),
    )
    reason = forms.CharField(max_length=400, label=gettext_lazy("Why do they differ?"))


class DrugForm(ChartForm):
    """A medicine by need: a usual dose with one tap, or another dose of the same."""

    what = forms.ChoiceField(label=gettext_lazy("Medicine"), widget=forms.RadioSelect)
    dose = DecimalField(
        unit="mg",
        required=False,
        places=4,
        min_value=Decimal(0),
        label=gettext_lazy("Another dose"),
    )
    indication = forms.CharField(max_length=120, label=gettext_lazy("For"), required=False)
    confirmed = forms.BooleanField(
        required=False,
        label=gettext_lazy("Above the usual dose, given on the prescriber's word"),
    )
    field_order = ("what", "dose", "confirmed", "indication", "when")

    def __init__(self, *args: Any, products: Sequence[Product], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.usual = usual_doses(products)
        field = self.fields["what"]
        assert isinstance(field, forms.ChoiceField)  # declared above  # noqa: S101
        field.choices = [(code, one["words"]) for code, one in self.usual.items()]

    def clean(self) -> dict[str, Any]:
        """Take the dose that was typed, else the usual one; a medicine without one needs it."""
        cleaned = super().clean() or {}
        chosen = self.usual.get(str(cleaned.get("what")))
        if chosen is not None and cleaned.get("dose") is None and chosen["dose"] is None:
            self.add_error("dose", _("Type the dose in mg."))
        return cleaned

    @property
    def product(self) -> Product:
        """The product chosen."""
        product: Product = self.usual[self.cleaned_data["what"]]["product"]
        return product

    @property
    def given_dose(self) -> Dose:
        """The dose that was given."""
        typed = self.cleaned_data.get("dose")
        usual = self.usual[self.cleaned_data["what"]]["dose"]
        return Dose.mg(typed if typed is not None else usual)

    @property
    def route(self) -> str:
        """The route of the chosen line."""
        return str(self.usual[self.cleaned_data["what"]]["route"])

    @property
    def for_what(self) -> str:
        """What it was given for: as typed, else as the line says."""
        chosen = self.usual[self.cleaned_data["what"]]
        return self.cleaned_data.get("indication") or str(chosen["for"])


def usual_doses(products: Sequence[Product]) -> dict[str, dict[str, Any]]:
    """Return one line for every usual dose of the products, by a code for the form."""
    lines: dict[str, dict[str, Any]] = {}
    for product in products:
        for number, usual in enumerate(product.prn_doses):
            for name in ("dose_low", "dose_high"):
                leaf = usual.get(name)
                if leaf is None or (
                    name == "dose_high" and leaf["value"] == usual["dose_low"]["value"]
                ):
                    continue
                lines[f"{product.key}:{number}:{name}"] = {
                    "product": product,
                    "dose": Decimal(leaf["value"]),
                    "route": usual.get("route", ""),
                    "for": usual.get("for", ""),
                    "words": _words(product, usual, leaf),
                }
        if not product.prn_doses:
            lines[product.key] = {
                "product": product,
                "dose": None,
                "route": "",
                "for": "",
                "words": product.name,
            }
    return lines


def _words(product: Product, usual: Mapping[str, Any], leaf: Mapping[str, Any]) -> str:
    said = f"{product.medicine.capitalize()} {leaf['value']} mg {usual.get('route', '')}".strip()
    if usual.get("for"):
        said += f" · {usual['for']}"
    if product.is_sedative:
        said += " · " + _("sedative: restarts the observation time")
    return said
