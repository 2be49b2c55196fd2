"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    """Messages to people, with delivery state."""

    name = "afterglow.apps.notices"
    verbose_name = _("Notices")
