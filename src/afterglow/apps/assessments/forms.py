"""An instrument as a form: one whole-number field an item, blank for "not asked"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from afterglow.core.instruments.answers import read_answers
from afterglow.core.instruments.definition import Instrument
from afterglow.web.sentences import name_words, sentence_of


class AnswersForm(forms.Form):
    """The items of one instrument, read by the instrument's own rules."""

    def __init__(self, *args: Any, instrument: Instrument, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instrument = instrument
        for item in instrument.items:
            self.fields[item.key] = forms.CharField(
                required=False,
                max_length=6,
                label=name_words(item.construct),
                help_text=name_words(item.text),
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            )

    def clean(self) -> dict[str, Any]:
        """Read every answer; each wrong one is said on the form."""
        cleaned = super().clean() or {}
        texts: Mapping[str, str] = {
            item.key: str(cleaned.get(item.key) or "") for item in self.instrument.items
        }
        self.answers, decision = read_answers(self.instrument, texts)
        for reason in decision.blockers:
            self.add_error(None, sentence_of(reason))
        return cleaned
