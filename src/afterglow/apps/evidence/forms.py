"""Forms of the evidence library: filters, a record's fields as its version has them, reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from afterglow.apps.evidence import words as known
from afterglow.apps.evidence.models import RecordVersion
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.synthesis.effects import Measure, ZeroCells
from afterglow.core.evidence.synthesis.pooling import Interval, Model
from afterglow.core.evidence.vocabulary import (
    Anchor,
    Design,
    Endpoint,
    FactStatus,
    FigureMeasure,
    NumberKind,
)
from afterglow.web.forms import WebForm

ANY = [("", _("All"))]
LONG = 60
FIXED = frozenset({"id"})
"""Fields of a record that never change."""
WHOLE = frozenset({"n", "n_analysed", "responders", "remitters", "events"})
BROKEN = frozenset({"response_pct", "remission_pct", "mean_change", "sd"})
CODES: Final[Mapping[str, Iterable[str]]] = {
    "status": FactStatus,
    "counts": FactStatus,
    "kind": NumberKind,
    "measure": FigureMeasure,
    "endpoint": Endpoint,
    "design": Design,
    "anchor": Anchor,
}
NEW_FACT: Final[Mapping[str, Any]] = {
    "fact": "",
    "status": "from memory, unconfirmed",
    "confirmed_at": [],
}
NEW_FIGURE: Final[Mapping[str, Any]] = {
    "key": "",
    "words": "",
    "kind": "",
    "measure": "",
    "value": "",
    "low": None,
    "high": None,
    "endpoint": "",
    "definition": "",
    "time": {"hours": None, "anchor": "", "words": ""},
    "population": "",
    "population_words": "",
    "intervention": "",
    "comparator": "",
    "design": "",
    "study": "",
    "status": "",
}
Path = tuple[str | int, ...]


class LibraryForm(WebForm):
    """What to list."""

    words = forms.CharField(label=_("Key or words"), required=False, max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[*ANY, *known.KINDS.items()])
    verdict = forms.ChoiceField(
        label=_("Verdict"), required=False, choices=[*ANY, *known.VERDICTS.items()]
    )
    status = forms.ChoiceField(
        label=_("Founded on"), required=False, choices=[*ANY, *known.STATUSES.items()]
    )
    standing = forms.ChoiceField(
        label=_("Standing"), required=False, choices=[*ANY, *known.STANDINGS.items()]
    )


class StandingForm(WebForm):
    """Which translations to list."""

    standing = forms.ChoiceField(
        label=_("Standing"), required=False, choices=[*ANY, *known.TRANSLATION_STANDINGS.items()]
    )


class TranslationForm(WebForm):
    """Every public text of a record, with a field for the same in another language."""

    change_note = forms.CharField(label=_("Note"), max_length=500, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        words: Iterable[str],
        texts: Mapping[str, str],
        seen: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, initial={"seen": seen}, **kwargs)
        self._words = {f"w{at}": each for at, each in enumerate(words)}
        for name, each in self._words.items():
            rows = max(1, min(8, 1 + len(each) // 60))
            self.fields[name] = forms.CharField(
                label=each,
                required=False,
                initial=texts.get(each, ""),
                widget=forms.Textarea(attrs={"rows": rows}),
            )

    def pairs(self) -> list[tuple[str, forms.BoundField]]:
        """Return each English text with its field."""
        return [(each, self[name]) for name, each in self._words.items()]

    def texts(self) -> dict[str, str]:
        """Return what was filled in, by the English words."""
        return {each: self.cleaned_data[name] for name, each in self._words.items()}


class ReasonForm(WebForm):
    """Why something is done."""

    note = forms.CharField(label=_("Why"), max_length=500)


class NoteForm(WebForm):
    """A remark that may be left out."""

    note = forms.CharField(label=_("Note"), max_length=500, required=False)


class ScheduleForm(WebForm):
    """When a text goes out; empty is now."""

    publish_at = forms.DateTimeField(
        label=_("Publish at"),
        required=False,
        help_text=_("Empty: now. In the time zone of your site."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class SynthesisForm(WebForm):
    """How to pool."""

    method = forms.ChoiceField(
        label=_("Method"),
        required=False,
        choices=[
            (str(Model.REML), _("Random effects, REML")),
            (str(Model.DERSIMONIAN_LAIRD), _("Random effects, DerSimonian-Laird")),
            (str(Model.PAULE_MANDEL), _("Random effects, Paule-Mandel")),
            (str(Model.FIXED), _("Fixed effect")),
        ],
    )
    interval = forms.ChoiceField(
        label=_("Interval"),
        required=False,
        choices=[
            (str(Interval.NORMAL), _("Normal")),
            (str(Interval.HARTUNG_KNAPP), _("Hartung-Knapp")),
            (str(Interval.HARTUNG_KNAPP_AT_LEAST), _("Hartung-Knapp, never below normal")),
        ],
    )
    measure = forms.ChoiceField(label=_("Measure"), required=False)
    zero_cells = forms.ChoiceField(
        label=_("Empty cells"),
        required=False,
        choices=[
            (str(ZeroCells.ADD_HALF_TO_ALL), _("Add a half to every cell")),
            (str(ZeroCells.ADD_HALF_TO_ZERO), _("Add a half where a trial has an empty cell")),
            (str(ZeroCells.ADD_HALF_IF_ANY), _("Add a half to all if any cell is empty")),
            (str(ZeroCells.DROP_DOUBLE_ZERO), _("Leave out trials without any event")),
        ],
    )

    def __init__(self, *args: Any, measure: Measure, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        same = [each for each in Measure if each.of_counts is measure.of_counts]
        field = self.fields["measure"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [(str(each), str(each)) for each in same]


class RecordForm(WebForm):
    """Every field of a record, whatever its kind: built from the version that is edited.

    Texts become text fields, lists of texts one line each, lists of objects a group of fields per
    object; facts and figures have one empty group more, which is added when it is filled in. The
    codes by which figures are compared and trials pooled are edited here too. ``id`` never changes.
    """

    record_title = forms.CharField(label=_("Title"), max_length=200)
    change_note = forms.CharField(
        label=_("What changed, and why"),
        max_length=500,
        help_text=_("One sentence. It stands beside your name in the history."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, version: RecordVersion, **kwargs: Any) -> None:
        initial = {"record_title": version.title, "seen": version.number}
        self._whole = {"body": copy(version.body), "curation": copy(version.curation)}
        self._offer_more()
        self._paths: dict[str, Path] = {}
        super().__init__(*args, initial=initial, **kwargs)
        for path, value in leaves(self._whole):
            if path[-1] in FIXED:
                continue
            name = "-".join(["f", *(str(step) for step in path)])
            self._paths[name] = path
            self.fields[name] = field_for(path, value, offered=path[:3] in self._offered)

    def _offer_more(self) -> None:
        """Add the empty group to facts and figures."""
        self._offered: set[Path] = set()
        body, curation = self._whole["body"], self._whole["curation"]
        if "arms" in body:
            curation["time"] = {"hours": None, "anchor": "", **curation.get("time", {})}
        if "facts" in body:
            body["facts"].append(copy(NEW_FACT))
            self._offered.add(("body", "facts", len(body["facts"]) - 1))
        if "verdict_class" in body or "status" in body:
            curation.setdefault("figures", []).append(copy(NEW_FIGURE))
            self._offered.add(("curation", "figures", len(curation["figures"]) - 1))

    def groups(self) -> list[tuple[object, list[forms.BoundField]]]:
        """Return the fields under the heading of their group, in order."""
        found: dict[Path, list[forms.BoundField]] = {}
        for name, path in self._paths.items():
            group = path[:3] if len(path) > 3 else path[:1]
            found.setdefault(group, []).append(self[name])
        first = sorted(found, key=lambda group: group[0] != "body")
        return [(self._heading(group), found[group]) for group in first]

    def _heading(self, group: Path) -> object:
        if len(group) == 1:
            return _("The record") if group[0] == "body" else _("How it is compared and pooled")
        one = str(known.SINGULAR.get(str(group[1])) or known.field_words(str(group[1])))
        number = f" {int(group[2]) + 1}" if isinstance(group[2], int) else ""
        return f"{one}{number} ({_('new')})" if group in self._offered else f"{one}{number}"

    def content(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return body and curation as they were filled in."""
        whole = copy(self._whole)
        for name, path in self._paths.items():
            place: Any = whole
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value_of(self.cleaned_data[name], place[path[-1]])
        for part, group, _number in self._offered:
            items = whole[part][group]
            if not any(items[-1].get(key) for key in ("fact", "key")):
                items.pop()
            else:
                items[-1] = {
                    key: value for key, value in items[-1].items() if value not in ("", {})
                }
            if part == "curation" and not items:
                del whole[part][group]
        return dict(whole["body"]), dict(whole["curation"])


def leaves(whole: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every field with its path: texts, numbers, and lists of texts; best-known first."""
    items = known.in_order(whole) if isinstance(whole, Mapping) else list(enumerate(whole))
    for key, value in items:
        here = (*path, key)
        objects = isinstance(value, list) and any(isinstance(each, Mapping) for each in value)
        if isinstance(value, Mapping) or objects:
            yield from leaves(value, here)
        elif not (isinstance(value, list) and any(isinstance(each, list) for each in value)):
            yield here, value


def field_for(path: Path, value: Any, *, offered: bool) -> forms.Field:
    """Return the field for one value of a record."""
    name, label = str(path[-1]), str(known.field_words(str(path[-1])))
    if name in CODES and path[0] == "curation":
        codes = [(str(code), str(code).replace("_", " ")) for code in CODES[name] if str(code)]
        choices = [("", "–"), *codes]
        return forms.ChoiceField(label=label, required=False, choices=choices, initial=value)
    if name == "verdict_class":
        return forms.ChoiceField(label=label, choices=list(known.VERDICTS.items()), initial=value)
    if name == "status" and value in known.FILE_STATUSES:
        choices = list(known.FILE_STATUSES.items())  # type: ignore[arg-type]  # words are lazy
        return forms.ChoiceField(label=label, choices=choices, initial=value)
    if isinstance(value, list):
        lines = "\n".join(str(each) for each in value)
        area = forms.Textarea(attrs={"rows": max(2, min(8, len(value) + 1))})
        return forms.CharField(label=label, required=False, initial=lines, widget=area)
    if isinstance(value, bool):
        return forms.BooleanField(label=label, required=False, initial=value)
    if isinstance(value, int) or (value is None and name in WHOLE):
        return forms.IntegerField(label=label, required=False, initial=value)
    if isinstance(value, float) or (value is None and name in BROKEN):
        return forms.FloatField(label=label, required=False, initial=value)
    long = isinstance(value, str) and len(value) > LONG
    widget = forms.Textarea(attrs={"rows": 3}) if long else forms.TextInput()
    needed = bool(value) and not offered
    return forms.CharField(
        label=label, required=needed, initial=value or "", max_length=4000, widget=widget
    )


def value_of(typed: Any, before: Any) -> Any:
    """Return what was typed as the record holds it; an empty field stays what "empty" was."""
    if isinstance(before, list):
        lines = [line.strip() for line in str(typed).splitlines() if line.strip()]
        numeric = bool(before) and all(isinstance(each, int | float) for each in before)
        return [_number(line) for line in lines] if numeric else lines
    return None if before is None and typed == "" else typed


def _number(line: str) -> int | float:
    try:
        return float(line) if "." in line else int(line)
    except ValueError:
        raise InvalidValue(
            "'%(line)s' is not a number; write one number a line.",
            line=line,
        ) from None


def copy(value: Any) -> Any:
    """Return a deep copy of plain JSON."""
    if isinstance(value, Mapping):
        return {key: copy(inner) for key, inner in value.items()}
    return [copy(inner) for inner in value] if isinstance(value, list) else value
