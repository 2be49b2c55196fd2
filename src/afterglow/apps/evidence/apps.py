"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvidenceConfig(AppConfig):
    """Records with sources and signers, and the texts that cite them."""

    name = "afterglow.apps.evidence"
    verbose_name = _("Evidence")
