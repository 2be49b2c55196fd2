"""Forms of accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from afterglow.apps.accounts.models import Account
from afterglow.apps.accounts.services import SecondPerson, StaffWords
from afterglow.apps.accounts.shell import ROLE_WORDS
from afterglow.apps.places.models import Site
from afterglow.core.roles import STAFF, CredentialKind, Role
from afterglow.web.forms import WebForm

CREDENTIAL_WORDS = {
    CredentialKind.LICENCE: _("Licence"),
    CredentialKind.DEA: _("DEA registration"),
    CredentialKind.ACLS: _("ACLS"),
    CredentialKind.BLS: _("BLS"),
}
IN_THEMSELVES = [
    (code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES
]
HIDDEN_TEXT = {"autocomplete": "off", "inputmode": "numeric"}


class PinForm(WebForm):
    """Set one's own PIN."""

    pin = forms.CharField(
        label=_("New PIN"),
        help_text=_("6 to 12 digits. It unlocks a clinical screen and signs as a second person."),
        widget=forms.PasswordInput(attrs=HIDDEN_TEXT),
        max_length=40,
    )
    password = forms.CharField(
        label=_("Your password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class UnlockForm(WebForm):
    """Unlock the screen."""

    secret = forms.CharField(
        label=_("PIN or password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "autofocus": True}),
        max_length=200,
    )


class SecondPersonForm(WebForm):
    """A second person signs in beside the first one, for one act."""

    username = forms.CharField(
        max_length=150,
        label=_("Second person's sign-in name"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "size": 14}),
    )
    secret = forms.CharField(
        max_length=128,
        label=_("Their PIN or password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "size": 14}),
    )

    @property
    def second(self) -> SecondPerson:
        """Who the second person says they are."""
        return SecondPerson(self.cleaned_data["username"], self.cleaned_data["secret"])


class LanguageForm(WebForm):
    """Choose the language of one's pages and messages; each is named in itself."""

    language = forms.ChoiceField(label=_("Language"), choices=IN_THEMSELVES)


class StaffForm(WebForm):
    """A member of staff."""

    given_name = forms.CharField(label=_("Given name"), max_length=80)
    family_name = forms.CharField(label=_("Family name"), max_length=80)
    title = forms.CharField(
        label=_("Title"), max_length=80, required=False, help_text=_("RN, MD, PharmD and so on.")
    )
    email = forms.EmailField(label=_("E-mail"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    is_active = forms.BooleanField(label=_("May sign in"), required=False, initial=True)

    @property
    def words(self) -> StaffWords:
        """What the service takes."""
        return StaffWords(
            **{name: self.cleaned_data[name] for name in StaffWords.__dataclass_fields__}
        )

    @classmethod
    def showing(cls, account: Account) -> StaffForm:
        """Return the form filled with a member of staff."""
        names = ("given_name", "family_name", "email", "language", "is_active")
        staff = getattr(account, "staff", None)
        initial = {name: getattr(account, name) for name in names}
        return cls(initial={**initial, "title": staff.title if staff else ""})


class NewStaffForm(StaffForm):
    """A new member of staff, with a user name and a first password."""

    username = forms.CharField(label=_("User name"), max_length=80)
    password = forms.CharField(
        label=_("First password"),
        help_text=_("At least 12 characters; they set up a second factor at the first sign-in."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    field_order = ["username", "password"]


class DateInput(forms.DateInput):
    """The device's own date picker."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class GrantForm(WebForm):
    """A role at a site, or at every site."""

    role = forms.ChoiceField(
        label=_("Role"), choices=[(str(r), ROLE_WORDS[r]) for r in Role if r in STAFF]
    )
    site = forms.ModelChoiceField(
        label=_("Site"),
        queryset=Site.objects.all(),
        to_field_name="public_id",
        required=False,
        empty_label=_("Every site"),
    )
    starts_on = forms.DateField(label=_("From"), required=False, widget=DateInput())
    ends_on = forms.DateField(label=_("Until"), required=False, widget=DateInput())

    def clean(self) -> dict[str, Any]:
        """Turn the role into its code."""
        data = self.cleaned_data
        if "role" in data:
            data["role"] = Role(data["role"])
        return data


class CredentialForm(WebForm):
    """A licence, registration or course with its expiry."""

    kind = forms.ChoiceField(
        label=_("Kind"), choices=[(str(k), CREDENTIAL_WORDS[k]) for k in CredentialKind]
    )
    number = forms.CharField(label=_("Number"), max_length=80, required=False)
    issued_by = forms.CharField(label=_("Issued by"), max_length=120, required=False)
    expires_on = forms.DateField(label=_("Runs out on"), widget=DateInput())
