"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """Who did what, who opened whose chart, and who broke the glass."""

    name = "afterglow.apps.audit"
    verbose_name = _("Audit")
