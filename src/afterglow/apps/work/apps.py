"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkConfig(AppConfig):
    """Tasks with an owner, a clock and an escalation."""

    name = "afterglow.apps.work"
    verbose_name = _("Work")
