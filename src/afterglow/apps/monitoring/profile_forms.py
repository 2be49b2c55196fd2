"""The form of a device profile: one habit a line, as an engineer writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from afterglow.apps.devices.models import RawMessage
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.device_profile import Framing, Trust, parse_profile
from afterglow.web import formats
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
        widget=forms.Textarea(
            attrs={
                "rows": 10,
                "spellcheck": "false",
                "wrap": "off",
                "class": "control mono control-wide",
            }
        ),
    )
    captured = forms.ChoiceField(label=_("Or one that arrived"), required=False)

    habits: dict[str, Any]

    def __init__(
        self,
        *args: Any,
        arrived: Iterable[RawMessage] = (),
        site: object = None,
        is_trial: bool = False,
        **kwargs: Any,
    ) -> None:
        """``is_trial``: nothing is saved, so the profile needs no name yet."""
        super().__init__(*args, **kwargs)
        field = self.fields["captured"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (as declared above)
        field.choices = [
            ("", _("None")),
            *((str(row.public_id), _label(row, site)) for row in arrived),
        ]
        if is_trial:
            for name in ("key", "title", "source"):
                self.fields[name].required = False
                self.fields[name].validators = []
                self.fields[name].says_optional = False  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Read every line; each that cannot be is said beside its field, all of them at once."""
        data = super().clean() or self.cleaned_data
        self.habits = {"framing": data.get("framing"), "trust": data.get("trust")}
        for name in ("codes", "sentinels", "divide_by", "units", "channels"):
            read = _codes if name == "codes" else _signs
            self.habits[name], wrong = read(name, data.get(name) or "")
            if wrong:
                self.add_error(name, wrong)
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


def _label(row: RawMessage, site: object) -> str:
    who = row.device or row.sending_application or row.peer
    day = formats.date_words(row.received_at, site)
    time = formats.clock_seconds(row.received_at, site)
    return f"{who} · {day}, {time} · {row.outcome}"


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a field, as it was typed, with its number from 1."""

    number: int
    text: str

    def wrong(self, problem: InvalidValue) -> str:
        """Return what is wrong with it: the line, what stands in it, and why."""
        return gettext("Line %(number)s, “%(line)s”: %(words)s") % {
            "number": self.number,
            "line": self.text[:60],
            "words": error_words(problem),
        }

    def parts(self, mark: str) -> tuple[str, str]:
        """Return what stands before and after the mark. Raises InvalidValue without both."""
        left, found, right = (part.strip() for part in self.text.rpartition(mark))
        if not (found and left and right):
            raise InvalidValue(
                "'%(line)s' has no '%(mark)s' between two words.",
                line=self.text[:60],
                mark=mark,
            )
        return left, right


def _lines_of(text: str) -> Iterator[_Line]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield _Line(number, line.strip())


def _codes(name: str, text: str) -> tuple[list[dict[str, str]], list[str]]:
    rows: list[dict[str, str]] = []
    wrong: list[str] = []
    for line in _lines_of(text):
        try:
            left, sign = line.parts("=")
            number, _mark, word = (part.strip() for part in left.partition("^"))
            if not number and not word:
                raise InvalidValue("'%(left)s' names no code; write NUMBER^NAME = sign.", left=left)
            row = {"number": number, "name": word, "metric": sign}
            row = {key: part for key, part in row.items() if part}
            _check({name: [row]})
        except InvalidValue as problem:
            wrong.append(line.wrong(problem))
        else:
            rows.append(row)
    return rows, wrong


def _signs(name: str, text: str) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for line in _lines_of(text):
        try:
            sign, words = line.parts(":")
            said: Any = words
            if name == "sentinels":
                said = [part.strip() for part in words.split(",") if part.strip()]
            _check({name: {sign: said}})
            if sign in found:
                raise InvalidValue("'%(sign)s' stands in two lines.", sign=sign)
        except InvalidValue as problem:
            wrong.append(line.wrong(problem))
        else:
            found[sign] = said
    return found, wrong


def _check(habits: Mapping[str, Any]) -> None:
    """Read one line as a profile of its own. Raises InvalidValue."""
    parse_profile({"key": "line", "version": 1, **habits})
