"""What every page of the library shows around its content."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from afterglow.apps.evidence import queries
from afterglow.apps.evidence.services import open_translation_tasks, other_languages
from afterglow.web import clock
from afterglow.web.cards import Tab
from afterglow.web.requests import StaffRequest


def tabs(request: StaffRequest, here: str) -> list[Tab]:
    """Return the tabs of the library, with what waits counted."""
    due = len(queries.due_for_review(on=clock.today(request.site)))
    flagged = len(queries.flagged_texts())
    places: list[tuple[str, str, int | None, list[str]]] = [
        ("library", _("Records"), None, []),
        ("due", _("Due for review"), due or None, []),
        ("syntheses", _("Syntheses"), None, []),
        ("texts", _("Texts that cite"), flagged or None, []),
    ]
    if languages := other_languages():
        asked = open_translation_tasks()
        places.append(("translations", _("Translations"), asked or None, languages[:1]))
    return [
        Tab(label, reverse(f"evidence:{name}", args=args), current=name == here, count=count)
        for name, label, count, args in places
    ]
