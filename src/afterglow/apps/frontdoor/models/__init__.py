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
from afterglow.apps.frontdoor.models.pages import Change, Page, Picture, Redirect, SiteMark
from afterglow.apps.frontdoor.models.presses import FormPress

__all__ = [
    "Change",
    "ContactRequest",
    "Delivery",
    "DeliveryState",
    "FormPress",
    "Letter",
    "Mailing",
    "Page",
    "Picture",
    "Redirect",
    "SiteMark",
    "Subscriber",
    "SubscriberState",
]
