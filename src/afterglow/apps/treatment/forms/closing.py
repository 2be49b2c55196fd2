"""Recovery, the ways a session ends, accounting for the bag, addenda."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.accounts.forms import SecondPersonForm
from afterglow.apps.places.models import Site
from afterglow.apps.treatment.forms.arrival import SUICIDE_LEVELS
from afterglow.apps.treatment.forms.fields import (
    AnswerField,
    InstantField,
    YesNoField,
    tell_place,
)
from afterglow.apps.treatment.forms.infusion import new_key
from afterglow.apps.treatment.models import CheckIn, Recovery
from afterglow.core.instruments.answers import read_answers
from afterglow.core.instruments.definition import Instrument
from afterglow.core.treatment.endings import ENDINGS, EndingField, SessionEnding
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web.cards import Words
from afterglow.web.forms import KeyField, WebForm
from afterglow.web.sentences import name_words, sentence_of

_YES_NO: dict[str, Words] = {
    "dissociation_at_baseline": gettext_lazy("Dissociation is back to where it began"),
    "nausea_controlled": gettext_lazy("Nausea is controlled"),
    "drank_fluid": gettext_lazy("Drinks"),
    "on_room_air": gettext_lazy("Breathes room air"),
    "first_walk_accompanied": gettext_lazy("First walk was accompanied"),
    "steady_gait": gettext_lazy("Walks steadily"),
    "iv_removed": gettext_lazy("IV line is out"),
    "iv_site_checked": gettext_lazy("IV site was looked at"),
    "told_no_driving": gettext_lazy("Told not to drive until after a night's sleep"),
    "written_instructions": gettext_lazy("Has the written instructions"),
    "phone_24_h_given": gettext_lazy("Has the number that answers for 24 h"),
    "escort_present": gettext_lazy("The escort is here"),
    "escort_is_adult": gettext_lazy("The escort is an adult"),
    "suicide_statement_positive": gettext_lazy("Says something about ending their life"),
    "safety_plan_given": gettext_lazy("Safety plan gone through"),
}
_BOXES: tuple[tuple[str, Words, tuple[str, ...]], ...] = (
    (
        "mind",
        gettext_lazy("Awake and oriented"),
        ("oriented", "dissociation_at_baseline", "nausea_controlled", "drank_fluid"),
    ),
    (
        "body",
        gettext_lazy("On their feet"),
        (
            "on_room_air",
            "first_walk_accompanied",
            "steady_gait",
            "iv_removed",
            "iv_site_checked",
            "iv_site_note",
        ),
    ),
    (
        "suicide",
        gettext_lazy("Asked again before leaving"),
        ("suicide_statement_positive", "suicide_level", "safety_plan_given"),
    ),
    (
        "home",
        gettext_lazy("Going home"),
        (
            "told_no_driving",
            "written_instructions",
            "phone_24_h_given",
            "escort_present",
            "escort_is_adult",
            "escort_name",
            "escort_relation",
            "escort_phone",
        ),
    ),
)

_ASKED_ONE_BY_ONE = "suicide"


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the recovery page."""

    key: str
    legend: Words
    fields: list[BoundField]
    all_yes: bool
    """Its statements say how it should be, and one act may answer all that are open: yes."""


class RecoveryForm(WebForm):
    """The discharge criteria as a person finds them. Blank means not looked at yet."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    assessing = forms.BooleanField(widget=forms.HiddenInput, required=False)
    oriented = AnswerField(
        choices=[("0", "0"), ("1", "1"), ("2", "2"), ("3", "3")],
        label=gettext_lazy("Oriented to person, place, time"),
    )
    iv_site_note = forms.CharField(
        max_length=200, required=False, label=gettext_lazy("IV site looks")
    )
    suicide_level = AnswerField(
        choices=list(SUICIDE_LEVELS.items()), label=gettext_lazy("C-SSRS, as you found it")
    )
    escort_name = forms.CharField(
        max_length=120, required=False, label=gettext_lazy("Escort's name")
    )
    escort_relation = forms.CharField(
        max_length=60, required=False, label=gettext_lazy("Escort is the patient's")
    )
    escort_phone = forms.CharField(
        max_length=40, required=False, label=gettext_lazy("Escort's phone")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in _YES_NO.items():
            self.fields[name] = YesNoField(label=label)
        for field in self.fields.values():
            field.says_optional = False  # type: ignore[attr-defined]  # read by fields.py

    @property
    def answers(self) -> dict[str, Any]:
        """What was answered, as the service takes it; a blank changes nothing."""
        data = self.cleaned_data
        given = {
            name: value
            for name, value in data.items()
            if name not in ("seen", "assessing", "oriented") and value not in (None, "")
        }
        if data["oriented"]:
            given["oriented"] = int(data["oriented"])
        if given.get("suicide_statement_positive") == self.initial.get(
            "suicide_statement_positive"
        ):
            given.pop("suicide_statement_positive", None)  # saying it again asks nothing anew
        if not data["assessing"] and given.get("suicide_level") == self.initial.get("found"):
            given.pop("suicide_level", None)  # it was shown, not found again
        return given

    def boxes(self) -> list[Box]:
        """Return the boxes of the page."""
        return [
            Box(key, legend, [self[name] for name in names], all_yes=key != _ASKED_ONE_BY_ONE)
            for key, legend, names in _BOXES
        ]


def recovery_initial(
    recovery: Recovery, check: CheckIn, *, assessing: bool = False
) -> Mapping[str, Any]:
    """Return what is on record; the escort of the check-in is proposed.

    What must be asked again is blank: the statement after a call-back, and the level while
    something positive waits to be assessed (``assessing``).
    """
    shown: dict[str, Any] = {name: getattr(recovery, name) for name in _YES_NO}
    shown["seen"] = recovery.row_version
    shown["oriented"] = "" if recovery.oriented is None else str(recovery.oriented)
    shown["iv_site_note"] = recovery.iv_site_note
    if recovery.suicide_asked_at is None:
        shown["suicide_statement_positive"] = None
    shown["assessing"], shown["found"] = assessing, recovery.suicide_level
    shown["suicide_level"] = "" if assessing else recovery.suicide_level
    for name in ("escort_name", "escort_relation", "escort_phone"):
        shown[name] = getattr(recovery, name) or getattr(check, name)
    return shown


class ScoreForm(WebForm):
    """One instrument with all its items, each with its own words."""

    key = KeyField(initial=new_key)

    def __init__(self, *args: Any, instrument: Instrument, **kwargs: Any) -> None:
        super().__init__(*args, prefix=instrument.key, **kwargs)
        self.instrument = instrument
        self.answers: Mapping[str, int | None] = {}
        for item in instrument.items:
            label = name_words(item.construct)
            if item.options:
                self.fields[item.key] = AnswerField(
                    choices=[
                        (str(o.value), f"{o.value} · {name_words(o.label)}") for o in item.options
                    ],
                    label=label,
                )
                continue
            self.fields[item.key] = forms.CharField(
                required=False,
                max_length=6,
                label=label,
                help_text=name_words(item.text),
                widget=forms.TextInput(
                    attrs={"inputmode": "numeric", "autocomplete": "off", "size": 6}
                ),
            )
            self.fields[item.key].says_optional = False  # type: ignore[attr-defined]  # fields.py

    def clean(self) -> dict[str, Any]:
        """Read every answer by the instrument's own rules."""
        data = super().clean() or self.cleaned_data
        texts = {item.key: str(data.get(item.key) or "") for item in self.instrument.items}
        self.answers, decision = read_answers(self.instrument, texts)
        for reason in decision.blockers:
            self.add_error(None, sentence_of(reason))
        return data


class AccountForm(SecondPersonForm):
    """The witness of what is wasted."""

    key = KeyField(initial=new_key)


ENDING_WORDS: dict[SessionEnding, Words] = {
    SessionEnding.COMPLETED: gettext_lazy("Goes home: treatment completed"),
    SessionEnding.STOPPED_BY_PATIENT: gettext_lazy("Goes home: the patient stopped early"),
    SessionEnding.ABORTED: gettext_lazy("Goes home: we stopped early"),
    SessionEnding.ESCORT_DID_NOT_COME: gettext_lazy("The escort did not come"),
    SessionEnding.LEFT_AGAINST_ADVICE: gettext_lazy("Left against advice"),
    SessionEnding.TRANSFERRED_TO_HOSPITAL: gettext_lazy("Transferred to hospital"),
    SessionEnding.CANCELLED_BEFORE_START: gettext_lazy("Called off before the start"),
    SessionEnding.DIED: gettext_lazy("Died"),
}
FIELD_WORDS: dict[EndingField, Words] = {
    EndingField.REASON: gettext_lazy("Reason"),
    EndingField.PATIENT_TOLD: gettext_lazy("The patient was told why"),
    EndingField.RISKS_EXPLAINED: gettext_lazy("The risks of leaving were explained"),
    EndingField.REFUSAL_SIGNED_OR_WITNESSED: gettext_lazy("Refusal signed, or witnessed by"),
    EndingField.CONDITION_AT_LEAVING: gettext_lazy("Condition on leaving"),
    EndingField.CONTACT_TOLD: gettext_lazy("Contact who was told"),
    EndingField.PRESCRIBER_TOLD: gettext_lazy("The prescriber was told"),
    EndingField.ARRANGEMENT_HOME: gettext_lazy("How the patient gets home"),
    EndingField.DESTINATION: gettext_lazy("Hospital"),
    EndingField.HANDED_OVER_AT: gettext_lazy("Handed over at"),
    EndingField.HANDED_OVER_TO: gettext_lazy("Handed over to"),
    EndingField.DEATH_PRONOUNCED_AT: gettext_lazy("Death pronounced at"),
    EndingField.DEATH_PRONOUNCED_BY: gettext_lazy("Pronounced by"),
    EndingField.DIRECTOR_TOLD: gettext_lazy("The medical director was told"),
    EndingField.AUTHORITY_TOLD: gettext_lazy("The authority was told"),
    EndingField.FAMILY_TOLD: gettext_lazy("The family was told"),
}
_TICKED = frozenset(
    {
        EndingField.PATIENT_TOLD,
        EndingField.RISKS_EXPLAINED,
        EndingField.PRESCRIBER_TOLD,
        EndingField.DIRECTOR_TOLD,
        EndingField.AUTHORITY_TOLD,
        EndingField.FAMILY_TOLD,
    }
)
_TIMED = frozenset({EndingField.HANDED_OVER_AT, EndingField.DEATH_PRONOUNCED_AT})


def endings_from(state: str) -> list[SessionEnding]:
    """Return the ways a session in this state can end, the usual first."""
    return [each for each in ENDING_WORDS if SessionState(state) in ENDINGS[each].from_states]


class EndingForm(SecondPersonForm):
    """One way of ending, and what it must have on record. The rules say what is missing.

    ``asks_prescriber``: this ending needs a prescriber, who signs in beside whoever ends it.
    """

    key = KeyField(initial=new_key)
    ending = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(
        self,
        *args: Any,
        ending: SessionEnding,
        site: Site,
        at: dt.datetime,
        asks_prescriber: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, initial={"ending": ending.value}, **kwargs)
        prescriber = [(name, self.fields.pop(name)) for name in ("username", "secret")]
        for needed in sorted(ENDINGS[ending].fields):
            label = str(FIELD_WORDS[needed])
            if needed in _TICKED:
                self.fields[needed] = forms.BooleanField(required=False, label=label)
            elif needed in _TIMED:
                self.fields[needed] = InstantField(required=False, label=label)
            else:
                self.fields[needed] = forms.CharField(required=False, max_length=400, label=label)
        if asks_prescriber:
            self.fields.update(prescriber)
            self.fields["username"].label = _("Sign-in name of the prescriber who agrees")
        tell_place(self, site=site, at=at)

    @property
    def on_record(self) -> dict[str, Any]:
        """What was filled in, as the record keeps it."""
        found = {}
        for name, value in self.cleaned_data.items():
            if name in ("key", "ending", "username", "secret") or value in (None, "", False):
                continue
            found[str(name)] = value.isoformat() if isinstance(value, dt.datetime) else value
        return found


class CallBackForm(WebForm):
    """Why somebody who has left is a patient again."""

    key = KeyField(initial=new_key)
    reason = forms.CharField(max_length=200, label=gettext_lazy("Why is the patient called back?"))


class AddendumForm(WebForm):
    """What is said after signing."""

    key = KeyField(initial=new_key)
    text = forms.CharField(
        max_length=8000,
        label=gettext_lazy("Addendum"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
