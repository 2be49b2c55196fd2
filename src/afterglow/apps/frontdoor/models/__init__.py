"""Rows of the public face, by subject."""

from afterglow.apps.frontdoor.models.contact import ContactRequest
from afterglow.apps.frontdoor.models.newsletter import (
    Delivery,
    DeliveryState,
    Letter,
    Mailing,
    Subscriber,
    SubscriberState,
)
from afterglow.apps.frontdoor.models.pages import Change, Page, Picture, Redirect

__all__ = [
    "Change",
    "ContactRequest",
    "Delivery",
    "DeliveryState",
    "Letter",
    "Mailing",
    "Page",
    "Picture",
    "Redirect",
    "Subscriber",
    "SubscriberState",
]
