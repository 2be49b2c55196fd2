"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    """The outbox: what happened, for screens and other systems, ids only."""

    name = "afterglow.apps.events"
    verbose_name = _("Events")
