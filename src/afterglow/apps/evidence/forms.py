"""Forms of the evidence library: filters, a record's fields as its version has them, reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from afterglow.apps.evidence import words as known
from afterglow.apps.evidence.models import RecordVersion
from afterglow.core.evidence.synthesis.effects import Measure, ZeroCells
from afterglow.core.evidence.synthesis.pooling import Interval, Model
from afterglow.web.forms import WebForm

ANY = [("", _("All"))]
LONG = 60
FIXED = frozenset({"id"})
"""Fields of a record that never change."""


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
    object. What the version has is what may be edited; ``id`` never changes.
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
        self.version = version
        self._paths: dict[str, tuple[str | int, ...]] = {}
        super().__init__(*args, initial=initial, **kwargs)
        for path, value in leaves(version.body):
            if path[-1] in FIXED:
                continue
            name = "-".join(["f", *(str(step) for step in path)])
            self._paths[name] = path
            self.fields[name] = _field(path, value)

    def groups(self) -> list[tuple[object, list[forms.BoundField]]]:
        """Return the fields under the heading of their group, in order."""
        found: dict[tuple[str | int, ...], list[forms.BoundField]] = {}
        for name, path in self._paths.items():
            found.setdefault(path[:-1] if len(path) > 1 else (), []).append(self[name])
        return [(_heading(path), fields) for path, fields in found.items()]

    @property
    def body(self) -> dict[str, Any]:
        """The body as it was filled in."""
        body = _copy(self.version.body)
        for name, path in self._paths.items():
            place: Any = body
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = _value(self.cleaned_data[name], place[path[-1]])
        return dict(body)


def leaves(
    body: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield every field of a body with its path: texts, numbers, and lists of texts."""
    items = body.items() if isinstance(body, Mapping) else enumerate(body)
    for key, value in items:
        here = (*path, key)
        objects = isinstance(value, list) and any(isinstance(each, Mapping) for each in value)
        if isinstance(value, Mapping) or objects:
            yield from leaves(value, here)
        elif not (isinstance(value, list) and any(isinstance(each, list) for each in value)):
            yield here, value


def _field(path: tuple[str | int, ...], value: Any) -> forms.Field:
    name = str(path[-1])
    label = str(known.field_words(name))
    if name == "verdict_class":
        return forms.ChoiceField(label=label, choices=list(known.VERDICTS.items()), initial=value)
    if name == "status" and value in known.FILE_STATUSES:
        return forms.ChoiceField(
            label=label, choices=list(known.FILE_STATUSES.items()), initial=value
        )
    if isinstance(value, list):
        lines = "\n".join(str(each) for each in value)
        area = forms.Textarea(attrs={"rows": max(2, min(8, len(value) + 1))})
        return forms.CharField(label=label, required=False, initial=lines, widget=area)
    if isinstance(value, bool):
        return forms.BooleanField(label=label, required=False, initial=value)
    if isinstance(value, int):
        return forms.IntegerField(label=label, required=False, initial=value)
    if isinstance(value, float):
        return forms.FloatField(label=label, required=False, initial=value)
    if value is None and name in {"n", "n_analysed", "responders", "remitters"}:
        return forms.IntegerField(label=label, required=False, min_value=0)
    if value is None and name in {"response_pct", "remission_pct", "mean_change", "sd"}:
        return forms.FloatField(label=label, required=False)
    long = isinstance(value, str) and len(value) > LONG
    widget = forms.Textarea(attrs={"rows": 3}) if long else forms.TextInput()
    return forms.CharField(
        label=label, required=bool(value), initial=value or "", max_length=4000, widget=widget
    )


def _value(typed: Any, before: Any) -> Any:
    if isinstance(before, list):
        lines = [line.strip() for line in str(typed).splitlines() if line.strip()]
        whole = bool(before) and all(isinstance(each, int) for each in before)
        return [int(line) if whole and line.isdigit() else line for line in lines]
    if before is None and typed == "":
        return None
    if isinstance(before, float) and isinstance(typed, float):
        return typed
    return typed


def _heading(path: tuple[str | int, ...]) -> object:
    if not path:
        return _("The record")
    group = str(known.field_words(str(path[0])))
    return f"{group} {int(path[1]) + 1}" if len(path) > 1 else group


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_copy(inner) for inner in value]
    return value
