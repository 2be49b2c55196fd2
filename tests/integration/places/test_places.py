"""Sites, hours, rooms and the emergency equipment of the day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.definitions.services import sync_definitions
from afterglow.apps.places import queries, services
from afterglow.apps.places.models import EquipmentCheck, Room, Site, SiteHours
from afterglow.apps.work.models import Task
from afterglow.core.errors import InvalidValue
from afterglow.core.permission import Forbidden
from afterglow.core.roles import Role
from afterglow.db.models import StaleRow
from afterglow.web import clock
from factories.base import AT, TODAY, make_site, make_staff

pytestmark = pytest.mark.django_db

WORDS = services.SiteWords(
    name="Lakeside", time_zone="America/Chicago", phone="555-0102", after_hours_phone="555-0103"
)
KEYS = (
    "oxygen",
    "suction",
    "bag_valve_mask",
    "airways",
    "defibrillator",
    "resuscitation_drugs",
    "emergency_plan",
    "call_bell",
    "expiry_log",
)
GOOD = dict.fromkeys(KEYS, True)


@pytest.fixture
def site() -> Site:
    sync_definitions(at=AT - timedelta(days=30))
    return make_site(time_zone="America/Denver")


@pytest.fixture
def boss(site: Site) -> Account:
    return make_staff(Role.ADMINISTRATOR)


@pytest.fixture
def nurse(site: Site) -> Account:
    return make_staff(Role.MONITOR, site=site)


def _check(site: Site, nurse: Account, at: datetime = AT, **changes: bool) -> EquipmentCheck:
    return services.record_equipment_check(
        site=site.public_id, items=GOOD | changes, by=nurse, at=at
    )


def test_a_site_is_created_with_its_zone_and_its_audit_row(boss: Account) -> None:
    site = services.create_site(code="lake", words=WORDS, by=boss, at=AT, on=TODAY)

    assert site.zone.key == "America/Chicago"
    assert AuditEntry.objects.get(action="site-created").subject == site.public_id


def test_two_sites_cannot_share_a_code(boss: Account, site: Site) -> None:
    with pytest.raises(InvalidValue, match="already a site with the code"):
        services.create_site(code=site.code, words=WORDS, by=boss, at=AT, on=TODAY)


def test_a_zone_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(InvalidValue, match="'Mars/Olympus' is not a time zone"):
        services.SiteWords(name="x", time_zone="Mars/Olympus", phone="1", after_hours_phone="2")


def test_a_nurse_cannot_edit_a_site(site: Site, nurse: Account) -> None:
    with pytest.raises(Forbidden):
        services.edit_site(site=site.public_id, words=WORDS, by=nurse, at=AT, on=TODAY)


def test_two_people_editing_one_site_never_overwrite_each_other(site: Site, boss: Account) -> None:
    services.edit_site(site=site.public_id, words=WORDS, by=boss, at=AT, on=TODAY, seen=1)

    with pytest.raises(StaleRow):
        services.edit_site(
            site=site.public_id,
            words=services.SiteWords(
                name="Third", time_zone="UTC", phone="1", after_hours_phone="2"
            ),
            by=boss,
            at=AT,
            on=TODAY,
            seen=1,
        )

    site.refresh_from_db()
    assert site.name == "Lakeside"


def test_saving_a_site_unchanged_writes_no_audit_row(site: Site, boss: Account) -> None:
    for _ in range(2):
        services.edit_site(site=site.public_id, words=WORDS, by=boss, at=AT, on=TODAY)

    assert AuditEntry.objects.filter(action="site-changed").count() == 1


def test_a_week_replaces_the_one_before(site: Site, boss: Account) -> None:
    who = {"site": site.public_id, "by": boss, "at": AT, "on": TODAY}
    services.set_hours(hours={0: (time(8), time(17)), 1: (time(8), time(17))}, **who)  # type: ignore[arg-type]

    week = services.set_hours(hours={1: (time(9), time(12))}, **who)  # type: ignore[arg-type]

    assert [(day.weekday, day.opens, day.closes) for day in week] == [(1, time(9), time(12))]


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        ({0: (time(9), time(9))}, "Closing at 09:00 is not after opening at 09:00"),
        ({7: (time(9), time(10))}, "Weekday 7 is not between 0"),
    ],
)
def test_an_impossible_day_is_refused_with_the_values(
    site: Site, boss: Account, hours: dict[int, tuple[time, time]], sentence: str
) -> None:
    with pytest.raises(InvalidValue, match=sentence):
        services.set_hours(site=site.public_id, hours=hours, by=boss, at=AT, on=TODAY)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (datetime(2026, 11, 23, 14, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 23, 15, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 23, 23, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 24, 0, 0, tzinfo=UTC), False),
    ],
)
def test_open_is_said_by_the_sites_own_clock(site: Site, at: datetime, is_open: bool) -> None:
    SiteHours.objects.create(site=site, weekday=0, opens=time(8), closes=time(17))

    assert queries.is_open(site, at) is is_open


def test_a_room_of_a_name_that_the_site_has_is_refused(site: Site, boss: Account) -> None:
    with pytest.raises(InvalidValue, match="already has a room named 'Room 1'"):
        services.create_room(site=site.public_id, name="Room 1", by=boss, at=AT, on=TODAY)


def test_a_room_is_taken_out_of_use(site: Site, boss: Account) -> None:
    room = Room.objects.filter(site=site, name="Room 2").get()

    services.edit_room(
        room=room.public_id,
        name="Room 2",
        point_of_care="INFUSION^2",
        is_active=False,
        by=boss,
        at=AT,
        on=TODAY,
    )

    assert [one.name for one in queries.rooms_of(site)] == ["Room 1"]


def test_before_the_check_there_is_none_and_after_it_is_todays(site: Site, nurse: Account) -> None:
    before = queries.equipment_check_today(site, AT)

    done = _check(site, nurse)

    assert before is None
    assert done.passed
    assert queries.equipment_check_today(site, AT) == done


def test_yesterdays_check_is_not_todays_by_the_sites_clock(site: Site, nurse: Account) -> None:
    midnight = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # in Denver
    _check(site, nurse, at=midnight - timedelta(minutes=1))

    assert queries.equipment_check_today(site, midnight - timedelta(minutes=1)) is not None
    assert queries.equipment_check_today(site, midnight) is None
    assert EquipmentCheck.objects.get().local_date == date(2026, 11, 23)


def test_a_failing_check_outranks_the_earlier_good_one_and_opens_a_task(
    site: Site, nurse: Account
) -> None:
    _check(site, nurse)

    failed = _check(site, nurse, at=AT + timedelta(hours=1), suction=False)

    now = queries.equipment_check_today(site, AT + timedelta(hours=2))
    assert now == failed
    assert not failed.passed
    assert Task.objects.get().kind == "equipment_failed"


def test_a_double_click_is_one_check(site: Site, nurse: Account) -> None:
    assert _check(site, nurse) == _check(site, nurse, at=AT + timedelta(seconds=2))


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ({"oxygen": True}, "8 of 9 items have no answer: suction"),
        (GOOD | {"unicorn": True}, "does not have unicorn"),
    ],
)
def test_a_check_answers_every_item_and_no_other(
    site: Site, nurse: Account, items: dict[str, bool], sentence: str
) -> None:
    with pytest.raises(InvalidValue, match=sentence):
        services.record_equipment_check(site=site.public_id, items=items, by=nurse, at=AT)

    assert not EquipmentCheck.objects.exists()


def test_a_nurse_of_another_site_cannot_check_here(site: Site) -> None:
    stranger = make_staff(Role.MONITOR, site=make_site())

    with pytest.raises(Forbidden):
        _check(site, stranger)


# -- pages ----------------------------------------------------------------------------------


def test_the_check_is_made_on_its_page(client: Client, site: Site, nurse: Account) -> None:
    client.force_login(nurse)
    page = reverse("places:equipment", kwargs={"site": site.public_id})

    with clock.fixed(AT):
        missing = client.post(page, dict.fromkeys(KEYS[1:], "yes"))
        done = client.post(page, dict.fromkeys(KEYS, "yes"))
        shown = client.get(page).content.decode()

    assert missing.status_code == 422
    assert "Look at it and say how it is." in missing.content.decode()
    assert done.status_code == 302
    assert "Checked today, in order" in shown


SITE_FORM = {
    "name": "Lakeside",
    "time_zone": "America/Chicago",
    "phone": "555-0102",
    "after_hours_phone": "555-0103",
    "emergency_number": "911",
    "is_active": "on",
}


def test_a_site_with_hours_and_a_room_is_made_on_the_pages(client: Client, boss: Account) -> None:
    client.force_login(boss)

    client.post(reverse("places:new-site"), SITE_FORM | {"code": "lake"})
    site = Site.objects.get(code="lake")
    where = {"site": site.public_id}
    client.post(reverse("places:hours", kwargs=where), {"opens_0": "08:00", "closes_0": "17:00"})
    client.post(reverse("places:new-room", kwargs=where), {"name": "A", "is_active": "on"})
    room = Room.objects.get(site=site)
    client.post(
        reverse("places:room", kwargs={"room": room.public_id}),
        {"name": "B", "is_active": "on", "seen": room.row_version},
    )
    client.post(
        reverse("places:site", kwargs=where),
        SITE_FORM | {"name": "Lakeview", "seen": site.row_version},
    )

    site.refresh_from_db()
    assert site.name == "Lakeview"
    assert [str(day.opens) for day in site.hours.all()] == ["08:00:00"]
    assert [one.name for one in site.rooms.all()] == ["B"]


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("places:new-site", SITE_FORM | {"code": "a b"}, "Enter a valid"),
        ("places:new-site", SITE_FORM | {"code": "x", "time_zone": "Nowhere"}, "“Nowhere” is not"),
        ("places:hours", {"opens_0": "08:00"}, "has one time only"),
        ("places:hours", {"opens_0": "09:00", "closes_0": "08:00"}, "not after opening at 09:00"),
        ("places:new-room", {"name": "Room 1"}, "already has a room named"),
        ("places:new-room", {"name": ""}, "Please fill this in."),
        ("places:site", SITE_FORM | {"phone": ""}, "Please fill this in."),
    ],
)
def test_bad_input_gets_a_sentence_and_saves_nothing(
    client: Client, site: Site, boss: Account, name: str, data: dict[str, str], sentence: str
) -> None:
    client.force_login(boss)
    where = {} if name == "places:new-site" else {"site": site.public_id}
    counted = (Site.objects.count(), Room.objects.count(), SiteHours.objects.count())

    response = client.post(reverse(name, kwargs=where), data)

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert (Site.objects.count(), Room.objects.count(), SiteHours.objects.count()) == counted


def test_who_edits_an_old_page_is_told_and_nothing_is_lost(
    client: Client, site: Site, boss: Account
) -> None:
    client.force_login(boss)
    page = reverse("places:site", kwargs={"site": site.public_id})
    client.post(page, SITE_FORM | {"seen": "1"})

    late = client.post(page, SITE_FORM | {"name": "Late", "seen": "1"})

    assert late.status_code == 409
    assert "changed on another screen" in late.content.decode()


# -- constraints ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "constraint"),
    [
        ([(1, 8, 9), (1, 10, 11)], "one_opening_per_weekday"),
        ([(7, 8, 9)], "weekday_is_0_to_6"),
        ([(1, 9, 9)], "closes_after_it_opens"),
    ],
)
def test_constraints_of_hours(
    site: Site, days: list[tuple[int, int, int]], constraint: str
) -> None:
    rows = [
        SiteHours(site=site, weekday=day, opens=time(opens), closes=time(closes))
        for day, opens, closes in days
    ]

    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        SiteHours.objects.bulk_create(rows)


def test_constraint_one_room_of_a_name_per_site(site: Site) -> None:
    with pytest.raises(DatabaseError, match="one_room_of_a_name_per_site"), transaction.atomic():
        Room.objects.create(site=site, name="Room 1")


def test_a_check_of_the_equipment_cannot_be_changed(site: Site, nurse: Account) -> None:
    _check(site, nurse, suction=False)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        EquipmentCheck.objects.update(passed=True)
