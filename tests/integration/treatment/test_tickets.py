"""What a screen may still show when its sign-in has ended, and what it may not."""

from __future__ import annotations

import pytest
from django.test import Client

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.tickets import GRANT_COOKIE
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.treatment.lifecycles import SessionState
from support.infusion_day import Day, infusing

pytestmark = pytest.mark.django_db


def signed_out(day: Day) -> Client:
    """Open the room with a sign-in, and sign out."""
    client = Client()
    client.force_login(day.clinician)
    client.get(page_of(day))
    del client.cookies["sessionid"]
    return client


def page_of(day: Day) -> str:
    return f"/sessions/{day.id}/infusion/"


def test_a_ticket_shows_numbers_and_no_name() -> None:
    day = infusing()
    client = signed_out(day)

    for part in (
        "",
        "panels/alarms/",
        "panels/header/",
        "panels/numbers/",
        "panels/grid/",
        "emergency/",
    ):
        answer = client.get(f"{page_of(day)}{part}", headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert day.session.patient.family_name not in answer.content.decode()
    header = client.get(f"{page_of(day)}panels/header/").content.decode()
    assert "sign in to act" in header
    assert client.get(f"{page_of(day)}readings.json").status_code == 200


def test_a_ticket_acts_on_nothing_and_opens_nothing_else() -> None:
    day = infusing()
    client = signed_out(day)
    before = SessionEvent.objects.count()

    for url in (f"{page_of(day)}mark/", f"{page_of(day)}note/"):
        assert client.post(url, {"text": "x"}).url.startswith("/accounts/login/")  # type: ignore[attr-defined]
    assert client.get(f"/sessions/{day.id}/sign/").status_code == 302
    assert SessionEvent.objects.count() == before


def test_a_ticket_is_worth_nothing_elsewhere_or_later() -> None:
    day = infusing()
    client = signed_out(day)
    ticket = client.cookies[GRANT_COOKIE]
    assert ticket["path"] == page_of(day)
    assert (ticket["httponly"], ticket["samesite"]) == (True, "Strict")

    def answers() -> int:
        return client.get(
            f"{page_of(day)}panels/alarms/", headers={"HX-Request": "true"}
        ).status_code

    assert answers() == 200
    Account.objects.filter(pk=day.clinician.pk).update(is_active=False)
    assert answers() == 401
    Account.objects.filter(pk=day.clinician.pk).update(is_active=True)
    TreatmentSession.objects.filter(pk=day.session.pk).update(state=SessionState.DISCHARGED)
    assert answers() == 401
    assert client.get(page_of(day)).url.startswith("/accounts/login/")  # type: ignore[attr-defined]
