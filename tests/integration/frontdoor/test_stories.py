"""A story: first a signed consent, beside it what is usual, and gone when the person says so."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.evidence import services as evidence
from afterglow.apps.evidence.models import Publication
from afterglow.apps.frontdoor.models import Story
from afterglow.apps.frontdoor.services.stories import consent_forms, keep_story, take_back
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.frontdoor import StoryOutcome, StoryScope
from afterglow.web import clock
from factories import SiteFactory
from support.evidence import AT, ON
from support.frontdoor import LATER, Door, read

PAGE = [("description", "Stories."), ("stories", "## Told here")]
TOLD = "On some days I went outside again."
WORDS = [
    ("text", TOLD),
    ("typical", "In clinics, [[T38#arm1-response]] felt much better after a course."),
]
SIGNED = ON - dt.timedelta(days=20)
UNTIL = ON + dt.timedelta(days=100)


def consent(door: Door, **changed: Any) -> Story:
    given: dict[str, Any] = {
        "slug": "a-winter",
        "language": "en",
        "told_by": "Wren",
        "outcome": StoryOutcome.HELPED_FOR_A_TIME,
        "consent_version": 1,
        "consent_signed_on": SIGNED,
        "consent_until": UNTIL,
        "consent_scope": StoryScope.SITE,
        "consent_kept_at": "folder of consents, office",
    }
    return keep_story(**given | changed, by=door.library.author, at=AT, on=ON)


@pytest.fixture
def told(door: Door) -> Story:
    """A story on the stories page: consent, words, what is usual, reviewed, published."""
    door.library.approve("T38")
    door.published("stories", PAGE, title="Stories")
    row = consent(door)
    done = door.publish(door.write(row, WORDS, title="A winter"))
    assert isinstance(done, evidence.Done), done.decision.codes
    return row


def page(client: Client) -> str:
    return client.get("/stories/").content.decode()


def test_without_one_the_page_says_that_none_is_told(client: Client, door: Door) -> None:
    door.published("stories", PAGE, title="Stories")

    assert "No story is told here yet." in page(client)
    assert "pub-story-words" not in page(client)


def test_a_story_stands_in_one_block_with_what_is_usual_and_its_consent(
    client: Client, told: Story, door: Door
) -> None:
    body = page(client)
    block = body.partition('<article class="pub-story"')[2].partition("</article>")[0]

    assert TOLD in block
    assert "Wren · It helped for a time" in block
    assert "One story is no proof." in block
    assert 'data-record="T38#arm1-response"' in block
    assert any("53.6" in words for words in read(f"<article {block}").cited)
    assert "consent signed on 7 Nov 2026 (form version 1)" in block
    assert "Medically reviewed by" in block
    assert 'href="#a-winter-source-1"' in block
    assert 'id="a-winter-source-1"' in block
    assert "folder of consents" not in body, "where the paper lies is no visitor's business"
    assert told.consent_sha256 == consent_forms()[0].sha256("en")


def test_taken_back_it_is_gone_at_once_and_no_words_can_follow(
    client: Client, told: Story, door: Door
) -> None:
    assert TOLD in page(client)
    client.force_login(door.library.author)
    answer = client.post(f"/frontdoor/stories/{told.public_id}/back/")
    client.logout()

    assert answer.status_code == 302
    assert TOLD not in page(client)
    assert AuditEntry.objects.filter(action="story-taken-back").count() == 1
    assert take_back(story=told.public_id, by=door.library.author, at=LATER, on=ON).row_version == 2
    with pytest.raises(InvalidValue, match="taken back"):
        door.write(told, WORDS, title="A winter")


def test_it_is_gone_on_the_day_after_its_last_without_anybody_pressing(
    client: Client, told: Story
) -> None:
    assert TOLD in page(client)
    with clock.fixed(LATER + (UNTIL - ON)):
        assert TOLD in page(client)
    with clock.fixed(LATER + (UNTIL - ON) + dt.timedelta(days=1)):
        assert TOLD not in page(client)


def test_it_is_gone_when_the_rate_beside_it_is_withheld(
    client: Client, told: Story, door: Door
) -> None:
    assert TOLD in page(client)
    evidence.withdraw_record(
        record=door.library.record("T38").public_id,
        reason="Read again, and it does not say this.",
        by=door.library.director,
        at=LATER,
        on=ON,
    )

    assert TOLD not in page(client)


@pytest.mark.parametrize(
    "blocks",
    [
        [("text", TOLD)],
        [("text", TOLD), ("typical", "It varies.")],
        [("text", f"{TOLD} [[T38#arm1-response]]")],
        [("text", TOLD), ("typical", "See this record. [[T38]]")],
    ],
)
def test_words_without_what_is_usual_are_not_even_kept_as_a_draft(
    door: Door, blocks: list[tuple[str, str]]
) -> None:
    row = consent(door)

    with pytest.raises(InvalidValue, match="stands beside what is usual"):
        door.write(row, blocks, title="A winter")
    assert not Publication.objects.exists()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"consent_version": 9}, "no version 9"),
        ({"consent_signed_on": ON + dt.timedelta(days=1)}, "said to be signed on"),
        ({"consent_until": SIGNED - dt.timedelta(days=1)}, "cannot be the last day"),
        ({"consent_until": SIGNED + dt.timedelta(days=731)}, "cannot be the last day"),
        ({"consent_kept_at": " "}, "where the signed paper lies"),
        ({"told_by": "Wren, 90 % better"}, "90"),
        ({"slug": "75-percent-well"}, "75"),
    ],
)
def test_a_consent_that_is_none_is_refused(door: Door, changed: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        consent(door, **changed)
    assert not Story.objects.exists()


def test_the_database_itself_knows_no_story_without_a_consent(door: Door) -> None:
    row = consent(door)
    for field, value, name in (
        ("consent_kept_at", "", "a_story_rests_on_a_signed_paper"),
        ("consent_sha256", "", "a_story_rests_on_a_signed_paper"),
        ("consent_until", SIGNED - dt.timedelta(days=1), "a_consent_ends_after_it_was_signed"),
        ("withdrawn_at", LATER, "a_story_taken_back_says_by_whom"),
        ("outcome", "miracle", "story_outcome_is_known"),
        ("consent_scope", "everywhere", "story_scope_is_known"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Story.objects.filter(pk=row.pk).update(**{field: value})
    with pytest.raises(IntegrityError), transaction.atomic():
        Story.objects.filter(pk=row.pk).update(consent_signed_on=None)


def test_a_number_in_a_story_is_refused_like_any_other(door: Door) -> None:
    door.library.approve("T38")
    row = consent(door)
    text = door.write(row, [("text", "90 % of my friends were helped."), WORDS[1]])

    refused = door.publish(text)

    assert isinstance(refused, evidence.Refused)


def test_staff_keep_a_consent_and_are_led_to_the_words(client: Client, door: Door) -> None:
    client.force_login(door.library.author)
    asked = client.get("/frontdoor/stories/new/").content.decode()
    assert consent_forms()[0].words["es"][:40] in asked
    given = {
        "slug": "a-winter",
        "language": "en",
        "told_by": "Wren",
        "outcome": "not_helped",
        "consent_version": "1",
        "consent_signed_on": SIGNED.isoformat(),
        "consent_until": UNTIL.isoformat(),
        "consent_scope": "site",
        "consent_kept_at": "folder of consents",
    }
    late = client.post(
        "/frontdoor/stories/new/", given | {"consent_signed_on": (ON + dt.timedelta(9)).isoformat()}
    )
    done = client.post("/frontdoor/stories/new/", given)

    assert late.status_code == 422
    row = Story.objects.get()
    assert done.headers["Location"] == f"/frontdoor/stories/{row.public_id}/"
    assert 'value="typical" selected' in client.get(done.headers["Location"]).content.decode()
    assert "Take it down now" in client.get("/frontdoor/stories/").content.decode()


def at_ten_to_midnight(day: dt.date) -> dt.datetime:
    """Return that time of the organisation's day, which is the next day in UTC."""
    here = Site.objects.filter(is_active=True).order_by("pk").first()
    assert here is not None
    return dt.datetime.combine(day, dt.time(23, 50), tzinfo=here.zone)


@pytest.fixture
def western(told: Story) -> Story:
    """The story, where the only clinic in use is far west of Greenwich."""
    Site.objects.update(is_active=False)
    SiteFactory.create(name="Far west", time_zone="America/Los_Angeles")
    return told


@pytest.mark.usefixtures("western")
def test_its_last_day_is_the_organisations_and_not_that_of_utc(client: Client) -> None:
    with clock.fixed(at_ten_to_midnight(UNTIL)):
        assert TOLD in page(client)
    with clock.fixed(at_ten_to_midnight(UNTIL) + dt.timedelta(minutes=11)):
        assert TOLD not in page(client)


@pytest.mark.usefixtures("western")
def test_a_page_that_is_kept_shows_a_story_from_the_day_on_which_its_consent_was_signed(
    client: Client,
) -> None:
    Story.objects.update(consent_signed_on=UNTIL)
    before = at_ten_to_midnight(UNTIL - dt.timedelta(days=1))
    with clock.fixed(before):
        assert TOLD not in page(client)
    with clock.fixed(before + dt.timedelta(minutes=11)):
        assert TOLD in page(client)
