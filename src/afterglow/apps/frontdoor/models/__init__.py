"""Rows of the public face, by subject."""

from afterglow.apps.frontdoor.models.contact import ContactRequest, Referral
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
from afterglow.apps.frontdoor.models.prices import PriceEntry, PriceList
from afterglow.apps.frontdoor.models.stories import Story

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
    "PriceEntry",
    "PriceList",
    "Redirect",
    "Referral",
    "SiteMark",
    "Story",
    "Subscriber",
    "SubscriberState",
]
