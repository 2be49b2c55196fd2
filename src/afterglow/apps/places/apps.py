"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PlacesConfig(AppConfig):
    """Sites, rooms, opening hours and the equipment check of the day."""

    name = "afterglow.apps.places"
    verbose_name = _("Places")
