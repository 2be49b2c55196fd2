"""The check-in page's form: everything that is asked at the door. Blank means not asked yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.people.forms import DayField
from afterglow.apps.people.models import CurrentMedicine
from afterglow.apps.places.models import Site
from afterglow.apps.treatment.forms.fields import (
    AnswerField,
    InstantField,
    YesNoField,
    tell_place,
)
from afterglow.apps.treatment.forms.meals import Meal, usual_times
from afterglow.apps.treatment.models.checkin import CheckIn, MedicineToday, SuicideScreen
from afterglow.core.quantities import BodyMass
from afterglow.core.treatment.facts import (
    Antihypertensive,
    Cpap,
    EscortState,
    Identifier,
    PregnancyTest,
)
from afterglow.web import clock
from afterglow.web.cards import Words
from afterglow.web.forms import DecimalField, WebForm

IDENTIFIERS = {
    Identifier.FULL_NAME: gettext_lazy("Full name"),
    Identifier.DATE_OF_BIRTH: gettext_lazy("Date of birth"),
    Identifier.RECORD_NUMBER: gettext_lazy("Record number"),
    Identifier.PHOTO: gettext_lazy("Photo"),
    Identifier.WRISTBAND: gettext_lazy("Wristband"),
    Identifier.PHONE: gettext_lazy("Phone"),
    Identifier.ADDRESS: gettext_lazy("Address"),
}
SUICIDE_LEVELS = {
    SuicideScreen.NOT_DONE: gettext_lazy("Not done"),
    SuicideScreen.NONE: gettext_lazy("None"),
    SuicideScreen.LOW: gettext_lazy("Low"),
    SuicideScreen.MODERATE: gettext_lazy("Moderate"),
    SuicideScreen.HIGH: gettext_lazy("High"),
}
_NONE_OR_TIME = [("none", gettext_lazy("None")), ("taken", gettext_lazy("Yes, last at:"))]
_SAME = (
    "last_solid_at",
    "last_clear_fluid_at",
    "appears_intoxicated",
    "decongestant_taken_today",
    "antihypertensive",
    "glp1_agonist",
    "acutely_ill",
    "cpap",
    "pregnancy_test",
    "pregnancy_tested_on",
    "escort_state",
    "escort_name",
    "escort_relation",
    "escort_phone",
    "suicide_statement_positive",
    "suicide_level",
    "safety_plan_given",
    "suicide_note",
)
"""Fields that stand in the row as they stand in the form."""


PREGNANCY_TESTS = [
    (PregnancyTest.NOT_DUE, gettext_lazy("Not due")),
    (PregnancyTest.DUE, gettext_lazy("Due, not done yet")),
    (PregnancyTest.NEGATIVE, gettext_lazy("Negative")),
    (PregnancyTest.POSITIVE, gettext_lazy("Positive")),
]


@dataclass(frozen=True, slots=True)
class Group:
    """One box of the page."""

    key: str
    legend: Words
    hint: Words
    fields: Sequence[BoundField]


class CheckInForm(WebForm):
    """Identity, kilograms, fasting, the day's medicines and drugs, health, escort, suicide."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    assessing = forms.BooleanField(widget=forms.HiddenInput, required=False)
    identifiers = forms.MultipleChoiceField(
        choices=list(IDENTIFIERS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        label=gettext_lazy("The patient stated, unprompted"),
    )
    weight_kg = DecimalField(
        unit="kg",
        places=2,
        required=False,
        max_value=Decimal(400),
        min_value=Decimal(1),
        label=gettext_lazy("Weight on the scale today"),
    )
    weighed_twice = forms.BooleanField(
        required=False, label=gettext_lazy("Weighed again: the scale shows the same")
    )
    last_solid_at = InstantField(required=False, label=gettext_lazy("Last solid food"))
    last_clear_fluid_at = InstantField(required=False, label=gettext_lazy("Last clear fluid"))
    alcohol = AnswerField(
        choices=_NONE_OR_TIME, label=gettext_lazy("Alcohol or street drugs in the last days")
    )
    alcohol_last_at = InstantField(required=False, label=gettext_lazy("Alcohol or drugs, last at"))
    cannabis = AnswerField(choices=_NONE_OR_TIME, label=gettext_lazy("Cannabis in the last days"))
    cannabis_last_at = InstantField(required=False, label=gettext_lazy("Cannabis, last at"))
    appears_intoxicated = YesNoField(label=gettext_lazy("Appears intoxicated"))
    medicines_reviewed = forms.BooleanField(
        required=False,
        label=gettext_lazy("Medicines and allergies were gone through with the patient"),
    )
    antihypertensive = AnswerField(
        choices=[
            (Antihypertensive.NOT_PRESCRIBED, gettext_lazy("None prescribed")),
            (Antihypertensive.TAKEN, gettext_lazy("Taken this morning")),
            (Antihypertensive.MISSED, gettext_lazy("Missed")),
        ],
        label=gettext_lazy("Blood-pressure medicine"),
    )
    decongestant_taken_today = YesNoField(label=gettext_lazy("Decongestant today"))
    glp1_agonist = YesNoField(label=gettext_lazy("GLP-1 agonist"))
    acutely_ill = YesNoField(label=gettext_lazy("Ill today: fever, infection, vomiting, chest"))
    cpap = AnswerField(
        choices=[
            (Cpap.NOT_NEEDED, gettext_lazy("Not needed")),
            (Cpap.BROUGHT, gettext_lazy("Brought")),
            (Cpap.FORGOTTEN, gettext_lazy("Forgotten")),
        ],
        label=gettext_lazy("CPAP machine for sleep apnoea"),
    )
    pregnancy_test = AnswerField(
        choices=PREGNANCY_TESTS,
        label=gettext_lazy("Pregnancy test"),
    )
    pregnancy_tested_on = DayField(required=False, label=gettext_lazy("Tested on"))
    escort_state = AnswerField(
        choices=[
            (EscortState.CONFIRMED, gettext_lazy("Here, or has promised by phone")),
            (EscortState.ON_THE_WAY, gettext_lazy("Named, not reached yet")),
            (EscortState.NONE, gettext_lazy("Nobody")),
        ],
        label=gettext_lazy("Who takes the patient home"),
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
    suicide_statement_positive = YesNoField(
        label=gettext_lazy("Thoughts of ending their life since the last visit"),
    )
    phq9_item9 = AnswerField(
        choices=[("0", "0"), ("1", "1"), ("2", "2"), ("3", "3")],
        label=gettext_lazy("PHQ-9 item 9 today"),
    )
    suicide_level = AnswerField(
        choices=list(SUICIDE_LEVELS.items()),
        label=gettext_lazy("C-SSRS since last contact, as you found it"),
    )
    safety_plan_given = forms.BooleanField(
        required=False, label=gettext_lazy("Safety plan gone through")
    )
    suicide_note = forms.CharField(
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=gettext_lazy("What was done about it"),
    )

    def __init__(
        self,
        *args: Any,
        site: Site,
        at: dt.datetime,
        medicines: Sequence[CurrentMedicine],
        pregnancy_due: bool,
        asks_again: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.at, self.site, self.medicines = at, site, medicines
        for row in medicines:
            name = f"medicine_{row.public_id.hex}"
            self.fields[name] = AnswerField(
                choices=[("held", _("Held today")), ("taken", _("Taken today"))],
                label=f"{row.name} {row.dose}".strip(),
            )
            self.fields[f"{name}_at"] = InstantField(
                required=False, label=_("%(medicine)s, taken at") % {"medicine": row.name}
            )
        if pregnancy_due:
            test = self.fields["pregnancy_test"]
            assert isinstance(test, forms.ChoiceField)  # declared above  # noqa: S101
            if self.initial.get("pregnancy_test") != PregnancyTest.NOT_DUE:
                test.choices = PREGNANCY_TESTS[1:]
            self.fields["pregnancy_test"].help_text = _(
                "The patient could be pregnant: a test is due."
            )
        if not asks_again:
            self.fields["weighed_twice"].widget = forms.HiddenInput()
        tell_place(self, site=site, at=at)

    def ask_to_weigh_again(self) -> None:
        """Ask for the confirmation that the scale shows the same again."""
        self.fields["weighed_twice"].widget = forms.CheckboxInput()

    def clean(self) -> dict[str, Any]:
        """A thing that was taken has a time."""
        data = super().clean() or self.cleaned_data
        timed = ["alcohol", "cannabis", *(f"medicine_{m.public_id.hex}" for m in self.medicines)]
        for name in timed:
            when = f"{name}_at" if name.startswith("medicine_") else f"{name}_last_at"
            if data.get(name) == "taken" and data.get(when) is None and when not in self.errors:
                self.add_error(when, _("Give the day and time."))
        test = data.get("pregnancy_test")
        done = test in (PregnancyTest.NEGATIVE, PregnancyTest.POSITIVE)
        undated = data.get("pregnancy_tested_on") is None
        if done and undated and "pregnancy_tested_on" not in self.errors:
            self.add_error("pregnancy_tested_on", _("Give the day of the test."))
        return data

    @property
    def answers(self) -> dict[str, Any]:
        """What was answered, as the service takes it; a field left blank is left as it was."""
        data = self.cleaned_data
        given = {name: data[name] for name in _SAME if data.get(name) not in (None, "")}
        if not data["assessing"] and given.get("suicide_level") == self.initial.get("found"):
            given.pop("suicide_level", None)  # it was shown, not found again
        given["safety_plan_given"] = data["safety_plan_given"]
        if data["identifiers"]:
            given["identifiers"] = data["identifiers"]
        if data["phq9_item9"]:
            given["phq9_item9"] = int(data["phq9_item9"])
        for name, field in (("alcohol", "alcohol_or_drugs"), ("cannabis", "cannabis")):
            if data[name]:
                taken = data[name] == "taken"
                given[f"{field}_asked"] = True
                given[f"{field}_last_at"] = data[f"{name}_last_at"] if taken else None
        if data["medicines_reviewed"] and not self.initial.get("medicines_reviewed"):
            given["medicines_reviewed_at"] = self.at
        return given

    @property
    def mass(self) -> BodyMass | None:
        """The kilograms that were typed."""
        typed = self.cleaned_data["weight_kg"]
        return None if typed is None else BodyMass.kg(typed)

    @property
    def said_of_medicines(self) -> list[tuple[CurrentMedicine, dt.datetime | None]]:
        """Each listed medicine that was answered, with when it was taken today."""
        found = []
        for row in self.medicines:
            name = f"medicine_{row.public_id.hex}"
            if answer := self.cleaned_data.get(name):
                taken = answer == "taken"
                found.append((row, self.cleaned_data[f"{name}_at"] if taken else None))
        return found

    @property
    def meals(self) -> list[Meal]:
        """Times that are often said of the last meal and drink, for one press."""
        return usual_times(self, now=clock.local(self.at, self.site))

    def groups(self) -> list[Group]:
        """Return the boxes of the page in the order in which the door is asked."""
        listed = [
            name
            for row in self.medicines
            for name in (f"medicine_{row.public_id.hex}", f"medicine_{row.public_id.hex}_at")
        ]
        boxes: list[tuple[str, Words, Words, list[str]]] = [
            (
                "identity",
                _("Who is it"),
                _("Two identifiers, in their own words."),
                ["identifiers"],
            ),
            (
                "weight",
                _("Weight"),
                _("In kilograms, off the scale."),
                ["weight_kg", "weighed_twice"],
            ),
            ("fasting", _("Fasting"), "", ["last_solid_at", "last_clear_fluid_at"]),
            (
                "medicines",
                _("Medicines today"),
                "",
                [
                    *listed,
                    "medicines_reviewed",
                    "antihypertensive",
                    "decongestant_taken_today",
                    "glp1_agonist",
                ],
            ),
            (
                "substances",
                _("Alcohol and drugs"),
                "",
                [
                    "alcohol",
                    "alcohol_last_at",
                    "cannabis",
                    "cannabis_last_at",
                    "appears_intoxicated",
                ],
            ),
            (
                "health",
                _("Health today"),
                "",
                ["acutely_ill", "cpap", "pregnancy_test", "pregnancy_tested_on"],
            ),
            (
                "escort",
                _("Escort"),
                "",
                ["escort_state", "escort_name", "escort_relation", "escort_phone"],
            ),
            (
                "suicide",
                _("Suicide"),
                _("A positive answer opens a task for the prescriber at once."),
                [
                    "suicide_statement_positive",
                    "phq9_item9",
                    "suicide_level",
                    "safety_plan_given",
                    "suicide_note",
                ],
            ),
        ]
        return [
            Group(key, legend, hint, [self[name] for name in names])
            for key, legend, hint, names in boxes
        ]


def initial_of(
    check: CheckIn,
    said: Sequence[MedicineToday],
    mass_kg: Decimal | None,
    *,
    assessing: bool = False,
) -> Mapping[str, Any]:
    """Return what is on record as the form shows it.

    While something positive waits to be assessed (``assessing``), the level is blank.
    """
    shown: dict[str, Any] = {name: getattr(check, name) for name in _SAME}
    shown["seen"] = check.row_version
    shown["identifiers"] = list(check.identifiers)
    shown["assessing"], shown["found"] = assessing, check.suicide_level
    shown["suicide_level"] = "" if assessing else check.suicide_level
    shown["weight_kg"] = mass_kg
    shown["phq9_item9"] = "" if check.phq9_item9 is None else str(check.phq9_item9)
    for name, field in (("alcohol", "alcohol_or_drugs"), ("cannabis", "cannabis")):
        last = getattr(check, f"{field}_last_at")
        asked = getattr(check, f"{field}_asked")
        shown[name] = ("taken" if last else "none") if asked else ""
        shown[f"{name}_last_at"] = last
    shown["medicines_reviewed"] = check.medicines_reviewed_at is not None
    for row in said:
        if row.medicine is not None:
            name = f"medicine_{row.medicine.public_id.hex}"
            shown[name] = "taken" if row.taken_at else "held"
            shown[f"{name}_at"] = row.taken_at
    return shown
