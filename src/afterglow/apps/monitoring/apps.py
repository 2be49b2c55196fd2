"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MonitoringConfig(AppConfig):
    """Vital signs, alarms, device assignments and the review queue."""

    name = "afterglow.apps.monitoring"
    verbose_name = _("Monitoring")

    def ready(self) -> None:
        """Tell the board of a site what is due and wrong, and a device's page whom it served."""
        from afterglow.apps.devices import extension
        from afterglow.apps.monitoring.board import watches
        from afterglow.apps.monitoring.device_history import history
        from afterglow.apps.visits import slots

        slots.tell_board(watches)
        extension.tell_history(history)
