"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TreatmentConfig(AppConfig):
    """Check-in, order, preparation, infusion, discharge, signature."""

    name = "afterglow.apps.treatment"
    verbose_name = _("Treatment")
