"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PharmacologyConfig(AppConfig):
    """Predicted levels and the mechanism explainer, drawn from the definitions in force."""

    name = "afterglow.apps.pharmacology"
    verbose_name = _("Pharmacology")
