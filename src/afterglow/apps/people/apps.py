"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    """Patients, their allergies, medicines and care teams."""

    name = "afterglow.apps.people"
    verbose_name = _("People")

    def ready(self) -> None:
        """Tell the audit where a patient is in care."""
        from afterglow.apps.audit.extension import register_sites
        from afterglow.apps.people.queries import sites_of_id

        register_sites(sites_of_id)
