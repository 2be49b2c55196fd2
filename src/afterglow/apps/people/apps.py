"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    """Patients, their allergies, medicines and care teams."""

    name = "afterglow.apps.people"
    verbose_name = _("People")
