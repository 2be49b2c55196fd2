"""A clinic's day in the browser: a patient from the first line to a booking, and the board."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from afterglow.apps.accounts.models import Account
from afterglow.apps.courses.models import Course
from afterglow.apps.definitions.services import sync_definitions
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.people.models import Patient
from afterglow.apps.places.models import Site
from afterglow.apps.scheduling.models import Appointment
from afterglow.core.monitoring.conditions import AlarmKind, AlarmPriority
from afterglow.core.roles import Role
from afterglow.core.scheduling.appointments import AppointmentState
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web import clock
from factories import (
    AT,
    AppointmentFactory,
    CourseFactory,
    PatientFactory,
    RoomFactory,
    SessionFactory,
    SiteFactory,
    staff,
)

SIZES = ((390, 844), (820, 1180), (1440, 900))


@pytest.fixture
def site(transactional_db: None) -> Any:
    """One site with two rooms, at six in the evening UTC."""
    site = SiteFactory.create(name="Harbour Street")
    RoomFactory.create(site=site, name="Room 1")
    RoomFactory.create(site=site, name="Room 2")
    sync_definitions(at=AT - dt.timedelta(days=1))
    with clock.fixed(AT):
        yield site


@pytest.fixture
def sign_in(page: Page, live_server: Any) -> Callable[[Account], None]:
    """Give the browser the session of an account, as after the sign-in page."""

    def one(account: Account) -> None:
        client = Client()
        client.force_login(account)
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])

    return one


def jose(site: Site) -> Patient:
    """Make a patient whose name has accents."""
    made: Patient = PatientFactory.create(
        family_name="García", given_name="José", search_name="garcia jose", home_site=site
    )
    return made


def everywhere(page: Page, check: Callable[..., None], name: str) -> None:
    """Look at a page at phone, tablet and desktop width; nothing may run out of it sideways."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        check(page)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{name} at {width}: {over} px too wide"
        page.screenshot(path=f"test-results/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1024, "height": 768})


def test_a_patient_from_the_first_line_to_a_cancelled_booking(
    page: Page,
    site: Site,
    sign_in: Callable[[Account], None],
    assert_accessible: Callable[..., None],
) -> None:
    doctor = staff(Role.PRESCRIBER, Role.MONITOR, site=site, given_name="Ada", family_name="Okafor")
    sign_in(doctor)
    PatientFactory.create(
        family_name="García", given_name="José", search_name="garcia jose", home_site=site
    )

    page.goto("/patients/new/")
    everywhere(page, assert_accessible, "patient-new")
    page.get_by_label("Family name").fill("Garcia")
    page.get_by_label("Given name").fill("Jose")
    page.get_by_label("Birth date").fill("2030-01-01")
    page.get_by_text("Female").click()
    page.get_by_label("Height").fill("1.65")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("alert")).to_contain_text("01 Jan 2030 lies in the future")
    expect(page.get_by_role("alert")).to_contain_text(
        "1.65 is in metres; give centimetres: 165 cm."
    )
    page.get_by_label("Birth date").fill("1984-05-14")
    page.get_by_label("Height").fill("165")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("Somebody has nearly this name")).to_be_visible()
    assert Patient.objects.count() == 1
    everywhere(page, assert_accessible, "patient-alike")
    page.get_by_label("I looked: this is another person").check()
    page.get_by_role("button", name="Register").click()

    expect(page.get_by_text("Another patient has this name")).to_be_visible()
    page.get_by_role("link", name="Add an allergy").click()
    page.get_by_label("Substance").fill("Latex")
    page.get_by_label("What happened").fill("rash")
    everywhere(page, assert_accessible, "allergy")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".patient-banner")).to_contain_text("Latex (rash)")

    page.get_by_role("link", name="Add a medicine").click()
    page.get_by_label("Medicine", exact=True).fill("lorazepan")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Did you mean lorazepam")
    page.get_by_label("Medicine", exact=True).fill("lorazepam")
    page.get_by_label("Total a day").fill("1.5")
    everywhere(page, assert_accessible, "medicine")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#medicines")).to_contain_text("15 mg")

    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Role").select_option("therapist")
    page.get_by_label("Name", exact=True).fill("Robin Alder")
    page.get_by_role("button", name="Save").click()

    page.get_by_role("link", name="Open a course").click()
    page.get_by_label("Indication").fill("Major depressive disorder")
    page.get_by_label("ICD-10-CM").fill("F33.2")
    page.get_by_role("radio").first.check()
    expect(page.get_by_text("proposed, not approved").first).to_be_visible()
    everywhere(page, assert_accessible, "course-new")
    page.get_by_role("button", name="Save").click()
    everywhere(page, assert_accessible, "course")
    page.get_by_role("link", name="Accept for treatment").click()
    everywhere(page, assert_accessible, "course-accept")
    page.get_by_label("I have examined").check()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Foundation").first).to_be_visible()

    page.get_by_role("link", name="Record consent").click()
    page.get_by_label("Name as the patient signs").fill("Somebody Else")
    page.get_by_label("I explained the text").check()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("The name is not the patient's")).to_be_visible()
    page.get_by_label("Name as the patient signs").fill("Jose Garcia")
    everywhere(page, assert_accessible, "consent-record")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("In force")).to_be_visible()
    everywhere(page, assert_accessible, "consent")

    course = Course.objects.get()
    page.goto(f"/courses/{course.public_id}/book/")
    page.get_by_label("Begins").fill("14:00")
    page.get_by_label("Room", exact=True).select_option(label="Room 1")
    everywhere(page, assert_accessible, "book")
    page.get_by_role("button", name="Book").click()
    expect(page.get_by_text("Booked").first).to_be_visible()
    everywhere(page, assert_accessible, "appointment")

    page.get_by_role("link", name="Move", exact=True).click()
    page.get_by_label("Begins").fill("16:00")
    page.get_by_label("Why it moves").fill("Traffic")
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("16:00")
    expect(page.get_by_text("Where it was before")).to_be_visible()

    page.goto("/appointments/")
    expect(page.get_by_text("16:00–18:00")).to_be_visible()
    everywhere(page, assert_accessible, "appointments-day")
    page.goto("/appointments/?view=week")
    everywhere(page, assert_accessible, "appointments-week")

    page.get_by_role("link", name="Garcia, Jose").click()
    page.get_by_role("link", name="Cancel", exact=True).click()
    page.get_by_label("Why?").fill("Patient is ill")
    page.get_by_role("button", name="Cancel it").click()
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    assert Appointment.objects.get().state == AppointmentState.CANCELLED

    page.get_by_role("link", name="To the chart").click()
    everywhere(page, assert_accessible, "chart")


def test_the_search_finds_a_name_without_its_accents_while_it_is_typed(
    page: Page,
    site: Site,
    sign_in: Callable[[Account], None],
    assert_accessible: Callable[..., None],
) -> None:
    desk = staff(Role.FRONT_DESK, site=site)
    PatientFactory.create(
        family_name="García", given_name="José", search_name="garcia jose", home_site=site
    )
    sign_in(desk)
    page.goto("/patients/")
    everywhere(page, assert_accessible, "patients")

    page.get_by_label("Find a patient").press_sequentially("JOSE gar")

    expect(page.locator("#patient-search-results")).to_contain_text("García, José")
    expect(page.locator("#patient-search-results")).to_contain_text("14 May 1984")


def test_the_board_shows_rooms_people_and_what_is_wrong_first(
    page: Page,
    site: Site,
    sign_in: Callable[[Account], None],
    assert_accessible: Callable[..., None],
) -> None:
    nurse = staff(Role.MONITOR, site=site, given_name="Ada", family_name="Okafor")
    other = staff(Role.MONITOR, site=site, given_name="Mo", family_name="Lindqvist")
    rooms = {room.name: room for room in site.rooms.all()}
    running = SessionFactory.create(
        appointment=AppointmentFactory.create(
            course=CourseFactory.create(patient__home_site=site, patient__family_name="Rivera"),
            room=rooms["Room 2"],
            clinician=nurse,
            state=AppointmentState.IN_SESSION,
        ),
        state=SessionState.INFUSING,
    )
    waiting = AppointmentFactory.create(
        course=CourseFactory.create(patient__home_site=site, patient__family_name="Achebe"),
        room=rooms["Room 1"],
        clinician=other,
    )
    Alarm.objects.create(
        session=running,
        condition="SYSTOLIC_HIGH",
        priority=AlarmPriority.HIGH,
        present_priority=AlarmPriority.HIGH,
        kind=AlarmKind.PHYSIOLOGICAL,
        sentence="Systolic 184 mmHg is above the limit of 180 mmHg.",
        raised_at=AT,
    )
    sign_in(nurse)

    page.goto("/board/")

    expect(page.get_by_text("The emergency equipment is not checked today")).to_be_visible()
    first = page.get_by_label("Rooms in alarm")
    expect(first).to_contain_text("Room 2")
    expect(first).to_contain_text("Systolic 184 mmHg")
    headings = page.locator(".board-room").all_inner_texts()
    assert [text.strip() for text in headings] == ["Room 1", "Room 2"]
    everywhere(page, assert_accessible, "board")

    page.get_by_role("button", name="Achebe is here").click()
    expect(page.locator("#arrivals")).to_contain_text("Here")
    waiting.refresh_from_db()
    assert waiting.state == AppointmentState.ARRIVED

    page.get_by_label("Rooms", exact=True).get_by_role("link", name="Rivera").click()
    expect(page).not_to_have_url("/board/")


def test_the_shifts_page_names_who_already_works(
    page: Page,
    site: Site,
    sign_in: Callable[[Account], None],
    assert_accessible: Callable[..., None],
) -> None:
    boss = staff(Role.ADMINISTRATOR, Role.MEDICAL_DIRECTOR, given_name="Kim", family_name="Sato")
    sign_in(boss)
    page.goto("/shifts/")
    page.get_by_role("button", name="Plan").click()
    expect(page.get_by_role("table")).to_contain_text("Kim Sato")
    page.get_by_role("button", name="Plan").click()

    expect(page.get_by_text("Kim Sato already works at Harbour Street")).to_be_visible()
    everywhere(page, assert_accessible, "shifts")
