"""Forms of people: text → values, with the user's words for errors."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.people import words
from afterglow.apps.people.services.care_team import MemberDetails
from afterglow.apps.people.services.patients import OLDEST_YEARS, PatientDetails
from afterglow.apps.places.models import Site
from afterglow.core.medicines import classes
from afterglow.core.quantities import Height
from afterglow.web.forms import DecimalField, KeyField, WebForm
from afterglow.web.sentences import name_words

LANGUAGES = (("en", "English"), ("es", "Español"))


class DayField(forms.DateField):
    """A calendar day, from the browser's own picker or typed."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.DateInput(attrs={"type": "date", "size": 12}, format="%Y-%m-%d")
        )
        super().__init__(input_formats=["%Y-%m-%d", "%d %b %Y", "%d %B %Y", "%m/%d/%Y"], **kwargs)

    def to_python(self, value: Any) -> dt.date | None:
        """Return the day, or raise a sentence that repeats what was typed."""
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(
                _("“%(seen)s” is not a date. Write it as 1984-05-14."),
                code="not_a_date",
                params={"seen": str(value)[:40]},
            ) from None


class HeightCmField(DecimalField):
    """A height in centimetres; metres and inches are named as what they look like."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(unit="cm", places=1, **kwargs)

    def validate(self, value: Any) -> None:
        """Refuse what lies outside 50 to 260 cm, and say what it may have been."""
        if value is not None and 0 < value < 3:
            raise ValidationError(
                _("%(seen)s is in metres; give centimetres: %(meant)s cm."),
                code="metres",
                params={"seen": value, "meant": (value * 100).quantize(Decimal(1))},
            )
        if value is not None and not 50 <= value <= 260:
            raise ValidationError(
                _("%(seen)s cm is outside the range 50 to 260 cm."),
                code="out_of_range",
                params={"seen": value},
            )
        super().validate(value)


class PatientForm(WebForm):
    """What is known of a patient."""

    key = KeyField(required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    family_name = forms.CharField(label=gettext_lazy("Family name"), max_length=80)
    given_name = forms.CharField(label=gettext_lazy("Given name"), max_length=80)
    preferred_name = forms.CharField(
        label=gettext_lazy("Name they go by"), max_length=80, required=False
    )
    date_of_birth = DayField(label=gettext_lazy("Birth date"))
    mrn = forms.CharField(
        label=gettext_lazy("MRN"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Leave empty to take the next number."),
    )
    sex_at_birth = forms.ChoiceField(
        label=gettext_lazy("Sex at birth"),
        choices=list(words.SEX.items()),
        widget=forms.RadioSelect,
        help_text=gettext_lazy("The ideal-weight formula and the pregnancy rule need it."),
    )
    could_be_pregnant = forms.BooleanField(
        label=gettext_lazy("Could be pregnant: a test is due before each infusion"), required=False
    )
    height_cm = HeightCmField(label=gettext_lazy("Height"), required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        error_messages={"invalid": gettext_lazy("This is not an e-mail address: name@place.org.")},
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)
    home_site = forms.ModelChoiceField(
        label=gettext_lazy("Home site"),
        queryset=Site.objects.filter(is_active=True),
        to_field_name="public_id",
        empty_label=None,
    )
    confirmed_different = forms.BooleanField(
        label=gettext_lazy("I looked: this is another person"), required=False
    )

    def __init__(self, *args: Any, today: dt.date, editing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        if editing:
            del self.fields["mrn"], self.fields["confirmed_different"]
        else:
            self.fields["confirmed_different"].widget = forms.HiddenInput()

    def ask_whether_different(self) -> None:
        """Ask "is this another person?" now that somebody alike was found."""
        self.fields["confirmed_different"].widget = forms.CheckboxInput()

    def clean_date_of_birth(self) -> dt.date:
        """Refuse the future and more than 120 years."""
        born: dt.date = self.cleaned_data["date_of_birth"]
        if born > self.today:
            raise ValidationError(
                _("%(seen)s lies in the future; today is %(limit)s."),
                params={"seen": f"{born:%d %b %Y}", "limit": f"{self.today:%d %b %Y}"},
            )
        years = self.today.year - born.year
        if years > OLDEST_YEARS:
            raise ValidationError(
                _("%(seen)s would make the patient %(years)d years old; the limit is %(limit)d."),
                params={"seen": f"{born:%d %b %Y}", "years": years, "limit": OLDEST_YEARS},
            )
        return born

    @property
    def details(self) -> PatientDetails:
        """The patient as the services take it."""
        data = self.cleaned_data
        height = data["height_cm"]
        return {
            "given_name": data["given_name"],
            "family_name": data["family_name"],
            "preferred_name": data["preferred_name"],
            "date_of_birth": data["date_of_birth"],
            "sex_at_birth": data["sex_at_birth"],
            "could_be_pregnant": data["could_be_pregnant"],
            "height_cm": None if height is None else Height.cm(height),
            "phone": data["phone"],
            "email": data["email"],
            "language": data["language"],
        }


class AllergyForm(WebForm):
    """One allergy or intolerance."""

    key = KeyField()
    substance = forms.CharField(label=gettext_lazy("Substance"), max_length=120)
    reaction = forms.CharField(label=gettext_lazy("What happened"), max_length=200, required=False)
    severity = forms.ChoiceField(
        label=gettext_lazy("How bad"), choices=list(words.SEVERITY.items()), initial="unknown"
    )


class MedicineForm(WebForm):
    """A medicine the patient takes. The class follows from the name, never from a near name."""

    key = KeyField()
    name = forms.CharField(
        label=gettext_lazy("Medicine"),
        max_length=120,
        widget=forms.TextInput(attrs={"list": "known-medicines", "autocomplete": "off"}),
    )
    dose = forms.CharField(
        label=gettext_lazy("How it is taken"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("As the patient says it: 1 mg at night."),
    )
    daily_dose_mg = DecimalField(
        label=gettext_lazy("Total a day"),
        unit="mg",
        places=3,
        min_value=Decimal("0.001"),
        max_value=Decimal(100_000),
        required=False,
        help_text=gettext_lazy("A benzodiazepine without it stops readiness: it must be counted."),
    )
    drug_class = forms.ChoiceField(
        label=gettext_lazy("Class, when the list does not know the name"),
        choices=[],
        required=False,
    )
    keep_spelling = forms.BooleanField(
        label=gettext_lazy("The name is right as typed"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        listed = [(c.code, name_words(c.name)) for c in classes.shipped().classes.values()]
        self.fields["drug_class"].choices = [  # type: ignore[attr-defined]
            ("", _("None of these")),
            *listed,
        ]
        self.fields["keep_spelling"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        """Stop at a name the list does not know but nearly does."""
        data = super().clean() or self.cleaned_data
        name, listed = data.get("name", ""), classes.shipped()
        unknown = bool(name) and listed.known(name) is None and not data.get("keep_spelling")
        if unknown and (near := listed.near(name)):
            self.fields["keep_spelling"].widget = forms.CheckboxInput()
            self.add_error(
                "name",
                _("“%(seen)s” is not on the list. Did you mean %(near)s? If not, tick below.")
                % {"seen": name, "near": ", ".join(near)},
            )
        return data


class DoseForm(WebForm):
    """How much of a medicine the patient takes now."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    dose = forms.CharField(label=gettext_lazy("How it is taken"), max_length=80, required=False)
    daily_dose_mg = DecimalField(
        label=gettext_lazy("Total a day"),
        unit="mg",
        places=3,
        min_value=Decimal("0.001"),
        max_value=Decimal(100_000),
        required=False,
    )


class EndForm(WebForm):
    """Why something leaves a list."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    why = forms.ChoiceField(
        label=gettext_lazy("Why does it leave the list?"),
        choices=[
            ("stopped", gettext_lazy("It no longer holds")),
            ("entered_in_error", gettext_lazy("It was entered in error")),
        ],
        widget=forms.RadioSelect,
    )


class MemberForm(WebForm):
    """One person around the patient."""

    key = KeyField(required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=list(words.CARE_TEAM_ROLE.items()))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    organisation = forms.CharField(
        label=gettext_lazy("Organisation"), max_length=120, required=False
    )
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    release_signed_on = DayField(
        label=gettext_lazy("Release signed on"),
        required=False,
        help_text=gettext_lazy("Without a release nothing is shared with this person."),
    )
    ended_on = DayField(label=gettext_lazy("Left the team on"), required=False)

    @property
    def details(self) -> MemberDetails:
        """The member as the services take it."""
        data = self.cleaned_data
        return {
            "role": data["role"],
            "name": data["name"],
            "organisation": data["organisation"],
            "phone": data["phone"],
            "email": data["email"],
            "release_signed_on": data["release_signed_on"],
            "ended_on": data["ended_on"],
        }
