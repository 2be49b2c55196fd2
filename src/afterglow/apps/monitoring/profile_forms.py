"""The form of a device profile: one habit a line, as an engineer writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from afterglow.apps.devices.models import RawMessage
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.catalogue import CATALOGUE
from afterglow.core.monitoring.device_profile import Framing, Trust, metric_of
from afterglow.web.forms import WebForm
from afterglow.web.sentences import error_words


def _lines(**kwargs: Any) -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "control mono"}),
        **kwargs,
    )


class ProfileForm(WebForm):
    """Habits of one make of device, and a message to try them on."""

    key = forms.RegexField(
        r"^[a-z0-9][a-z0-9-]{0,59}$",
        label=_("Short name"),
        error_messages={"invalid": _("Small letters, digits and dashes only, such as acme-m3.")},
    )
    title = forms.CharField(label=_("Make and model"), max_length=200)
    source = forms.CharField(
        label=_("Where this is known from"), max_length=400, help_text=_("A manual, or who saw it.")
    )
    framing = forms.ChoiceField(
        label=_("Framing"),
        choices=[
            (Framing.MLLP.value, _("MLLP frames")),
            (Framing.SEGMENTS.value, _("No frames: segments only")),
        ],
    )
    trust = forms.ChoiceField(
        label=_("Where number and name of a code disagree"),
        choices=[
            (Trust.NEITHER.value, _("Ask a person")),
            (Trust.NUMBER.value, _("The number is right")),
            (Trust.NAME.value, _("The name is right")),
        ],
    )
    codes = _lines(
        label=_("Codes of its own"), help_text=_("One a line: NUMBER^NAME = sign. Either may lack.")
    )
    sentinels = _lines(
        label=_("Numbers that mean no probe"), help_text=_("One sign a line: respiratory_rate: 0")
    )
    divide_by = _lines(label=_("Values to divide"), help_text=_("One sign a line: temperature: 10"))
    units = _lines(
        label=_("Unit where it names none"), help_text=_("One sign a line, in UCUM: etco2: kPa")
    )
    channels = _lines(
        label=_("Which of two sources"), help_text=_("One sign a line, OBX-4: spo2: 1.1.1")
    )
    message = forms.CharField(
        label=_("A message to try it on"),
        required=False,
        max_length=100_000,
        help_text=_("Paste one, or take one below. It is not stored."),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "control mono"}),
    )
    captured = forms.ChoiceField(label=_("Or one that arrived"), required=False)

    habits: Mapping[str, Any]

    def __init__(self, *args: Any, arrived: Iterable[RawMessage] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["captured"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (as declared above)
        field.choices = [
            ("", _("None")),
            *((str(row.public_id), _label(row)) for row in arrived),
        ]

    def clean(self) -> dict[str, Any]:
        """Read every line; what cannot be is said beside the field it stands in."""
        data = super().clean() or self.cleaned_data
        habits: dict[str, Any] = {"framing": data.get("framing"), "trust": data.get("trust")}
        for name, read in (
            ("codes", _codes),
            ("sentinels", _sentinels),
            ("divide_by", _pairs),
            ("units", _pairs),
            ("channels", _pairs),
        ):
            try:
                habits[name] = read(data.get(name) or "")
            except InvalidValue as problem:
                self.add_error(name, error_words(problem))
        self.habits = habits
        return data

    @staticmethod
    def initial_of(body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a stored profile as the form shows it."""
        pairs = ("divide_by", "units", "channels")
        return {
            **{name: body.get(name, "") for name in ("key", "title", "source", "framing", "trust")},
            "codes": "\n".join(
                f"{row.get('number', '')}^{row.get('name', '')} = {row['metric']}"
                for row in body.get("codes", ())
            ),
            "sentinels": "\n".join(
                f"{sign}: {', '.join(numbers)}"
                for sign, numbers in body.get("sentinels", {}).items()
            ),
            **{
                name: "\n".join(f"{sign}: {what}" for sign, what in body.get(name, {}).items())
                for name in pairs
            },
        }


def _label(row: RawMessage) -> str:
    who = row.device or row.sending_application or row.peer
    return f"{who} · {row.received_at:%d %b %H:%M:%S} UTC · {row.outcome}"


def _codes(text: str) -> list[dict[str, str]]:
    rows = []
    for left, sign in _split(text, "="):
        number, _, name = (part.strip() for part in left.partition("^"))
        row = {"number": number, "name": name, "metric": _sign(sign)}
        rows.append({key: part for key, part in row.items() if part})
        if not number and not name:
            raise InvalidValue(
                "'%(left)s' names no code; write NUMBER^NAME = sign.",
                left=left,
            )
    return rows


def _sentinels(text: str) -> dict[str, list[str]]:
    return {
        _sign(sign): [part.strip() for part in numbers.split(",") if part.strip()]
        for sign, numbers in _split(text, ":")
    }


def _pairs(text: str) -> dict[str, str]:
    return {_sign(sign): what for sign, what in _split(text, ":")}


def _split(text: str, mark: str) -> Iterator[tuple[str, str]]:
    for line in filter(None, (line.strip() for line in text.splitlines())):
        left, found, right = (part.strip() for part in line.rpartition(mark))
        if not (found and left and right):
            raise InvalidValue(
                "'%(line)s' has no '%(mark)s' between two words.",
                line=line[:60],
                mark=mark,
            )
        yield left, right


def _sign(name: str) -> str:
    if name not in CATALOGUE:
        metric_of(name)
    return name
