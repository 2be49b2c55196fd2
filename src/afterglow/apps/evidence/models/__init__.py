"""Rows of the evidence library, by subject."""

from afterglow.apps.evidence.models.publications import (
    Citation,
    Flag,
    Publication,
    PublicationSignature,
)
from afterglow.apps.evidence.models.records import (
    Check,
    Record,
    RecordAct,
    RecordSignature,
    RecordVersion,
    Release,
)
from afterglow.apps.evidence.models.translations import RecordTranslation, TranslationCheck

__all__ = [
    "Check",
    "Citation",
    "Flag",
    "Publication",
    "PublicationSignature",
    "Record",
    "RecordAct",
    "RecordSignature",
    "RecordTranslation",
    "RecordVersion",
    "Release",
    "TranslationCheck",
]
