"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DocumentsConfig(AppConfig):
    """Rendered, hashed, immutable files."""

    name = "afterglow.apps.documents"
    verbose_name = _("Documents")
