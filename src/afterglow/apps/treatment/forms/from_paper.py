"""The lines of a paper sheet, as they are typed back. A line that is left empty is no line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.accounts.models import Account
from afterglow.apps.medicines.models import Product
from afterglow.apps.places.models import Site
from afterglow.apps.treatment.downtime import SheetKnown
from afterglow.apps.treatment.forms.infusion import ChartForm, DrugForm, ObservationForm
from afterglow.apps.treatment.forms.paper_sheet import SheetForm
from afterglow.apps.treatment.models.infusion import EventKind, PumpAction, PumpActionKind
from afterglow.apps.treatment.services.lines import (
    CoverageLine,
    LateLine,
    MedicineLine,
    NoteLine,
    PumpLine,
    ReadingsLine,
)
from afterglow.apps.treatment.shown.grid import Line
from afterglow.core.instruments.definition import Instrument
from afterglow.core.quantities import Rate
from afterglow.web.forms import DecimalField
from afterglow.web.sentences import name_words

READINGS: Final = 8
PUMP: Final = 4
MEDICINES: Final = 3
NOTES: Final = 6
WATCHING: Final = 2
"""Lines of each kind on one page; what stands on a longer paper is copied in two goes."""
_KEPT: Final = PumpAction._meta.get_field("rate_ml_per_h")
FASTEST_KEPT: Final = Decimal(10) ** (_KEPT.max_digits - _KEPT.decimal_places) - Decimal("0.01")
"""The largest rate (mL/h) that the record has room for; what may run is judged by the protocol."""

_PUMP_WORDS: Final = (
    ("", ""),
    (PumpActionKind.START, gettext_lazy("Started; the record lost it")),
    (PumpActionKind.CHANGE_RATE, gettext_lazy("New rate")),
    (PumpActionKind.PAUSE, gettext_lazy("Paused")),
    (PumpActionKind.RESUME, gettext_lazy("Resumed")),
    (PumpActionKind.STOP, gettext_lazy("Stopped")),
)
_NOTE_WORDS: Final = (
    (EventKind.NOTE, gettext_lazy("Note")),
    (EventKind.MARK, gettext_lazy("Mark")),
    (EventKind.SYMPTOM, gettext_lazy("Symptom")),
    (EventKind.ADVERSE_EVENT, gettext_lazy("Adverse event")),
    (EventKind.FALL, gettext_lazy("Fall")),
    (EventKind.EXTRAVASATION, gettext_lazy("Extravasation at the IV site")),
    (EventKind.SUICIDAL_STATEMENT, gettext_lazy("Spoke of suicide")),
    (EventKind.EMERGENCY_CALLED, gettext_lazy("Emergency: time zero")),
    (EventKind.EMERGENCY_STEP, gettext_lazy("Emergency: a step")),
    (EventKind.EMERGENCY_OVER, gettext_lazy("Emergency over")),
)
_MUST_SAY: Final = (EventKind.NOTE, EventKind.EMERGENCY_STEP, EventKind.EMERGENCY_OVER)


_SYMPTOM: Final = "symptom:"
REALLY_RAN: Final = gettext_lazy("Faster than the protocol allows, and the pump really ran so")


class _Row:
    """What every line shares: it may stay empty, and what is filled in needs its time."""

    data: Mapping[str, Any]
    prefix: str | None
    fields: dict[str, forms.Field]
    defaults: Mapping[str, str] = {}
    title: str = ""
    """Which line of the page it is, in words."""

    def dress(self, title: str, number: int, entries: Mapping[str, str] | None = None) -> None:
        """Give each control its look, its keyboard and a name that a screen reader can say."""
        self.title = _("%(group)s, line %(number)d") % {"group": title, "number": number}
        self.fields["when"].label = _("Time on paper")
        for name, field in self.fields.items():
            select = isinstance(field.widget, forms.Select)
            wide = name in ("reason", "text")
            said = _("%(label)s, line %(number)d") % {"label": field.label, "number": number}
            field.widget.attrs |= {
                "class": "" if isinstance(field.widget, forms.CheckboxInput) else "control",
                "aria-label": said,
                **({} if wide or select else {"size": 6}),
            }
            if entries and name in entries:
                field.widget.attrs |= {"data-entry": entries[name], "inputmode": "numeric"}
            if select:
                field.widget.attrs["class"] = "control control-select"

    @property
    def is_blank(self) -> bool:
        """Whether nothing was written on the line."""
        for name in self.fields:
            typed = str(self.data.get(f"{self.prefix}-{name}", "")).strip()
            if typed and typed != self.defaults.get(name):
                return False
        return True

    def full_clean(self) -> None:
        """Take an empty line as none."""
        if self.is_bound and self.is_blank:  # type: ignore[attr-defined]
            self._errors = forms.utils.ErrorDict()
            self.cleaned_data: dict[str, Any] = {}
            return
        super().full_clean()  # type: ignore[misc]  # the form that stands behind this in each line

    def needs_time(self, cleaned: Mapping[str, Any]) -> None:
        """Ask for the time that stands on the paper."""
        if cleaned.get("when") is None and "when" not in self.errors:  # type: ignore[attr-defined]
            self.add_error(  # type: ignore[attr-defined]
                "when", _("Write the time that stands on the paper.")
            )


class ReadingsRow(_Row, ObservationForm):
    """One set of readings."""

    key = None  # type: ignore[assignment]  # one key for the whole sheet

    def clean(self) -> dict[str, Any]:
        """Read the cells as the screen's grid does; a line needs its time."""
        cleaned = super().clean()
        self.needs_time(cleaned)
        return cleaned

    def line(self, at: datetime) -> LateLine:
        """Return what was read."""
        return ReadingsLine(at=at, readings=self.readings, scales=self.scales)


class PumpRow(_Row, ChartForm):
    """One entry of the pump."""

    key = None  # type: ignore[assignment]
    what = forms.ChoiceField(choices=_PUMP_WORDS, label=gettext_lazy("What"))
    rate = DecimalField(
        unit="mL/h",
        required=False,
        min_value=Decimal(0),
        max_value=FASTEST_KEPT,
        places=2,
        label=gettext_lazy("Rate"),
    )
    reason = forms.CharField(max_length=200, required=False, label=gettext_lazy("Why"))
    really_ran = forms.BooleanField(required=False, label=REALLY_RAN)

    def clean(self) -> dict[str, Any]:
        """Ask for the rate of a change."""
        cleaned = super().clean() or {}
        self.needs_time(cleaned)
        if cleaned.get("what") == PumpActionKind.CHANGE_RATE and cleaned.get("rate") is None:
            self.add_error("rate", _("Write the new rate in mL/h."))
        return cleaned

    def line(self, at: datetime) -> LateLine:
        """Return the entry."""
        rate = self.cleaned_data.get("rate")
        kind = PumpActionKind(self.cleaned_data["what"])
        moves = kind in (PumpActionKind.START, PumpActionKind.CHANGE_RATE, PumpActionKind.RESUME)
        return PumpLine(
            at=at,
            kind=kind,
            rate=Rate.ml_per_h(rate) if rate is not None and moves else None,
            reason=self.cleaned_data["reason"],
            really_ran=self.cleaned_data["really_ran"],
        )


class MedicineRow(_Row, DrugForm):
    """One medicine by need."""

    key = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", ""), *self.fields["what"].choices]  # type: ignore[attr-defined]
        self.fields["what"] = forms.ChoiceField(choices=choices, label=_("Medicine"))

    def clean(self) -> dict[str, Any]:
        """Ask for the dose as the screen does; a line needs its time."""
        cleaned = super().clean()
        self.needs_time(cleaned)
        return cleaned

    def line(self, at: datetime) -> LateLine:
        """Return what was given."""
        return MedicineLine(
            at=at,
            product=self.product.public_id,
            dose=self.given_dose,
            route=self.route,
            indication=self.for_what,
            above_usual_confirmed=self.cleaned_data["confirmed"],
        )


class NoteRow(_Row, ChartForm):
    """One line of what happened.

    ``symptoms``: the names of the protocol's by code, each a choice of its own.
    """

    key = None  # type: ignore[assignment]
    defaults = {"what": str(EventKind.NOTE)}
    what = forms.ChoiceField(choices=_NOTE_WORDS, label=gettext_lazy("What"))
    text = forms.CharField(max_length=1000, required=False, label=gettext_lazy("Words"))

    def __init__(self, *args: Any, symptoms: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["what"]
        assert isinstance(field, forms.ChoiceField)  # declared above  # noqa: S101
        named = [(_SYMPTOM + code, name_words(name)) for code, name in symptoms.items()]
        other = [
            (kind, _("Another symptom") if kind == EventKind.SYMPTOM else words)
            for kind, words in _NOTE_WORDS
        ]
        field.choices = [*other[:2], *named, *other[2:]]

    def clean(self) -> dict[str, Any]:
        """A note without words says nothing."""
        cleaned = super().clean() or {}
        self.needs_time(cleaned)
        if cleaned.get("what") in _MUST_SAY and not cleaned.get("text"):
            self.add_error("text", _("Write what the paper says."))
        return cleaned

    def line(self, at: datetime) -> LateLine:
        """Return the line."""
        what, text = self.cleaned_data["what"], self.cleaned_data["text"]
        if what.startswith(_SYMPTOM):
            code = what.removeprefix(_SYMPTOM)
            return NoteLine(at=at, kind=EventKind.SYMPTOM, text=text, code=code)
        kind = EventKind(what)
        labelled = kind in (EventKind.SYMPTOM, EventKind.MARK)
        return NoteLine(
            at=at,
            kind=kind,
            label=text[:120] if labelled else "",
            text="" if labelled and len(text) <= 120 else text,
        )


class CoverageRow(_Row, ChartForm):
    """One line of who watches: who took the patient over."""

    key = None  # type: ignore[assignment]
    to = forms.ChoiceField(label=gettext_lazy("Who took the patient over"))

    def __init__(self, *args: Any, people: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)  # declared above  # noqa: S101
        field.choices = [("", ""), *((str(one.public_id), one.full_name) for one in people)]

    def clean(self) -> dict[str, Any]:
        """A line needs its time."""
        cleaned = super().clean() or {}
        self.needs_time(cleaned)
        return cleaned

    def line(self, at: datetime) -> LateLine:
        """Return who took over."""
        return CoverageLine(at=at, to=UUID(self.cleaned_data["to"]))


class PaperForm:
    """Everything that stands on a sheet: its head and its lines, valid together or not at all."""

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        site: Site,
        at: datetime,
        people: Sequence[Account],
        lines: Sequence[Line],
        instruments: Mapping[str, Instrument],
        products: Sequence[Product],
        symptoms: Mapping[str, str],
        whose: Callable[[str], SheetKnown],
        since: datetime,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        """``since``: when the patient came; no time before it can stand on the paper."""
        clock: dict[str, Any] = {"site": site, "at": at, "since": since}
        self.head = SheetForm(data, people=people, whose=whose, initial=dict(initial or {}))
        self.readings = [
            ReadingsRow(data, prefix=f"r{n}", lines=lines, instruments=instruments, **clock)
            for n in range(READINGS)
        ]
        self.pump = [PumpRow(data, prefix=f"p{n}", **clock) for n in range(PUMP)]
        self.medicines = [
            MedicineRow(data, prefix=f"m{n}", products=products, **clock) for n in range(MEDICINES)
        ]
        self.notes = [
            NoteRow(data, prefix=f"n{n}", symptoms=symptoms, **clock) for n in range(NOTES)
        ]
        self.watching = [
            CoverageRow(data, prefix=f"w{n}", people=people, **clock) for n in range(WATCHING)
        ]

        entries = {line.field: line.entry for line in lines}
        groups: tuple[tuple[str, Sequence[Any]], ...] = (
            (_("Readings"), self.readings),
            (_("Pump"), self.pump),
            (_("Medicines given"), self.medicines),
            (_("What happened"), self.notes),
            (_("Who watches"), self.watching),
        )
        for title, group in groups:
            for number, row in enumerate(group, start=1):
                row.dress(title, number, entries)

    def rows(self) -> Iterator[Any]:
        """Yield every line in the order of the page."""
        yield from (*self.readings, *self.pump, *self.medicines, *self.notes, *self.watching)

    def is_valid(self) -> bool:
        """Look at all of it, so that every mistake is said at once."""
        valid = [self.head.is_valid(), *(row.is_valid() for row in self.rows())]
        if self.head.is_valid() and all(row.is_blank for row in self.rows()):
            self.head.add_error(None, ValidationError(_("Nothing was entered.")))
            return False
        return all(valid)

    @property
    def readable(self) -> list[Any]:
        """The lines that hold something, and can be read."""
        return [row for row in self.rows() if not row.is_blank and row.is_valid()]

    @property
    def unread(self) -> frozenset[type]:
        """The kinds of line of which at least one holds something that cannot be read."""
        kinds: tuple[tuple[type, Sequence[Any]], ...] = (
            (ReadingsLine, self.readings),
            (PumpLine, self.pump),
            (MedicineLine, self.medicines),
            (NoteLine, self.notes),
            (CoverageLine, self.watching),
        )
        return frozenset(
            kind
            for kind, rows in kinds
            if any(not row.is_blank and not row.is_valid() for row in rows)
        )

    def lines(self) -> list[LateLine]:
        """Return what was typed and can be read, in the order of the page."""
        return [row.line(row.happened_at) for row in self.readable]

    def refuse(self, against: Mapping[int, Sequence[str]]) -> None:
        """Say at each line why it was refused, by its place among the readable ones."""
        readable = self.readable  # a refused line is readable no longer
        for line, sentences in against.items():
            for words in sentences:
                readable[line].add_error(None, words)

    @property
    def mistakes(self) -> list[tuple[str, str, str]]:
        """Return what is wrong with the page: the id of the field, which it is, and the words."""
        found = [
            (bound.auto_id, str(bound.label), str(words))
            for bound in self.head
            for words in bound.errors
        ]
        for row in self.rows():
            found += [(row["when"].auto_id, row.title, str(w)) for w in row.non_field_errors()]
            for bound in row:
                of = _("%(line)s, %(field)s") % {"line": row.title, "field": bound.label}
                found += [(bound.auto_id, of, str(words)) for words in bound.errors]
        return found
