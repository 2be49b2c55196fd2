"""Forms of the public face. They turn text into values and write nothing."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from afterglow.apps.frontdoor.services import BlockDraft
from afterglow.apps.frontdoor.services.prices import PriceDraft
from afterglow.apps.frontdoor.services.stories import consent_forms
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.writing import CITATION, refuse_results
from afterglow.core.frontdoor import (
    BlockKind,
    ContactReason,
    ContactTime,
    ReferrerKind,
    StoryOutcome,
    StoryScope,
    TreatedCondition,
    reaches,
)
from afterglow.core.frontdoor_prices import PriceStage
from afterglow.web.sentences import error_words

REASONS: Final = (
    (ContactReason.CONSULTATION, _("I would like a first talk about treatment")),
    (ContactReason.QUESTION, _("I have a question")),
    (ContactReason.COSTS, _("I want to ask about costs")),
    (ContactReason.REFERRAL, _("I am a provider and want to refer somebody")),
)
TIMES: Final = (
    (ContactTime.WEEKDAY_MORNING, _("Weekday mornings")),
    (ContactTime.WEEKDAY_AFTERNOON, _("Weekday afternoons")),
    (ContactTime.WEEKDAY_EVENING, _("Weekday evenings")),
    (ContactTime.SATURDAY, _("Saturdays")),
)
KINDS: Final = (
    (BlockKind.DESCRIPTION, _("Description for search engines")),
    (BlockKind.LEAD, _("Opening words")),
    (BlockKind.TEXT, _("Text")),
    (BlockKind.CARDS, _("Cards")),
    (BlockKind.STEPS, _("Steps")),
    (BlockKind.NOTE, _("Note in a frame")),
    (BlockKind.CALL, _("Call to action")),
    (BlockKind.QUESTIONS, _("Questions that open")),
    (BlockKind.TABLE, _("Table that compares")),
    (BlockKind.ICONS, _("A hundred people in dots")),
    (BlockKind.SAID, _("What is often said, corrected")),
    (BlockKind.RECORDS, _("Records as cards")),
    (BlockKind.SITES, _("Our sites")),
    (BlockKind.MECHANISM, _("How it may work, with a simulation")),
    (BlockKind.PRICES, _("What each site charges")),
    (BlockKind.TIMELINE, _("Points along a line of time")),
    (BlockKind.STORIES, _("Stories that people agreed to tell")),
    (BlockKind.TYPICAL, _("What is usual, beside a story")),
)
REFERRERS: Final = (
    (ReferrerKind.THERAPIST, _("Therapist")),
    (ReferrerKind.PSYCHIATRIST, _("Psychiatrist")),
    (ReferrerKind.PRIMARY_CARE, _("Primary care")),
    (ReferrerKind.OTHER, _("Another licensed provider")),
)
TREATED: Final = (
    (TreatedCondition.DEPRESSION, _("Depression")),
    (TreatedCondition.ANXIETY, _("Anxiety")),
    (TreatedCondition.TRAUMA, _("Trauma")),
    (TreatedCondition.SUBSTANCE_USE, _("Substance use")),
    (TreatedCondition.PAIN, _("Pain")),
    (TreatedCondition.OTHER, _("Something else")),
)
OUTCOMES: Final = (
    (StoryOutcome.HELPED, _("It helped")),
    (StoryOutcome.HELPED_FOR_A_TIME, _("It helped for a time")),
    (StoryOutcome.NOT_HELPED, _("It did not help")),
)
SCOPES: Final = (
    (StoryScope.SITE, _("This site only")),
    (StoryScope.SITE_AND_LETTERS, _("This site and the newsletter")),
)
STAGES: Final = (
    (PriceStage.BEFORE, _("Before the first drip")),
    (PriceStage.DRIP, _("The drip itself")),
    (PriceStage.AFTER, _("After the last drip")),
    (PriceStage.OTHER, _("No part of the first course")),
)
DANGER: Final = (("no", _("No")), ("yes", _("Yes")))


def reachable(text: str) -> None:
    """Refuse what is neither a telephone number nor an e-mail address: nobody could ever call."""
    if not reaches(text):
        raise ValidationError(
            _(
                "“%(seen)s” is neither a telephone number nor an e-mail address. A number has its "
                "area code, ten digits: 617 555 0142. An address looks like name@example.org."
            ),
            code="unreachable",
            params={"seen": text[:60]},
        )


class ContactForm(forms.Form):
    """What a visitor is asked: the first question decides where the answer leads."""

    danger = forms.ChoiceField(
        label=_("Are you in danger now, or thinking of ending your life?"),
        choices=DANGER,
        widget=forms.RadioSelect,
    )
    site = forms.ModelChoiceField(
        label=_("Which site suits you?"),
        queryset=Site.objects.none(),
        empty_label=_("Choose a site"),
    )
    name = forms.CharField(label=_("What shall we call you?"), max_length=120)
    reach_at = forms.CharField(
        label=_("Your telephone number or e-mail address"), max_length=120, validators=[reachable]
    )
    times = forms.MultipleChoiceField(
        label=_("When may we call?"), choices=TIMES, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.ChoiceField(label=_("What is it about?"), choices=REASONS)
    may_contact = forms.BooleanField(
        label=_("You may contact me about this. Please write nothing about my health in a message.")
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites: Any = self.fields["site"]
        sites.queryset = Site.objects.filter(is_active=True)

    @property
    def in_danger(self) -> bool:
        """Whether the first question was answered with yes, whatever else is missing."""
        return bool(self.data.get("danger") == "yes")

    def clean_website(self) -> str:
        """Refuse who fills in what people do not see."""
        if self.cleaned_data["website"]:
            raise ValidationError(_("This form was filled in by a machine."), code="machine")
        return ""


class ReferralForm(forms.Form):
    """What a provider is asked. There is no field in which a patient could be named."""

    site = forms.ModelChoiceField(
        label=_("Which site?"), queryset=Site.objects.none(), empty_label=_("Choose a site")
    )
    practice = forms.CharField(label=_("Your practice"), max_length=120)
    name = forms.CharField(label=_("Your own name"), max_length=120)
    kind = forms.ChoiceField(label=_("You are"), choices=REFERRERS)
    callback = forms.CharField(
        label=_("How we reach you: telephone or e-mail"), max_length=120, validators=[reachable]
    )
    treats = forms.MultipleChoiceField(
        label=_("What you mainly treat"), choices=TREATED, widget=forms.CheckboxSelectMultiple
    )
    times = forms.MultipleChoiceField(
        label=_("When may we call?"), choices=TIMES, widget=forms.CheckboxSelectMultiple
    )
    person_agreed = forms.BooleanField(
        label=_("The person I think of knows that I am asking you, and agrees.")
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites: Any = self.fields["site"]
        sites.queryset = Site.objects.filter(is_active=True)

    def clean_website(self) -> str:
        """Refuse who fills in what people do not see."""
        if self.cleaned_data["website"]:
            raise ValidationError(_("This form was filled in by a machine."), code="machine")
        return ""


class SubscribeForm(forms.Form):
    """One address."""

    email = forms.EmailField(label=_("Your e-mail address"), max_length=254)
    website = forms.CharField(required=False, widget=forms.HiddenInput)


class AddressField(forms.SlugField):
    """A word of a web address; what cannot be one is said with the value seen."""

    default_error_messages = {
        "invalid": _(
            "“%(value)s” cannot be an address: letters a to z, digits, - and _ only, no blanks."
        )
    }


class PageHeadForm(forms.Form):
    """A new page: where it is to be found."""

    slug = AddressField(
        label=_("Address"), max_length=60, help_text=_("Small letters and dashes: how-it-works")
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    site = forms.ModelChoiceField(
        label=_("Only for this site"),
        queryset=Site.objects.none(),
        required=False,
        empty_label=_("All sites"),
    )
    menu_label = forms.CharField(label=_("Words in the menu"), max_length=60, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites: Any = self.fields["site"]
        sites.queryset = Site.objects.filter(is_active=True)


class TitleForm(forms.Form):
    """A page's title and the version the writer saw."""

    title = forms.CharField(label=_("Title"), max_length=200)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


class BlockForm(forms.Form):
    """One block. An empty block is left out."""

    place = forms.IntegerField(label=_("Place"), min_value=1, max_value=200)
    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, initial=BlockKind.TEXT)
    text = forms.CharField(
        label=_("Words"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("A number stands as [[P01#response-or]], never as digits."),
    )
    cites = forms.CharField(
        label=_("Records beside it"), required=False, help_text=_("Keys, such as C24 G33")
    )

    def clean_cites(self) -> tuple[str, ...]:
        """Return the refs, or say which word is none."""
        refs = tuple(re.split(r"[\s,;]+", self.cleaned_data["cites"].strip()))
        refs = tuple(ref for ref in refs if ref)
        for ref in refs:
            if not (found := CITATION.fullmatch(f"[[{ref}]]")) or found["time"]:
                raise ValidationError(
                    _("“%(seen)s” is no record's key; keys look like C24 or P01#response-or."),
                    code="no_ref",
                    params={"seen": ref[:60]},
                )
        return refs

    def draft(self) -> BlockDraft | None:
        """Return the block, or None when it is empty."""
        given = self.cleaned_data
        kind = BlockKind(given["kind"])
        if not given["text"].strip() and not given["cites"] and not kind.stands_alone:
            return None
        return BlockDraft(kind, given["text"], given["cites"])


BlockForms = forms.formset_factory(BlockForm, extra=2, max_num=60, validate_max=True)


class PictureForm(forms.Form):
    """A picture to keep under a name."""

    name = AddressField(label=_("Name"), max_length=60)
    file = forms.FileField(label=_("File (PNG, JPEG or WebP)"))


class RedirectForm(forms.Form):
    """An old address and where it leads now."""

    old_path = forms.CharField(label=_("Old address"), max_length=200)
    new_path = forms.CharField(label=_("Leads to"), max_length=200)


class SiteMarkForm(forms.Form):
    """Where a site stands on the map."""

    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none(), empty_label=None)
    latitude = forms.DecimalField(
        label=_("Degrees north"), max_digits=8, decimal_places=5, help_text=_("Boston: 42.36")
    )
    longitude = forms.DecimalField(
        label=_("Degrees east; west is negative"),
        max_digits=8,
        decimal_places=5,
        help_text=_("Boston: -71.06"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites: Any = self.fields["site"]
        sites.queryset = Site.objects.filter(is_active=True)


class LetterForm(forms.Form):
    """A new letter."""

    slug = AddressField(label=_("Address"), max_length=60)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def clean_slug(self) -> str:
        """Refuse a result in the address, which nobody reviews."""
        slug: str = self.cleaned_data["slug"]
        try:
            refuse_results(slug, loose=True)
        except InvalidValue as no:
            raise ValidationError(error_words(no)) from None
        return slug


class DayInput(forms.DateInput):
    """The device's own date picker."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PriceHeadForm(forms.Form):
    """From which day a list holds."""

    effective_from = forms.DateField(label=_("Holds from"), widget=DayInput())


NAMES: Final = ("name_en", "name_es")


class PriceLineForm(forms.Form):
    """One price. A line without words in either language is left out."""

    use_required_attribute = False

    stage = forms.ChoiceField(label=_("When it is due"), choices=STAGES)
    name_en = forms.CharField(label=_("What is paid for, in English"), max_length=80)
    name_es = forms.CharField(label=_("The same in Spanish"), max_length=80)
    includes_en = forms.CharField(
        label=_("What it includes, in English"), max_length=240, required=False
    )
    includes_es = forms.CharField(label=_("The same in Spanish"), max_length=240, required=False)
    amount = forms.DecimalField(
        label=_("Price in dollars"), min_value=0, max_digits=9, decimal_places=2
    )
    times = forms.IntegerField(
        label=_("How many the first course has"), min_value=0, max_value=30, initial=1
    )

    @property
    def is_left_out(self) -> bool:
        """Whether both its words are empty."""
        return not any((self.data.get(self.add_prefix(name)) or "").strip() for name in NAMES)

    def full_clean(self) -> None:
        """Ask nothing of a line that is left out."""
        if self.is_bound and self.is_left_out:
            self._errors = ErrorDict()
            self.cleaned_data = {}
            return
        super().full_clean()

    def draft(self) -> PriceDraft:
        """Return the price."""
        given = self.cleaned_data
        return PriceDraft(
            PriceStage(given["stage"]),
            given["name_en"],
            given["name_es"],
            given["amount"],
            given["times"],
            given["includes_en"],
            given["includes_es"],
        )


PriceLineForms = forms.formset_factory(PriceLineForm, extra=2, max_num=20, validate_max=True)


class StoryForm(forms.Form):
    """The signed consent that a story rests on."""

    slug = AddressField(label=_("Short name of the story"), max_length=60)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    told_by = forms.CharField(
        label=_("The name the person chose to be called"),
        max_length=60,
        help_text=_("Never a name that they did not choose for this."),
    )
    outcome = forms.ChoiceField(label=_("How it went for them"), choices=OUTCOMES)
    consent_version = forms.TypedChoiceField(label=_("Version of the form"), coerce=int)
    consent_signed_on = forms.DateField(label=_("Signed on"), widget=DayInput())
    consent_until = forms.DateField(label=_("Last day it may be told"), widget=DayInput())
    consent_scope = forms.ChoiceField(label=_("Where it may be told"), choices=SCOPES)
    consent_kept_at = forms.CharField(
        label=_("Where the signed paper lies"),
        max_length=200,
        help_text=_("Such as: folder of consents, office. No name of a patient."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions: Any = self.fields["consent_version"]
        versions.choices = [(form.version, str(form.version)) for form in consent_forms()]
