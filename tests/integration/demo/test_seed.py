"""The demo clinic: seeded once, and brought to the middle of its day at every start."""

from __future__ import annotations

import datetime as dt

import pytest

from afterglow.apps.accounts.models import Account
from afterglow.apps.devices.models import Device
from afterglow.apps.monitoring import facts as monitoring_facts
from afterglow.apps.monitoring.models import Alarm, VitalSign
from afterglow.apps.monitoring.services.alarms import judge
from afterglow.apps.people.models import Patient
from afterglow.apps.places.models import Site
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.coverages import open_coverage
from afterglow.apps.visits.models import TreatmentSession
from afterglow.config.demo import seed
from afterglow.config.demo.cast import MAIN
from afterglow.config.demo.stale import REASON
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.schedule import SlotState
from afterglow.core.treatment.lifecycles import SessionState

AT = dt.datetime(2026, 11, 24, 8, 3, tzinfo=dt.UTC)
"""Three in the morning at the main site."""

pytestmark = pytest.mark.django_db


def open_at_main() -> list[TreatmentSession]:
    rows = TreatmentSession.objects.filter(site__code=MAIN).exclude(state=SessionState.SIGNED)
    return list(rows.order_by("state", "checked_in_at"))


def states_at_main() -> list[str]:
    return [row.state for row in open_at_main()]


def due_now(at: dt.datetime) -> Appointment:
    return Appointment.objects.get(
        site__code=MAIN,
        state="booked",
        during__startswith__range=(at - dt.timedelta(minutes=10), at + dt.timedelta(minutes=5)),
    )


def assert_calm(at: dt.datetime) -> None:
    """No alarm waits, somebody is there, and what comes next lies ahead."""
    for row in open_at_main():
        judge([row], at=at)
        slots = monitoring_facts.schedule(row, at)
        coming = [each for each in slots if each.state is SlotState.UPCOMING]
        heard = VitalSign.objects.filter(session=row, code=VitalSignCode.ETCO2).latest("taken_at")

        waiting = Alarm.objects.filter(session=row, ended_at=None)
        assert [(each.condition, each.about) for each in waiting] == []
        assert not {each.state for each in slots} & {SlotState.DUE, SlotState.OVERDUE}
        assert min(each.due_at for each in coming) - at > dt.timedelta(minutes=5)
        assert open_coverage(row) is not None
        assert at - heard.taken_at < dt.timedelta(seconds=20)


def test_the_demo_is_in_the_middle_of_its_day_at_every_start() -> None:
    ready = AT + dt.timedelta(seconds=95)
    told = seed(AT, now=lambda: ready)

    assert "nurse" in told
    assert states_at_main() == ["infusing", "infusing", "recovery"]
    running = [queries.infusion_of(row) for row in open_at_main()[:2]]
    assert [(AT - row.started_at).total_seconds() / 60 for row in running if row] == [21, 11]
    assert all(queries.pump_now(row, at=AT).reading for row in open_at_main()[:2])
    assert TreatmentSession.objects.filter(state=SessionState.SIGNED).count() == 5
    assert Site.objects.count() == 5
    order = due_now(AT).course.orders.get(for_date=due_now(AT).site.local_date(AT))
    assert order.signed_at < AT
    for kind in (Account, Patient, Device):
        assert not kind.objects.filter(is_demo=False).exists()

    assert_calm(ready + dt.timedelta(seconds=5))

    before = {row.pk for row in open_at_main()}
    rows = Appointment.objects.count()
    soon = AT + dt.timedelta(minutes=1)
    seed(soon)

    assert {row.pk for row in open_at_main()} == before
    assert Appointment.objects.count() == rows

    later = AT + dt.timedelta(minutes=61)
    seed(later)

    assert states_at_main() == ["infusing", "infusing", "recovery"]
    assert not before & {row.pk for row in open_at_main()}
    closed = TreatmentSession.objects.filter(pk__in=before)
    assert {row.state for row in closed} == {SessionState.SIGNED}
    assert {row.ending_reason for row in closed} == {REASON}

    next_day = AT + dt.timedelta(hours=25)
    seed(next_day)

    assert states_at_main() == ["infusing", "infusing", "recovery"]
    assert due_now(next_day).during.upper > next_day
