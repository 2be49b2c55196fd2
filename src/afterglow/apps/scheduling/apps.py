"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SchedulingConfig(AppConfig):
    """Appointments and staff hours."""

    name = "afterglow.apps.scheduling"
    verbose_name = _("Scheduling")
