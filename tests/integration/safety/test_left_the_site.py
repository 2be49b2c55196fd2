"""H13: the last who could rescue goes off while drug runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import Account, Credential
from afterglow.apps.monitoring import services as monitoring
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.services import alarms
from afterglow.apps.scheduling.models import StaffShift
from afterglow.apps.treatment.services import infusions
from afterglow.core.roles import CredentialKind, Role
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.web import clock
from factories import SiteFactory, staff
from support.infusion_day import Day, infusing, on_shift, ready

pytestmark = pytest.mark.django_db

WATCHED_FOR = ("ACLS_LEFT_SITE", "PRESCRIBER_LEFT_SITE")


def said(day: Day, minute: float) -> dict[str, Alarm]:
    """Let time pass until a minute; return who is said to be missing."""
    monitoring.refresh_alarms(session=day.id, at=day.minute(minute))
    open_now = Alarm.objects.filter(session=day.session, ended_at__isnull=True)
    return {row.condition: row for row in open_now if row.condition in WATCHED_FOR}


def goes_off(day: Day, who: Account, minute: float) -> None:
    shift = StaffShift.objects.get(account=who)
    shift.during = DateTimeTZRange(shift.during.lower, day.minute(minute))
    shift.save_version()


def everybody_goes_off(day: Day, minute: float) -> None:
    for who in (day.prescriber, day.clinician, day.second):
        goes_off(day, who, minute)


def test_the_last_helper_who_goes_off_raises_an_alarm_while_drug_runs() -> None:
    day = infusing()
    everybody_goes_off(day, 10)

    assert not said(day, 9.5)
    found = said(day, 10.5)

    assert set(found) == set(WATCHED_FOR)
    assert found["ACLS_LEFT_SITE"].priority == "high"
    assert found["PRESCRIBER_LEFT_SITE"].priority == "medium"
    assert {row.since for row in found.values()} == {day.minute(10)}


def test_while_one_of_them_is_there_nothing_is_said() -> None:
    day = infusing()
    goes_off(day, day.clinician, 10)
    goes_off(day, day.second, 10)

    assert not said(day, 11)


def a_shift_is_taken_out(day: Day) -> None:
    StaffShift.objects.filter(account=day.prescriber).delete()


def a_licence_runs_out(day: Day) -> None:
    Credential.objects.filter(account=day.prescriber).update(
        expires_on=day.session.local_date - dt.timedelta(days=1)
    )


def another_site_has_one(day: Day) -> None:
    a_shift_is_taken_out(day)
    elsewhere = SiteFactory.create()
    on_shift(day.prescriber, elsewhere, at=day.started)


@pytest.mark.parametrize("leaves", [a_shift_is_taken_out, a_licence_runs_out, another_site_has_one])
def test_a_prescriber_may_be_missing_in_several_ways(leaves: Callable[[Day], None]) -> None:
    day = infusing()
    assert not said(day, 2)

    leaves(day)

    assert set(said(day, 3)) == {"PRESCRIBER_LEFT_SITE"}


def test_a_certificate_that_nobody_has_any_more_is_missed_too() -> None:
    day = infusing()
    Credential.objects.filter(kind=CredentialKind.ACLS).update(
        expires_on=day.session.local_date - dt.timedelta(days=1)
    )

    assert "ACLS_LEFT_SITE" in said(day, 3)


def test_before_the_start_and_after_the_stop_nobody_is_missed() -> None:
    day = ready()
    everybody_goes_off(day, -1)
    assert not said(day, -0.5)

    after = infusing(kg="71")
    infusions.record_pump_stopped(
        session=after.id,
        ending=InfusionEnding.COMPLETED,
        by=after.clinician,
        at=after.minute(5),
        key=after.id,
    )
    everybody_goes_off(after, 6)
    assert not said(after, 7)


def test_who_comes_back_ends_it_and_a_red_one_waits_for_a_person() -> None:
    day = infusing()
    everybody_goes_off(day, 10)
    found = said(day, 11)

    for who in (day.prescriber, day.clinician):
        goes_off(day, who, 60)

    still = said(day, 12)
    assert set(still) == {"ACLS_LEFT_SITE"}
    assert still["ACLS_LEFT_SITE"].condition_gone_at == day.minute(12)
    monitoring.acknowledge_alarm(
        alarm=found["ACLS_LEFT_SITE"].public_id, by=day.clinician, at=day.minute(13)
    )
    assert not said(day, 14)


def test_a_message_in_between_does_not_end_it() -> None:
    day = infusing()
    everybody_goes_off(day, 10)
    said(day, 11)

    alarms.judge([day.session], at=day.minute(11.1), with_schedule=False)

    assert Alarm.objects.filter(
        session=day.session, condition="ACLS_LEFT_SITE", condition_gone_at__isnull=True
    ).exists()


def test_the_board_and_the_infusion_page_say_it(client: Client) -> None:
    day = infusing()
    everybody_goes_off(day, 3)
    said(day, 4)
    client.force_login(day.clinician)

    with clock.fixed(day.minute(5)):
        page = client.get(reverse("treatment:infusion", args=[day.id])).content.decode()
        board = client.get(reverse("visits:board")).content.decode()

    assert "No ACLS-certified person is on site any more" in page
    assert "Nobody with ACLS on site" in page
    assert "No ACLS-certified person is on site any more" in board


def test_somebody_new_on_shift_counts() -> None:
    day = infusing()
    a_shift_is_taken_out(day)
    assert said(day, 3)

    on_shift(staff(Role.PRESCRIBER, site=day.site), day.site, at=day.started)

    assert not said(day, 4)
