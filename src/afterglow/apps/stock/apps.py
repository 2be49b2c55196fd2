"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StockConfig(AppConfig):
    """Vials and the ledger of every milligram."""

    name = "afterglow.apps.stock"
    verbose_name = _("Stock")
