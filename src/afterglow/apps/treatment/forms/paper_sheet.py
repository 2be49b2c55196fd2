"""The head of a sheet of paper, as it is typed back: who wrote it, and which sheet it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment.downtime import SheetKnown
from afterglow.apps.treatment.forms.infusion import new_key
from afterglow.web.forms import KeyField, WebForm

_UNKNOWN_SHEET: Final = {
    SheetKnown.ANOTHER_PATIENTS: gettext_lazy(
        "Sheet %(seen)s was printed for another patient: look whose name is on the paper."
    ),
    SheetKnown.NOBODYS: gettext_lazy(
        "No sheet %(seen)s is known: look at the six letters at the foot of the paper again."
    ),
}
_CONFIRM_SHEET: Final = gettext_lazy(
    "If they stand on this patient's paper, confirm it below; if it has none, leave them out."
)


class SheetForm(WebForm):
    """Who kept the paper, which sheet it was, and the last pump entry that was on the screen.

    ``whose``: says of a sheet's code whose it is. One that is not known as this patient's is asked
    after once: a record that came back older than it was does not know what was printed since.
    """

    key = KeyField(initial=new_key)
    kept_by = forms.ChoiceField(label=gettext_lazy("Who wrote the paper"))
    sheet = forms.CharField(
        max_length=12,
        required=False,
        label=gettext_lazy("Sheet"),
        help_text=gettext_lazy("The six letters at the foot of the paper, if it has them."),
    )
    sheet_confirmed = forms.BooleanField(
        required=False, label=gettext_lazy("These letters stand on this patient's paper")
    )
    seen_sequence = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(
        self,
        *args: Any,
        people: Sequence[Account],
        whose: Callable[[str], SheetKnown],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(one.public_id): one for one in people}
        self.whose = whose
        self.is_unknown = False
        field = self.fields["kept_by"]
        assert isinstance(field, forms.ChoiceField)  # declared above  # noqa: S101
        field.choices = [(code, one.full_name) for code, one in self.people.items()]

    def clean(self) -> dict[str, Any]:
        """Look whether the sheet is this patient's."""
        cleaned = super().clean() or {}
        code = cleaned["sheet"] = str(cleaned.get("sheet") or "").strip().upper()
        known = self.whose(code) if code else SheetKnown.OURS
        self.is_unknown = known is not SheetKnown.OURS
        if self.is_unknown and not cleaned.get("sheet_confirmed"):
            words = _UNKNOWN_SHEET[known] % {"seen": code}
            self.add_error("sheet", f"{words} {_CONFIRM_SHEET}")
        return cleaned

    @property
    def keeper(self) -> Account:
        """The person chosen."""
        return self.people[self.cleaned_data["kept_by"]]
