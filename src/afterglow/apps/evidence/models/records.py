"""Records of what is known: the record, its versions, who checked them and who signed."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pghistory
from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.core.evidence.figures import Figure
from afterglow.core.evidence.library import figures_of
from afterglow.core.evidence.translating import public_words
from afterglow.core.evidence.trials import Trial
from afterglow.core.evidence.vocabulary import ClaimVerdict, FactStatus, RecordKind
from afterglow.db.fields import CodeField, blank_or_one_of, one_of
from afterglow.db.models import AppendOnly, PublicModel, VersionedModel


class RecordAct(StrEnum):
    """What a medical director did with a version."""

    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


class Release(AppendOnly, PublicModel):
    """One edition of the shipped files, as it was imported."""

    name = models.CharField(max_length=80)
    compiled_on = models.DateField()
    sha256 = models.CharField(max_length=64, unique=True)
    attribution = models.TextField()
    meta = models.JSONField(default=dict)
    imported_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "evidence release"

    def __str__(self) -> str:
        return f"{self.name} {self.compiled_on}"


@pghistory.track()
class Record(PublicModel, VersionedModel):
    """One thing that is known, under a key that never changes. What it says is in its versions.

    ``current`` is the version that texts may be published on: the last one approved.
    """

    kind = CodeField(RecordKind)
    key = models.CharField(max_length=60, unique=True)
    position = models.PositiveIntegerField(default=0, help_text="Its place in its file.")
    title = models.CharField(max_length=200)
    current = models.ForeignKey(
        "RecordVersion", on_delete=models.PROTECT, null=True, related_name="+"
    )
    is_withdrawn = models.BooleanField(default=False)
    next_review_on = models.DateField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "evidence record"
        ordering = ["kind", "position", "key"]
        constraints = [
            one_of("kind", RecordKind, name="evidence_kind_is_known"),
            models.CheckConstraint(
                condition=models.Q(is_withdrawn=False) | models.Q(current__isnull=True),
                name="a_withdrawn_record_has_no_current_version",
            ),
        ]
        indexes = [models.Index(fields=["next_review_on"], name="evidence_by_review")]

    def __str__(self) -> str:
        return self.key


class RecordVersion(AppendOnly, PublicModel):
    """What a record says. It never changes; a correction is a new version."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    body = models.JSONField()
    curation = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64)
    verdict = CodeField(ClaimVerdict, blank=True)
    status = CodeField(FactStatus)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True, help_text="What changed, and why.")

    class Meta(AppendOnly.Meta):
        verbose_name = "record version"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["record", "number"], name="one_version_per_number"),
            models.CheckConstraint(
                condition=models.Q(number__gte=1), name="record_version_starts_at_one"
            ),
            one_of("status", FactStatus, name="record_status_is_known"),
            blank_or_one_of("verdict", ClaimVerdict, name="record_verdict_is_known"),
            models.CheckConstraint(
                condition=models.Q(release__isnull=False) | models.Q(created_by__isnull=False),
                name="a_version_comes_from_a_release_or_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record.key} v{self.number}"

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every number of this version that may be cited."""
        return figures_of(RecordKind(self.record.kind), self.record.key, self.body, self.curation)

    def figure(self, key: str) -> Figure | None:
        """Return the figure of a key, or None."""
        return next((each for each in self.figures if each.key == key), None)

    @property
    def public_words(self) -> tuple[str, ...]:
        """Every text of this version that a public page may show."""
        return public_words(RecordKind(self.record.kind), self.record.key, self.body, self.curation)

    @property
    def trial(self) -> Trial:
        """The trial this version describes. Raises KeyError for a record of another kind."""
        return Trial.read(self.body, self.curation)

    @property
    def facts(self) -> list[dict[str, Any]]:
        """The facts of a claim, each with its status and addresses; none for other kinds."""
        return list(self.body.get("facts", ()))

    @property
    def corrected_wording(self) -> str:
        """What to show instead of a claim; empty for other kinds."""
        return str(self.body.get("corrected_wording", ""))

    @property
    def addresses(self) -> list[str]:
        """Every address at which something of this version was read, without repeats."""
        found = list(self.body.get("confirmed_at", ()))
        for fact in self.facts:
            found += fact["confirmed_at"]
        return list(dict.fromkeys(found))

    @property
    def from_memory(self) -> list[str]:
        """What of this version nobody has read in its source."""
        return list(self.body.get("from_memory_unconfirmed", ()))


class RecordSignature(AppendOnly, PublicModel):
    """A named person approved or withdrew a version."""

    version = models.ForeignKey(RecordVersion, on_delete=models.PROTECT, related_name="signatures")
    act = CodeField(RecordAct)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField()
    sha256 = models.CharField(max_length=64, help_text="The content that was signed.")
    note = models.CharField(max_length=500, blank=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "record signature"
        ordering = ["-at", "-pk"]
        constraints = [one_of("act", RecordAct, name="record_act_is_known")]

    def __str__(self) -> str:
        return f"{self.act} {self.version}"


class Check(AppendOnly, PublicModel):
    """Somebody read a version against its sources on a day; says when it is read again."""

    version = models.ForeignKey(RecordVersion, on_delete=models.PROTECT, related_name="checks")
    by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    checked_by = models.CharField(max_length=200)
    checked_on = models.DateField()
    next_review_on = models.DateField()
    note = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "record check"
        ordering = ["-checked_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(next_review_on__gt=models.F("checked_on")),
                name="the_next_review_follows_the_check",
            ),
            models.CheckConstraint(
                condition=~models.Q(checked_by=""), name="a_check_names_who_checked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} checked {self.checked_on}"
