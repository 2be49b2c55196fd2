"""Technical look-ups, read-only."""

from __future__ import annotations

from afterglow.apps.evidence.models import (
    Check,
    Citation,
    Flag,
    Publication,
    Record,
    RecordSignature,
    RecordTranslation,
    RecordVersion,
    Release,
    TranslationCheck,
)
from afterglow.db.admin import look_up

look_up(Release, "name", "compiled_on", "imported_at")
look_up(Record, "kind", "key", "title", "next_review_on")
look_up(RecordVersion, "record", "number", "verdict", "status", "created_at")
look_up(RecordSignature, "version", "act", "by_name", "at")
look_up(Check, "version", "checked_by", "checked_on", "next_review_on")
look_up(Publication, "key", "number", "title", "state", "published_at")
look_up(Citation, "publication", "anchor", "record", "version")
look_up(Flag, "publication", "record", "raised_at", "cleared_at")
look_up(RecordTranslation, "record", "language", "number", "origin", "translated_by")
look_up(TranslationCheck, "translation", "checked_by", "checked_on")
