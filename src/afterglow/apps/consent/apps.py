"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsentConfig(AppConfig):
    """What a patient agreed to, in which version."""

    name = "afterglow.apps.consent"
    verbose_name = _("Consent")
