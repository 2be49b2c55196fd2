"""Forms of the public face. They turn text into values and write nothing."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from afterglow.apps.frontdoor.services import BlockDraft
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.writing import CITATION, refuse_results
from afterglow.core.frontdoor import BlockKind, ContactReason, ContactTime
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
)
DANGER: Final = (("no", _("No")), ("yes", _("Yes")))


class ContactForm(forms.Form):
    """What a visitor is asked: the first question decides where the answer leads."""

    danger = forms.ChoiceField(
        label=_("Are you in danger now, or thinking of ending your life?"),
        choices=DANGER,
        widget=forms.RadioSelect,
    )
    site = forms.ModelChoiceField(
        label=_("Which site suits you?"), queryset=Site.objects.none(), empty_label=None
    )
    name = forms.CharField(label=_("What shall we call you?"), max_length=120)
    reach_at = forms.CharField(
        label=_("Your telephone number or e-mail address"), max_length=120, min_length=5
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


class SubscribeForm(forms.Form):
    """One address."""

    email = forms.EmailField(label=_("Your e-mail address"), max_length=254)
    website = forms.CharField(required=False, widget=forms.HiddenInput)


class PageHeadForm(forms.Form):
    """A new page: where it is to be found."""

    slug = forms.SlugField(
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
            if not CITATION.fullmatch(f"[[{ref}]]"):
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
        if not given["text"].strip() and not given["cites"] and kind is not BlockKind.SITES:
            return None
        return BlockDraft(kind, given["text"], given["cites"])


BlockForms = forms.formset_factory(BlockForm, extra=2, max_num=60, validate_max=True)


class PictureForm(forms.Form):
    """A picture to keep under a name."""

    name = forms.SlugField(label=_("Name"), max_length=60)
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

    slug = forms.SlugField(label=_("Address"), max_length=60)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def clean_slug(self) -> str:
        """Refuse a result in the address, which nobody reviews."""
        slug: str = self.cleaned_data["slug"]
        try:
            refuse_results(slug, loose=True)
        except InvalidValue as no:
            raise ValidationError(error_words(no)) from None
        return slug
