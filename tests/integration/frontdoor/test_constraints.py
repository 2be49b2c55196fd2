"""What the database refuses of pages, requests and the newsletter, constraint by constraint."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from afterglow.apps.evidence.models import Publication
from afterglow.apps.frontdoor.models import (
    ContactRequest,
    Delivery,
    Letter,
    Mailing,
    Page,
    PriceEntry,
    PriceList,
    Redirect,
    Story,
    Subscriber,
)
from afterglow.web import clock
from factories import SiteFactory, staff

pytestmark = pytest.mark.django_db
NOW = clock.now()


def refused(constraint: str, model: type[models.Model], **fields: Any) -> None:
    """Insert a row that only this constraint stands against."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model._default_manager.create(**fields)


def request(**changed: Any) -> dict[str, Any]:
    return {
        "site": SiteFactory.create(),
        "name": "A. Visitor",
        "reach_at": "617-555-0100",
        "reason": "costs",
        "language": "en",
        "may_contact": True,
        "in_crisis": False,
        "sent_at": NOW,
        **changed,
    }


def test_a_contact_request_has_a_known_reason_and_leave_to_call() -> None:
    refused("contact_reason_is_known", ContactRequest, **request(reason="gossip"))
    refused("nobody_is_called_without_consent", ContactRequest, **request(may_contact=False))


def test_a_subscription_is_one_of_its_states_whole() -> None:
    asked = {"email": "a@example.org", "language": "en", "asked_at": NOW}
    Subscriber.objects.create(**asked)

    refused("one_subscription_per_address", Subscriber, **asked)
    other = asked | {"email": "b@example.org"}
    refused("subscriber_state_is_known", Subscriber, **other, state="lost")
    refused("a_confirmed_subscriber_says_when", Subscriber, **other, state="confirmed")
    ended = other | {"state": "ended", "ended_at": NOW}
    refused("an_ended_subscription_keeps_no_address", Subscriber, **ended)


def test_a_letter_has_one_address_and_goes_to_each_subscriber_once() -> None:
    letter = Letter.objects.create(slug="spring", language="en", created_at=NOW)
    refused("one_letter_per_address", Letter, slug="spring", language="en", created_at=NOW)
    person = staff()
    words = Publication.objects.create(
        key=letter.key,
        number=1,
        title="Spring",
        blocks=[],
        content_sha256="0" * 64,
        author=person,
        author_name=person.full_name,
        created_at=NOW,
    )
    mailing = Mailing.objects.create(
        letter=letter, publication=words, started_by=person, started_at=NOW
    )
    reader = Subscriber.objects.create(email="c@example.org", language="en", asked_at=NOW)
    Delivery.objects.create(mailing=mailing, subscriber=reader)

    refused("one_delivery_per_subscriber", Delivery, mailing=mailing, subscriber=reader)
    other = Subscriber.objects.create(email="d@example.org", language="en", asked_at=NOW)
    refused("delivery_state_is_known", Delivery, mailing=mailing, subscriber=other, state="lost")


def test_a_page_has_one_address_and_an_old_one_leads_elsewhere_in_this_house() -> None:
    Page.objects.create(slug="home", language="en", created_at=NOW)
    refused("one_page_per_address", Page, slug="home", language="en", created_at=NOW)

    made = {"made_by": staff(), "made_at": NOW}
    refused("a_redirect_leads_elsewhere", Redirect, old_path="/a/", new_path="/a/", **made)
    refused("a_redirect_stays_in_this_house", Redirect, old_path="/b/", new_path="x.org", **made)


def test_a_price_has_its_place_its_words_and_counts_only_in_the_first_course() -> None:
    stated = {"effective_from": NOW.date(), "effective_at": NOW, "stated_at": NOW}
    prices = PriceList.objects.create(site=SiteFactory.create(), stated_by=staff(), **stated)
    line = {
        "price_list": prices,
        "place": 1,
        "stage": "drip",
        "name_en": "Each drip",
        "name_es": "Cada goteo",
        "amount": 450,
        "times": 6,
    }
    PriceEntry.objects.create(**line)
    other = line | {"place": 2, "stage": "before"}

    refused("one_price_per_place", PriceEntry, **other | {"place": 1})
    refused("one_price_is_the_drip", PriceEntry, **line | {"place": 2})
    refused("price_stage_is_known", PriceEntry, **other | {"stage": "after all"})
    refused("a_price_is_not_below_nothing", PriceEntry, **other | {"amount": -1})
    refused("only_the_first_course_is_counted", PriceEntry, **other | {"times": 0})
    refused("only_the_first_course_is_counted", PriceEntry, **other | {"stage": "other"})
    refused("a_price_has_words_in_each_language", PriceEntry, **other | {"name_es": ""})


def test_a_story_has_one_address_in_each_language() -> None:
    story = {
        "slug": "a-winter",
        "language": "en",
        "told_by": "Wren",
        "outcome": "helped_for_a_time",
        "consent_version": 1,
        "consent_sha256": "0" * 64,
        "consent_signed_on": NOW.date(),
        "consent_until": NOW.date(),
        "consent_scope": "site",
        "consent_kept_at": "folder of consents, office",
        "recorded_by": staff(),
        "recorded_at": NOW,
    }
    Story.objects.create(**story)

    refused("one_story_per_address", Story, **story)
