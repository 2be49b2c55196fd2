"""Technical look-ups, read-only."""

from __future__ import annotations

from afterglow.apps.definitions.models import Definition, DefinitionApproval
from afterglow.db.admin import look_up

look_up(Definition, "kind", "key", "version", "title")
look_up(DefinitionApproval, "definition", "act", "by", "at")
