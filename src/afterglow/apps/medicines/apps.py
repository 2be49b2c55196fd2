"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MedicinesConfig(AppConfig):
    """The products a site may hold and give."""

    name = "afterglow.apps.medicines"
    verbose_name = _("Medicines")
