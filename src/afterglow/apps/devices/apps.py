"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DevicesConfig(AppConfig):
    """Monitors and pumps, where they stand, and what they sent."""

    name = "afterglow.apps.devices"
    verbose_name = _("Devices")
