"""The verbs of the public face."""

from afterglow.apps.frontdoor.services.pages import (
    BlockDraft,
    add_picture,
    add_redirect,
    make_page,
    mark_site,
    remove_redirect,
    write_page,
)

__all__ = [
    "BlockDraft",
    "add_picture",
    "add_redirect",
    "make_page",
    "mark_site",
    "remove_redirect",
    "write_page",
]
