"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VisitsConfig(AppConfig):
    """TreatmentSession: identity and state of one visit, nothing else."""

    name = "afterglow.apps.visits"
    verbose_name = _("Visits")
