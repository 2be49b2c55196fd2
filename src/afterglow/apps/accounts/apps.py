"""Django's handle on this app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Who may act where: accounts, roles per site, credentials, PINs."""

    name = "afterglow.apps.accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Hear when somebody signs out of the last screen."""
        from django.contrib.auth.signals import user_logged_out

        from afterglow.apps.accounts.services.leaving import on_sign_out

        user_logged_out.connect(on_sign_out, dispatch_uid="accounts.signed-out-everywhere")
