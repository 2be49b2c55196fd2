"""What the frame around a page shows: who is signed in, where, and where they can go.

``web`` knows no accounts and no sites. An app above describes them: settings name a function
``AFTERGLOW_SHELL = "afterglow.apps.….shell"`` that takes a request and returns a :class:`Shell`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go: a word, where it leads, and a lucide icon's name."""

    label: str
    url: str
    icon: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """One site in the switcher; choosing it posts ``value`` to ``Shell.site_switch_url``."""

    value: str
    name: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame's facts. Empty fields draw nothing, so a signed-out page needs no special case."""

    user_name: str = ""
    user_role: str = ""
    home_url: str = "/"
    nav: tuple[Link, ...] = ()
    sites: tuple[SiteChoice, ...] = ()
    site_switch_url: str = ""
    search_url: str = ""
    alarms_url: str = ""
    """The part of every page that shows alarms of other rooms which nobody answers."""
    account_url: str = ""
    language_url: str = ""
    lock_url: str = ""
    sign_out_url: str = ""
    demo: bool = False

    @property
    def site_name(self) -> str:
        """The name of the site now chosen, or nothing."""
        return next((site.name for site in self.sites if site.current), "")
