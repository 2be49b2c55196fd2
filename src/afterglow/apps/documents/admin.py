"""Technical look-ups, read-only."""

from __future__ import annotations

from afterglow.apps.documents.models import Document
from afterglow.db.admin import look_up

look_up(Document, "at", "kind", "subject_type", "subject", "sha256", hide=("content",))
