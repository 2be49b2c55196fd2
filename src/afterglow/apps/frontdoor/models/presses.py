"""How often a public form was sent from one place, without keeping from where."""

from __future__ import annotations

from django.db import models


class FormPress(models.Model):
    """One sending of a public form. ``sender`` is a keyed hash of address and day, nothing else.

    The key is the installation's secret and the day is part of what is hashed, so a row names
    nobody and does not join one day to the next. Rows are removed every night.
    """

    form = models.CharField(max_length=20)
    sender = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        verbose_name = "form press"
        indexes = [models.Index(fields=["form", "sender", "at"], name="presses_by_sender")]

    def __str__(self) -> str:
        return f"{self.form} {self.at:%Y-%m-%d %H:%M}"
