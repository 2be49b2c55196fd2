"""What a record says in another language, who translated it, and who checked it."""

from __future__ import annotations

from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.evidence.models.records import Record, Release
from afterglow.core.evidence.translating import TranslationOrigin
from afterglow.db.fields import CodeField, one_of
from afterglow.db.models import AppendOnly, PublicModel


class RecordTranslation(AppendOnly, PublicModel):
    """The public words of a record in one language, as pairs. A correction is a new row.

    It fits every version of the record that says the same words; a version that says others is
    shown in English until somebody translates it.
    """

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="translations")
    language = models.CharField(max_length=5)
    number = models.PositiveIntegerField()
    texts = models.JSONField(help_text="{English words: the same in the language}")
    sha256 = models.CharField(max_length=64)
    origin = CodeField(TranslationOrigin)
    translated_by = models.CharField(max_length=200)
    translated_on = models.DateField()
    release = models.ForeignKey(Release, on_delete=models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "record translation"
        ordering = ["record", "language", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "language", "number"], name="one_translation_per_number"
            ),
            one_of("origin", TranslationOrigin, name="translation_origin_is_known"),
            models.CheckConstraint(
                condition=~models.Q(language="en"), name="english_is_not_translated"
            ),
            models.CheckConstraint(
                condition=models.Q(release__isnull=False) | models.Q(created_by__isnull=False),
                name="a_translation_comes_from_a_release_or_a_person",
            ),
            models.CheckConstraint(
                condition=~models.Q(translated_by=""), name="a_translation_names_who_translated"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record.key} {self.language} v{self.number}"


class TranslationCheck(AppendOnly, PublicModel):
    """A clinician read a translation beside the record and signed that it says the same."""

    translation = models.ForeignKey(
        RecordTranslation, on_delete=models.PROTECT, related_name="checks"
    )
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    checked_by = models.CharField(max_length=200)
    checked_on = models.DateField()
    sha256 = models.CharField(max_length=64, help_text="The words that were signed.")
    note = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "translation check"
        ordering = ["-checked_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["translation", "by"], name="one_check_per_translation_and_person"
            ),
            models.CheckConstraint(
                condition=~models.Q(checked_by=""), name="a_translation_check_names_who_checked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.translation} checked {self.checked_on}"
