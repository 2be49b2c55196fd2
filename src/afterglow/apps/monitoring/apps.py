"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonitoringConfig(AppConfig):
    """Vital signs, alarms, device assignments and the review queue."""

    name = "afterglow.apps.monitoring"
    verbose_name = _("Monitoring")
