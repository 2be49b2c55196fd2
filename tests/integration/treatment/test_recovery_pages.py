"""The recovery page and the ways to end: what each press charts, and what it never does."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from afterglow.apps.accounts.models import Countersignature
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.treatment.models import Discharge, Recovery
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.services import closing
from afterglow.apps.treatment.services.deciding import discharge_decision
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import SessionEnding
from afterglow.web import clock
from factories import staff
from support.infusion_day import WELL, Day, infusing, recovered, recovering

pytestmark = pytest.mark.django_db


@pytest.fixture
def day() -> Day:
    return recovered()


def blocks(day: Day, minute: float) -> set[str]:
    decision = discharge_decision(
        day.refreshed(), ending=SessionEnding.COMPLETED, at=day.minute(minute)
    )
    return {reason.code for reason in decision.blockers}


def post(client: Client, day: Day, minute: float, path: str, **data: Any) -> tuple[int, str]:
    with clock.fixed(day.minute(minute)):
        answer = client.post(f"/sessions/{day.id}/{path}", data, follow=True)
    return answer.status_code, answer.content.decode()


def page(client: Client, day: Day, minute: float, path: str = "recovery/") -> str:
    with clock.fixed(day.minute(minute)):
        return client.get(f"/sessions/{day.id}/{path}").content.decode()


def save(client: Client, day: Day, minute: float, **changed: str) -> str:
    """Press Save on the criteria as the page shows them, with something changed."""
    shown = page(client, day, minute)
    hidden = dict(re.findall(r'name="(seen|assessing)" value="([^"]*)"', shown))
    checked = re.findall(r'name="(\w+)" value="(\w+)"[^>]*checked', shown)
    return post(
        client, day, minute, "recovery/criteria/", **{**dict(checked), **hidden, **changed}
    )[1]


def test_the_panel_says_moaas_and_the_page_answers_it(client: Client) -> None:
    day = recovering()
    client.force_login(day.clinician)
    before = discharge_decision(day.session, ending=SessionEnding.COMPLETED, at=day.minute(41))
    assert "MOAA/S" in {reason.seen for reason in before.blockers}

    key = {"moaas-key": uuid.uuid4(), "moaas-response": "5"}
    scored, _ = post(client, day, 42, "recovery/scores/moaas/", **key)
    signs = {"set-key": uuid.uuid4(), "set-pressure": "122/78", "set-spo2": "97"}
    charted, html = post(client, day, 43, "recovery/readings/", **signs)

    after = discharge_decision(day.session, ending=SessionEnding.COMPLETED, at=day.minute(43))
    assert (scored, charted) == (200, 200)
    assert "Readings charted." in html
    assert "MOAA/S" not in {reason.seen for reason in after.blockers}
    assert VitalSign.objects.filter(session=day.session, taken_at=day.minute(43)).count() == 3


def test_the_same_level_found_again_is_an_assessment(client: Client, day: Day) -> None:
    client.force_login(day.clinician)
    save(client, day, 81, suicide_level="low", safety_plan_given="yes")
    save(client, day, 82, suicide_statement_positive="yes")
    waiting = blocks(day, 82)
    shown = page(client, day, 83)

    save(client, day, 84, suicide_level="low")

    assert waiting == {"SUICIDE_POSITIVE_NOT_ASSESSED_BEFORE_LEAVING"}
    assert not re.search(r'name="suicide_level" value="low"[^>]*checked', shown)
    assert blocks(day, 84) == set()


def test_saving_the_page_with_the_level_it_shows_assesses_nothing(client: Client, day: Day) -> None:
    client.force_login(day.clinician)
    save(client, day, 81, suicide_level="low", safety_plan_given="yes")

    save(client, day, 82, suicide_statement_positive="yes", suicide_level="low")

    assert blocks(day, 82) == {"SUICIDE_POSITIVE_NOT_ASSESSED_BEFORE_LEAVING"}


def test_a_no_after_a_yes_says_that_the_yes_stands(client: Client, day: Day) -> None:
    client.force_login(day.clinician)
    save(client, day, 81, suicide_statement_positive="yes")

    html = save(client, day, 82, suicide_statement_positive="no")

    assert "A positive answer about suicide is not taken back" in html
    assert Recovery.objects.get(session=day.session).suicide_statement_positive is True


def test_criteria_are_not_ticked_before_the_stop() -> None:
    day = infusing()

    outcome = closing.save_recovery(
        session=day.id,
        answers=WELL,
        seen_version=Recovery.objects.get(session=day.session).row_version,
        by=day.clinician,
        at=day.minute(5),
    )

    assert isinstance(outcome, Refused)
    assert outcome.decision.codes == ("SESSION_NOT_IN_STATE",)
    assert Recovery.objects.get(session=day.session).steady_gait is None


def test_the_ending_that_was_pressed_is_never_exchanged_for_another(
    client: Client, day: Day
) -> None:
    client.force_login(day.clinician)

    status, html = post(
        client, day, 82, "end/", ending="cancelled_before_start", key=uuid.uuid4(), reason="Fever"
    )

    assert status == 409
    assert "cancelled" in html
    assert not Discharge.objects.exists()
    assert day.refreshed().state == "recovery"


def test_who_may_only_look_does_not_try_a_colleagues_pin(client: Client, day: Day) -> None:
    client.force_login(staff(Role.FRONT_DESK, site=day.site))

    status, _html = post(
        client,
        day,
        82,
        "recovery/account/",
        **{
            "waste-key": uuid.uuid4(),
            "waste-username": day.second.username,
            "waste-secret": "0000",
        },
    )

    assert status == 403
    assert not Countersignature.objects.filter(at=day.minute(82)).exists()


def test_a_gate_that_nobody_overrides_draws_no_way_to_override(client: Client, day: Day) -> None:
    Recovery.objects.filter(session=day.session).update(escort_present=False)
    client.force_login(day.clinician)

    held = page(client, day, 82)

    assert blocks(day, 82) == {"ESCORT_NOT_PRESENT"}
    assert f"/sessions/{day.id}/override/discharge/" not in held
