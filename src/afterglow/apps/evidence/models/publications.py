"""Texts that cite records: one row a version of a text, its citations, signatures and flags."""

from __future__ import annotations

import pghistory
from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.evidence.models.records import Record, RecordVersion
from afterglow.core.evidence.publishing import PublicationAct, PublicationState
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel, VersionedModel


@pghistory.track()
class Publication(PublicModel, VersionedModel):
    """One version of one text on its way from draft to published.

    The text itself belongs to whoever made it (a page, a leaflet): it holds a key to this row and
    hands over its ``blocks`` whenever they change. ``key`` names the text over all its versions
    (``page:how-it-works:en``); a new version is a new row, and publishing it supersedes the old.
    """

    key = models.CharField(max_length=120)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    state = CodeField(PublicationState, default=PublicationState.DRAFT)
    blocks = models.JSONField(
        default=list, help_text="[{anchor, text, cites, corrects, comparison}], in reading order."
    )
    content_sha256 = models.CharField(max_length=64)
    author = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=200)
    reviewer = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    reviewer_name = models.CharField(max_length=200, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_sha256 = models.CharField(max_length=64, blank=True)
    publish_at = models.DateTimeField(null=True, help_text="When it goes out by itself.")
    scheduled_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    next_review_on = models.DateField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "publication"
        ordering = ["key", "-number"]
        constraints = [
            one_of("state", PublicationState, name="publication_state_is_known"),
            models.UniqueConstraint(fields=["key", "number"], name="one_publication_per_number"),
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(state=PublicationState.PUBLISHED),
                name="one_published_version_per_text",
            ),
            models.CheckConstraint(
                condition=~models.Q(
                    state__in=[PublicationState.REVIEWED, PublicationState.PUBLISHED]
                )
                | (
                    models.Q(reviewer__isnull=False, reviewed_at__isnull=False)
                    & ~models.Q(reviewer=models.F("author"))
                    & models.Q(reviewed_sha256=models.F("content_sha256"))
                ),
                name="published_text_was_reviewed_by_another_person",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=PublicationState.PUBLISHED)
                | models.Q(published_at__isnull=False, next_review_on__isnull=False),
                name="published_text_says_since_when_and_until_when",
            ),
            models.CheckConstraint(
                condition=models.Q(publish_at__isnull=True) | models.Q(scheduled_by__isnull=False),
                name="a_scheduled_text_names_who_scheduled_it",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.number}"


class PublicationSignature(AppendOnly, PublicModel):
    """A named person moved a text one step, over exactly this content."""

    publication = models.ForeignKey(
        Publication, on_delete=models.PROTECT, related_name="signatures"
    )
    act = CodeField(PublicationAct)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField()
    content_sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=500, blank=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "publication signature"
        ordering = ["at", "pk"]
        constraints = [one_of("act", PublicationAct, name="publication_act_is_known")]

    def __str__(self) -> str:
        return f"{self.act} {self.publication}"


@pghistory.track()
class Citation(PublicModel):
    """One block of a text cites one record, at the version it was last reviewed against.

    ``version`` is empty while the record has no approved version. ``as_correction`` says that the
    block shows a claim only to correct it.
    """

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="citations")
    anchor = models.CharField(max_length=80, help_text="The block that cites.")
    position = models.PositiveIntegerField()
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="citations")
    version = models.ForeignKey(
        RecordVersion, on_delete=models.PROTECT, null=True, related_name="citations"
    )
    figure_key = models.CharField(max_length=60, blank=True)
    as_correction = models.BooleanField(default=False)

    class Meta:
        verbose_name = "citation"
        ordering = ["publication", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "position"], name="one_citation_per_place"
            )
        ]

    def __str__(self) -> str:
        tail = f"#{self.figure_key}" if self.figure_key else ""
        return f"{self.record.key}{tail}"


@pghistory.track()
class Flag(PublicModel):
    """A record that a published text cites has changed; stays until somebody re-reviews the text.

    ``blocks`` says that the text may no longer show what it cites: the claim turned out wrong or
    the record was withdrawn.
    """

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="flags")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="flags")
    version = models.ForeignKey(
        RecordVersion, on_delete=models.PROTECT, null=True, related_name="+"
    )
    why = models.CharField(max_length=200)
    blocks = models.BooleanField(default=False)
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    cleared_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "publication flag"
        ordering = ["raised_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "record"],
                condition=models.Q(cleared_at__isnull=True),
                name="one_open_flag_per_text_and_record",
            ),
            models.CheckConstraint(
                condition=models.Q(cleared_at__isnull=True, cleared_by__isnull=True)
                | models.Q(cleared_at__isnull=False),
                name="a_cleared_flag_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publication} flagged: {self.record.key}"
