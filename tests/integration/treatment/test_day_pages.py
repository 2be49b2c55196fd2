"""The pages of the day over HTTP: who gets in, what bad input gets, what a second press does."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from afterglow.apps.accounts.services import lock_screen
from afterglow.apps.assessments.models import Assessment
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.stock.models import LedgerEntry
from afterglow.apps.treatment.models import (
    Addendum,
    CheckIn,
    Discharge,
    Infusion,
    InfusionOrder,
    Override,
    Preparation,
    Recovery,
    SessionEvent,
)
from afterglow.apps.treatment.services import checkin, closing
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import SessionEnding
from afterglow.web import clock
from factories import RoomFactory, SiteFactory, staff
from support.infusion_day import (
    Day,
    checked_in,
    discharged,
    prepared,
    ready,
    recovered,
    recovering,
    signed,
    signed_by,
    take_vitals,
)
from support.tablet import Fields, Tablet, draw_fields, rows, second

pytestmark = pytest.mark.django_db


def addresses() -> list[tuple[str, tuple[str, ...]]]:
    """Every address of the day that writes."""
    return [
        ("check-in", ()),
        ("take-mass-back", ()),
        ("plan", ()),
        ("order-cancel", ()),
        ("prepare", ()),
        ("read-back", ()),
        ("discard", ()),
        ("baseline", ()),
        ("place", ()),
        ("start", ()),
        ("override", ("readiness",)),
        ("recovery-save", ()),
        ("recovery-score", ("aldrete",)),
        ("account", ()),
        ("end", ()),
        ("call-back", ()),
        ("sign-now", ()),
        ("addendum", ()),
    ]


def answered(tablet: Tablet) -> dict[str, int]:
    """What each address answers to an empty form."""
    return {name: tablet.post(name, *rest).status_code for name, rest in addresses()}


def everywhere(status: int) -> dict[str, int]:
    """The same answer at every address."""
    return {name: status for name, _rest in addresses()}


def test_staff_of_another_site_get_in_nowhere() -> None:
    assert answered(Tablet(ready(), staff(Role.MONITOR, site=SiteFactory.create()))) == everywhere(
        403
    )


def test_the_front_desk_gets_in_nowhere() -> None:
    day = ready()

    assert answered(Tablet(day, staff(Role.FRONT_DESK, site=day.site))) == everywhere(403)


def test_a_locked_screen_writes_nothing() -> None:
    tablet = Tablet(ready())
    key = str(tablet.client.session.session_key)
    lock_screen(session_key=key, by=tablet.day.clinician, at=tablet.at)

    assert answered(tablet) == everywhere(423)


@pytest.mark.parametrize(
    ("name", "rest", "fields"),
    [
        ("check-in", (), {"cannabis": "none"}),
        ("plan", (), {"for_date": "2026-11-23", "dose": "0.5", "minutes": "40", "basis": "actual"}),
        ("baseline", (), {"pressure": "120/80"}),
        ("recovery-save", (), {"oriented": "3"}),
        ("recovery-score", ("dissociation",), {"dissociation-dissociation": "0"}),
        ("end", (), {"ending": "completed"}),
        ("call-back", (), {"reason": "Faint."}),
    ],
)
def test_a_signed_record_stays_as_it_is(name: str, rest: tuple[str, ...], fields: Fields) -> None:
    day = signed()
    tablet = Tablet(day, staff(*Role, site=day.site), minute=95)
    keys = {"key": uuid.uuid4(), "dissociation-key": uuid.uuid4(), "seen": 1}
    before = rows()

    answer = tablet.post(name, *rest, **keys | fields)

    assert answer.status_code in (302, 409), answer.content.decode()
    assert rows() == before


@pytest.mark.parametrize(
    ("walk", "minute", "name", "rest", "fields", "model"),
    [
        (ready, 0, "start", (), {}, Infusion),
        (ready, -2, "baseline", (), {"pressure": "124/78", "heart_rate": "72"}, VitalSign),
        (recovering, 42, "recovery-score", ("dissociation",), {"dissociation": "2"}, Assessment),
        (recovered, 82, "end", (), {"ending": "completed"}, Discharge),
        (discharged, 84, "call-back", (), {"reason": "Faint at the door"}, SessionEvent),
        (signed, 95, "addendum", (), {"text": "Slept well."}, Addendum),
    ],
)
def test_a_second_press_does_nothing_more(
    walk: Callable[[], Day],
    minute: float,
    name: str,
    rest: tuple[str, ...],
    fields: Fields,
    model: Any,
) -> None:
    tablet = Tablet(walk(), minute=minute)
    prefix = f"{rest[0]}-" if rest else ""
    sent = {f"{prefix}{key}": value for key, value in {"key": uuid.uuid4(), **fields}.items()}
    before = model.objects.count()

    first = tablet.post(name, *rest, **sent)
    once = model.objects.count()
    again = tablet.post(name, *rest, **sent)

    assert first.status_code == again.status_code == 302, again.content.decode()
    assert once > before
    assert model.objects.count() == once


def test_a_bag_is_drawn_once_and_discarded_once_whatever_is_pressed_twice() -> None:
    day = checked_in()
    tablet = Tablet(day, minute=-18)
    drawn = draw_fields(day)
    gone = {"discard-key": uuid.uuid4(), "discard-reason": "Dropped."} | {
        f"discard-{key}": value for key, value in second(day).items()
    }

    made = [tablet.post("prepare", **drawn).status_code for _press in range(2)]
    thrown = [tablet.post("discard", **gone).status_code for _press in range(2)]

    assert made == thrown == [302, 302]
    assert Preparation.objects.count() == 1
    assert [line.kind for line in LedgerEntry.objects.order_by("pk")][-2:] == ["drawn", "wasted"]


def test_a_bag_left_by_a_session_that_was_called_off_is_discarded_from_its_sign_page() -> None:
    day = prepared()
    ended = closing.discharge(
        session=day.id,
        ending=SessionEnding.CANCELLED_BEFORE_START,
        fields={"reason": "Felt ill.", "patient_told": True},
        by=day.clinician,
        at=day.minute(-10),
        key=uuid.uuid4(),
    )
    assert hasattr(ended, "row"), ended
    tablet = Tablet(day, minute=-9)
    offered = tablet.get("sign")
    fields = {"discard-key": uuid.uuid4(), "discard-reason": "Never started."}

    answer = tablet.post(
        "discard", **fields | {f"discard-{key}": value for key, value in second(day).items()}
    )

    assert "A bag is left" in offered
    assert answer.headers["Location"] == tablet.url("sign")
    assert LedgerEntry.objects.latest("pk").kind == "wasted"
    assert "A bag is left" not in tablet.get("sign")


def test_check_in_saved_on_another_tablet_shows_both_and_keeps_what_was_typed() -> None:
    day = checked_in()
    seen = CheckIn.objects.get(session=day.session).row_version
    checkin.save_check_in(
        session=day.id,
        answers={"escort_name": "Kim Lee"},
        seen_version=seen,
        by=day.second,
        at=day.minute(-20),
    )

    answer = Tablet(day, minute=-19).post("check-in", seen=seen, escort_name="Jo Berg")

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Kim Lee" in html
    assert 'value="Jo Berg"' in html
    assert CheckIn.objects.get(session=day.session).escort_name == "Kim Lee"


def test_a_room_chosen_on_another_tablet_is_not_overwritten() -> None:
    day = ready()
    other = RoomFactory.create(site=day.site)
    fields = {"seen": 0, "room": other.public_id, "clinician": day.clinician.public_id}

    answer = Tablet(day, minute=-2).post("place", **fields)

    assert answer.status_code == 409
    assert f'value="{other.public_id}" selected' in answer.content.decode()
    assert day.refreshed().room != other


def test_criteria_saved_on_another_tablet_are_not_overwritten() -> None:
    day = recovered()

    answer = Tablet(day, minute=81).post(
        "recovery-save", seen=0, escort_name="Jo Berg", oriented="1"
    )

    assert answer.status_code == 409
    assert 'value="Jo Berg"' in answer.content.decode()
    assert Recovery.objects.get(session=day.session).oriented == 3


def test_an_order_replaced_meanwhile_is_not_replaced_again() -> None:
    day = checked_in()
    fields = {"seen_order": uuid.uuid4(), "for_date": day.session.local_date.isoformat()}

    answer = Tablet(day, day.prescriber, minute=-20).post(
        "plan", **fields, dose="0.4", minutes="40", basis="actual"
    )

    assert answer.status_code == 409
    assert 'value="0.4"' in answer.content.decode()
    assert InfusionOrder.objects.count() == 1


def test_a_prescriber_signs_in_on_the_ending_page_where_no_escort_comes() -> None:
    day = recovered()
    tablet = Tablet(day, minute=82)
    fields = {
        "ending": "escort_did_not_come",
        "arrangement_home": "Taxi, called by us.",
        "prescriber_told": "on",
    }
    asked = tablet.client.get(tablet.url("end"), {"as": "escort_did_not_come"}).content.decode()

    alone = tablet.post("end", key=uuid.uuid4(), **fields)
    nurse = tablet.post("end", key=uuid.uuid4(), **fields, **second(day))
    done = tablet.post("end", key=uuid.uuid4(), **fields, **second(day, day.prescriber))

    assert "Sign-in name of the prescriber who agrees" in asked
    assert alone.status_code == 422
    assert nurse.status_code == 409
    assert "PRESCRIBER_HAS_NOT_AGREED" in nurse.content.decode()
    assert done.status_code == 302
    left = Discharge.objects.get()
    assert left.agreed_by is not None
    assert left.agreed_by.account == day.prescriber
    assert "secret" not in left.fields


def test_a_prescriber_who_ends_the_session_is_not_asked_for_another() -> None:
    day = recovered()
    tablet = Tablet(day, day.prescriber, minute=82)

    with clock.fixed(tablet.at):
        html = tablet.client.get(tablet.url("end"), {"as": "escort_did_not_come"}).content.decode()

    assert 'name="arrangement_home"' in html
    assert 'name="secret"' not in html


def test_who_is_called_back_is_asked_why_and_it_stands_in_the_record() -> None:
    day = discharged()
    tablet = Tablet(day, minute=84)

    answer = tablet.post("call-back", key=uuid.uuid4(), reason="Faint at the door")

    assert answer.status_code == 302
    assert day.refreshed().state == "recovery"
    assert SessionEvent.objects.get(text="Faint at the door").kind == "called_back"


def test_an_override_at_the_tablet_is_in_the_name_of_who_signed_in_beside() -> None:
    day = prepared()
    for minute in (-4, -2):
        take_vitals(day, at=day.minute(minute))
    tablet = Tablet(day, minute=-1)
    fields = {"codes": ["BASELINE_TOO_CLOSE"], "reason": "Stable all morning."}

    nurse = tablet.post("override", "readiness", **fields, **second(day))
    done = tablet.post("override", "readiness", **fields, **second(day, day.prescriber))

    assert nurse.status_code == 409
    assert done.status_code == 302, done.content.decode()
    assert [row.by for row in Override.objects.all()] == [day.prescriber]


def test_a_signature_for_one_act_ends_no_session() -> None:
    day = recovered()
    waste = signed_by(
        day.prescriber,
        day,
        act="waste",
        on=day.session,
        at=day.minute(81),
    )

    outcome = closing.discharge(
        session=day.id,
        ending=SessionEnding.COMPLETED,
        fields={},
        by=day.clinician,
        at=day.minute(82),
        key=uuid.uuid4(),
        prescriber=waste,
    )

    assert "COUNTERSIGNATURE_NOT_FOR_THIS" in outcome.decision.codes
