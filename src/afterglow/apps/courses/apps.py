"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    """All treatment of one patient for one indication."""

    name = "afterglow.apps.courses"
    verbose_name = _("Courses")
