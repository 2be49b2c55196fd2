"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DefinitionsConfig(AppConfig):
    """Versioned clinical data of every kind, with source and approver."""

    name = "afterglow.apps.definitions"
    verbose_name = _("Definitions")
