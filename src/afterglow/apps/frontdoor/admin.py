"""Technical look-ups, read-only."""

from __future__ import annotations

from afterglow.apps.frontdoor.models import (
    Letter,
    Mailing,
    Page,
    Picture,
    PriceList,
    Redirect,
    SiteMark,
    Story,
    Subscriber,
)
from afterglow.db.admin import look_up

look_up(Page, "slug", "language", "site", "menu_label")
look_up(Picture, "name", "media_type", "width", "height", "added_at")
look_up(Redirect, "old_path", "new_path", "made_at")
look_up(Letter, "slug", "language", "created_at")
look_up(Mailing, "letter", "started_at", "finished_at")
look_up(Subscriber, "public_id", "state", "language")
look_up(SiteMark, "site", "latitude", "longitude")
look_up(PriceList, "site", "effective_from", "stated_at")
look_up(Story, "slug", "language", "consent_signed_on", "consent_until", "withdrawn_at")
