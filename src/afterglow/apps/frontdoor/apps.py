"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FrontdoorConfig(AppConfig):
    """The public pages, contact requests and the newsletter."""

    name = "afterglow.apps.frontdoor"
    verbose_name = _("Public pages")
