"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Who may act where: accounts, roles per site, credentials, PINs."""

    name = "afterglow.apps.accounts"
    verbose_name = _("Accounts")
