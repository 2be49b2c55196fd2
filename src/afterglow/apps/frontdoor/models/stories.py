"""A person's story: first the consent to tell it, then its words."""

from __future__ import annotations

import datetime as dt

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from afterglow.apps.accounts.models import Account
from afterglow.core.frontdoor import StoryOutcome, StoryScope
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import PublicModel, VersionedModel


@pghistory.track()
class Story(PublicModel, VersionedModel):
    """The consent that a story rests on. Its words are publications under its key, as a page's are.

    Without a signed consent there is no row, so nothing to write words under. The row points at no
    patient: where the signed paper lies is words for people. It is told while its consent lasts.
    """

    slug = models.SlugField(max_length=60)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    told_by = models.CharField(max_length=60, help_text="The name the person chose to be called.")
    outcome = CodeField(StoryOutcome)
    consent_version = models.PositiveSmallIntegerField(help_text="Of the form that was signed.")
    consent_sha256 = models.CharField(max_length=64, help_text="Of the words that were signed.")
    consent_signed_on = models.DateField()
    consent_until = models.DateField(help_text="The last day on which it may be told.")
    consent_scope = CodeField(StoryScope)
    consent_kept_at = models.CharField(max_length=200, help_text="Where the signed paper lies.")
    recorded_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "story"
        verbose_name_plural = "stories"
        ordering = ["-recorded_at"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "language"], name="one_story_per_address"),
            one_of("outcome", StoryOutcome, name="story_outcome_is_known"),
            one_of("consent_scope", StoryScope, name="story_scope_is_known"),
            models.CheckConstraint(
                condition=~Q(consent_kept_at="")
                & ~Q(consent_sha256="")
                & Q(consent_version__gte=1),
                name="a_story_rests_on_a_signed_paper",
            ),
            models.CheckConstraint(
                condition=Q(consent_until__gte=models.F("consent_signed_on")),
                name="a_consent_ends_after_it_was_signed",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="a_story_taken_back_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """What the publications of this story are called: ``story:a-year:en``."""
        return f"story:{self.slug}:{self.language}"

    def may_be_told(self, on: dt.date) -> bool:
        """Whether the consent stands on a day."""
        return self.withdrawn_at is None and self.consent_signed_on <= on <= self.consent_until
