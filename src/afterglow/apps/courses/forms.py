"""Forms of courses."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.accounts.models import Account
from afterglow.apps.courses import queries
from afterglow.apps.courses.services.opening import MOST_INFUSIONS
from afterglow.apps.courses.words import ACTION
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.core.courses.phases import COURSE, CourseAction, CoursePhase
from afterglow.web.forms import KeyField, WebForm, WholeNumberField

ICD10 = RegexValidator(
    r"^[A-Za-z][0-9][0-9A-Za-z](\.[0-9A-Za-z]{1,4})?$",
    gettext_lazy("This is not an ICD-10-CM code, such as F33.2."),
)


def version_choices(kind: DefinitionKind, *, at: dt.datetime) -> list[tuple[str, str]]:
    """Return the versions of a kind as choices that say which are proposed, not approved."""
    return [
        (
            str(choice.definition.public_id),
            f"{choice.definition.title}, {_('version')} {choice.definition.version}"
            + ("" if choice.approved else f" – {_('proposed, not approved')}"),
        )
        for choice in queries.choices(kind, at=at)
    ]


class CourseForm(WebForm):
    """What the course is for, under which protocol, how many infusions, whose it is."""

    key = KeyField(required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    indication = forms.CharField(label=gettext_lazy("Indication"), max_length=120)
    indication_code = forms.CharField(
        label="ICD-10-CM", max_length=8, required=False, validators=[ICD10]
    )
    protocol = forms.ChoiceField(
        label=gettext_lazy("Dosing protocol"), widget=forms.RadioSelect, choices=[]
    )
    planned_infusions = WholeNumberField(
        label=gettext_lazy("Planned infusions"),
        min_value=Decimal(1),
        max_value=Decimal(MOST_INFUSIONS),
    )
    prescriber = forms.ModelChoiceField(
        label=gettext_lazy("Prescriber"),
        queryset=Account.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=gettext_lazy("Not chosen yet"),
    )

    def __init__(
        self,
        *args: Any,
        at: dt.datetime,
        prescribers: list[Account],
        editing: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        people = Account.objects.filter(pk__in=[person.pk for person in prescribers])
        self.fields["prescriber"].queryset = people  # type: ignore[attr-defined]
        if editing:
            del self.fields["protocol"]
        else:
            offered = version_choices(DefinitionKind.DOSING_PROTOCOL, at=at)
            self.fields["protocol"].choices = offered  # type: ignore[attr-defined]


class ProtocolForm(WebForm):
    """Which protocol version the course runs under from now on."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    protocol = forms.ChoiceField(
        label=gettext_lazy("Dosing protocol"), widget=forms.RadioSelect, choices=[]
    )

    def __init__(self, *args: Any, at: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = version_choices(DefinitionKind.DOSING_PROTOCOL, at=at)
        self.fields["protocol"].choices = offered  # type: ignore[attr-defined]


class AcceptForm(WebForm):
    """The prescriber's decision."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    eligible = forms.BooleanField(
        label=gettext_lazy("I have examined the indication and contraindications: eligible"),
        required=False,
    )
    reason = forms.CharField(
        label=gettext_lazy("Remarks"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    override_reason = forms.CharField(
        label=gettext_lazy("Why it may go on without what is missing"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Only for reasons that the prescriber may override. Kept for ever."),
    )


class PauseForm(WebForm):
    """Why the course is paused or resumed."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Why?"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class PhaseForm(PauseForm):
    """Which step the course takes, and why."""

    action = forms.ChoiceField(label=gettext_lazy("Step"), widget=forms.RadioSelect, choices=[])
    field_order = ("seen", "action", "reason")

    def __init__(self, *args: Any, phase: CoursePhase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = [step for step in COURSE.actions(phase) if step is not CourseAction.ACCEPT]
        self.fields["action"].choices = [  # type: ignore[attr-defined]
            (str(step), ACTION[step]) for step in steps
        ]

    def clean_action(self) -> CourseAction:
        """Return the step."""
        try:
            return CourseAction(self.cleaned_data["action"])
        except ValueError as problem:  # pragma: no cover  the choices admit only steps
            raise ValidationError(str(problem)) from problem
