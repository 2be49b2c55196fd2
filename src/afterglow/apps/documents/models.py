"""Rendered files. What was printed, signed or handed over is kept byte for byte."""

from __future__ import annotations

from django.db import models

from afterglow.db.models import AppendOnly, PublicModel


class Document(AppendOnly, PublicModel):
    """One immutable file with its hash and what it is about."""

    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80, default="application/pdf")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    template_sha256 = models.CharField(max_length=64, blank=True)
    subject_type = models.CharField(max_length=80)
    subject = models.UUIDField()
    patient = models.UUIDField(null=True)
    site = models.UUIDField(null=True)
    by = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = "document"
        indexes = [models.Index(fields=["subject", "-at"], name="documents_by_subject")]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
