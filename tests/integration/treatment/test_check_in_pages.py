"""The session's address and the frame of its pages."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from afterglow.apps.treatment import pages
from afterglow.apps.treatment.forms.fields import InstantField
from afterglow.core.roles import Role
from afterglow.web import clock
from factories import SiteFactory, staff
from support.infusion_day import checked_in, ready

pytestmark = pytest.mark.django_db


def test_the_frame_says_what_is_missing_in_words_and_at_which_step() -> None:
    day = checked_in()

    bar = pages.frame(day.session, step="plan", at=day.minute(-10))["steps"]

    by_key = {step.key: step for step in bar}
    assert by_key["check-in"].missing == ()
    assert by_key["check-in"].state == "done"
    assert "Nothing has been prepared." in by_key["prepare"].missing
    assert by_key["prepare"].state == "now"
    assert by_key["plan"].current


def test_a_session_that_is_ready_shows_only_the_baseline_and_start_as_now() -> None:
    day = ready()

    bar = pages.frame(day.session, step="ready", at=day.started)["steps"]

    assert [step.key for step in bar if step.state == "now"] == ["ready"]
    assert not any(step.missing for step in bar)


def test_a_time_that_occurred_twice_is_the_later_one_that_has_come() -> None:
    site = SiteFactory.create(time_zone="America/Denver")
    field = InstantField()
    field.site, typed = site, "2026-11-01T01:30"

    field.at = dt.datetime(2026, 11, 1, 8, 45, tzinfo=dt.UTC)  # 01:45, the second time
    second = field.clean(typed)
    field.at = dt.datetime(2026, 11, 1, 7, 45, tzinfo=dt.UTC)  # 01:45, the first time
    first = field.clean(typed)
    with pytest.raises(ValidationError, match="lies in the future"):
        field.clean("2026-11-01T01:50")

    assert second == dt.datetime(2026, 11, 1, 8, 30, tzinfo=dt.UTC)
    assert first == dt.datetime(2026, 11, 1, 7, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(("role", "drawn"), [(Role.FRONT_DESK, False), (Role.PRESCRIBER, True)])
def test_the_link_to_record_consent_is_drawn_for_who_may(
    client: Client, role: Role, drawn: bool
) -> None:
    day = checked_in()
    client.force_login(staff(role, site=day.site))

    with clock.fixed(day.minute(-5)):
        page = client.get(f"/patients/{day.session.patient.public_id}/").content.decode()

    assert "Book an infusion" in page or role is Role.PRESCRIBER
    assert (f"/courses/{day.session.course.public_id}/consent/" in page) is drawn


def test_somebody_without_a_role_at_the_site_does_not_open_the_session(client: Client) -> None:
    day = checked_in()
    client.force_login(staff())

    answer = client.get(f"/sessions/{day.id}/")

    assert answer.status_code == 403
