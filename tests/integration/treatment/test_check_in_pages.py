"""The session's address and the frame of its pages."""

from __future__ import annotations

import pytest
from django.test import Client

from afterglow.apps.treatment import pages
from factories import staff
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


def test_somebody_without_a_role_at_the_site_does_not_open_the_session(client: Client) -> None:
    day = checked_in()
    client.force_login(staff())

    answer = client.get(f"/sessions/{day.id}/")

    assert answer.status_code == 403
