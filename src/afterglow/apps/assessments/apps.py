"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AssessmentsConfig(AppConfig):
    """Answered instruments and their scores."""

    name = "afterglow.apps.assessments"
    verbose_name = _("Assessments")
