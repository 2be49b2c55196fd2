"""Whom a page names for an entry at the pump."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import PumpAction

register = template.Library()


@register.filter
def acted_by(action: PumpAction) -> str:
    """Return who charted it; of what was pressed where nobody was signed in, that."""
    if action.key in queries.unsigned_keys(action.infusion.session):
        return _("nobody signed in")
    return action.by.get_short_name()
