"""Tasks: opened once, owned, clocked, escalated once, closed once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.events.models import OutboxEvent
from afterglow.apps.notices.models import Notice
from afterglow.apps.places.models import Site
from afterglow.apps.work import kinds, queries, services
from afterglow.apps.work.models import Task, TaskState
from afterglow.core.errors import InvalidValue
from afterglow.core.permission import Forbidden
from afterglow.core.roles import Role
from afterglow.db.models import StaleRow
from factories.base import AT, TODAY, make_site, make_staff

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)


@pytest.fixture
def site() -> Site:
    return make_site()


@pytest.fixture
def nurse(site: Site) -> Account:
    return make_staff(Role.MONITOR, site=site)


@pytest.fixture
def doctor(site: Site) -> Account:
    return make_staff(Role.PRESCRIBER, site=site)


def _open(site: Site, kind: str = kinds.SUICIDE_POSITIVE) -> Task:
    return services.open_task(kind=kind, subject=site, site=site, by=None, at=AT)


def _who(nurse: Account) -> dict[str, Any]:
    return {"by": nurse, "at": AT, "on": TODAY}


def test_a_positive_suicide_screen_becomes_the_prescribers_within_the_hour(site: Site) -> None:
    task = _open(site)

    assert task.owner_role == Role.PRESCRIBER
    assert task.due_at - AT == timedelta(minutes=30)
    assert task.escalate_at is not None
    assert task.escalate_at - AT == timedelta(minutes=30)
    assert task.escalate_to_role == Role.MEDICAL_DIRECTOR


def test_opening_the_same_task_twice_opens_one(site: Site) -> None:
    assert _open(site) == _open(site)
    assert AuditEntry.objects.filter(action="task-opened").count() == 1
    assert OutboxEvent.objects.filter(event="task-opened").count() == 1


def test_an_unknown_kind_is_refused_with_the_known_ones(site: Site) -> None:
    with pytest.raises(InvalidValue, match="known are emergency_called, alarm_unanswered, "):
        _open(site, "tidy_up")


@pytest.mark.parametrize("code", sorted(kinds.kinds()))
def test_every_kind_escalates_to_another_role_than_its_owner(code: str) -> None:
    kind = kinds.kind_of(code)

    assert kind.owner_role != kind.escalate_to_role
    assert kind.due_after > timedelta(0)
    assert kind.escalate_after > timedelta(0)


def test_a_late_task_is_escalated_once_and_the_next_role_of_that_site_is_told(
    site: Site,
) -> None:
    here = make_staff(Role.MEDICAL_DIRECTOR, site=site)
    make_staff(Role.MEDICAL_DIRECTOR, site=make_site())
    task = _open(site)

    early = services.escalate_overdue(at=AT + timedelta(minutes=29, seconds=59))
    due = services.escalate_overdue(at=AT + timedelta(minutes=30))
    again = services.escalate_overdue(at=AT + timedelta(minutes=31))

    task.refresh_from_db()
    assert (early, due, again) == (0, 1, 0)
    assert task.escalated_at == AT + timedelta(minutes=30)
    assert list(Notice.objects.values_list("to", "template")) == [
        (here.public_id, "task-escalated")
    ]


def test_a_closed_task_is_not_escalated(site: Site, doctor: Account) -> None:
    services.complete_task(task=_open(site).public_id, **_who(doctor), outcome="Seen")

    assert services.escalate_overdue(at=AT + WEEK) == 0


def test_finishing_twice_is_once_and_cancelling_after_is_refused(
    site: Site, doctor: Account
) -> None:
    task = _open(site)
    services.complete_task(task=task.public_id, **_who(doctor), outcome="Seen by Dr")
    again = services.complete_task(task=task.public_id, **_who(doctor), outcome="Other")

    with pytest.raises(services.TaskIsClosed, match="already done at 23 Nov 2026 18:35 UTC"):
        services.cancel_task(task=task.public_id, **_who(doctor), reason="Mistake")

    assert (again.state, again.outcome) == (TaskState.DONE, "Seen by Dr")


def test_a_task_is_cancelled_only_with_a_reason(site: Site, doctor: Account) -> None:
    task = _open(site)

    with pytest.raises(InvalidValue, match="none was given"):
        services.cancel_task(task=task.public_id, **_who(doctor), reason="  ")

    task.refresh_from_db()
    assert task.state == TaskState.OPEN


def test_who_saw_an_older_version_of_a_task_changes_nothing(site: Site, doctor: Account) -> None:
    task = _open(site)
    services.take_task(task=task.public_id, **_who(doctor), seen=1)
    other = make_staff(Role.PRESCRIBER, site=site)

    with pytest.raises(StaleRow, match="you saw version 1, it is now version 2"):
        services.take_task(task=task.public_id, **_who(other), seen=1)

    task.refresh_from_db()
    assert task.owner == doctor.public_id


@pytest.mark.parametrize(
    "role", [Role.FRONT_DESK, Role.MONITOR, Role.CUSTODIAN, Role.ADMINISTRATOR]
)
def test_nobody_of_another_role_takes_finishes_or_cancels_a_task_about_suicide(
    site: Site, role: Role
) -> None:
    task, person = _open(site), make_staff(role, site=site)
    steps: list[Any] = [
        lambda who: services.take_task(**who),
        lambda who: services.complete_task(**who, outcome="Seen"),
        lambda who: services.cancel_task(**who, reason="Not needed"),
    ]

    for step in steps:
        with pytest.raises(Forbidden) as refused:
            step({"task": task.public_id, **_who(person)})
        assert refused.value.decision.codes == ("TASK_OF_ANOTHER_ROLE",)

    task.refresh_from_db()
    assert (task.state, task.owner) == (TaskState.OPEN, None)


@pytest.mark.parametrize("role", [Role.PRESCRIBER, Role.MEDICAL_DIRECTOR])
def test_who_owns_a_task_or_hears_of_it_finishes_it(site: Site, role: Role) -> None:
    done = services.complete_task(
        task=_open(site).public_id, **_who(make_staff(role, site=site)), outcome="Seen"
    )

    assert done.state == TaskState.DONE


@pytest.mark.parametrize("role", [Role.MONITOR, Role.PRESCRIBER, Role.MEDICAL_DIRECTOR])
def test_any_clinician_finishes_a_monitors_task(site: Site, role: Role) -> None:
    done = services.complete_task(
        task=_open(site, "follow_up").public_id,
        **_who(make_staff(role, site=site)),
        outcome="Called",
    )

    assert done.state == TaskState.DONE


def test_a_task_is_finished_only_by_saying_what_was_done(site: Site, doctor: Account) -> None:
    task = _open(site)

    with pytest.raises(InvalidValue, match="nothing was said"):
        services.complete_task(task=task.public_id, **_who(doctor), outcome=" ")

    task.refresh_from_db()
    assert task.state == TaskState.OPEN


def test_the_list_offers_a_task_only_to_who_may_end_it(
    client: Client, site: Site, nurse: Account
) -> None:
    task = _open(site)
    client.force_login(nurse)
    page = reverse("work:close", kwargs={"task": task.public_id})

    listed = client.get(reverse("work:tasks")).content.decode()

    assert "Suicide screen positive: assess now" in listed
    assert page not in listed
    assert client.get(page).status_code == 403


def test_a_person_of_another_site_cannot_touch_the_task(site: Site) -> None:
    stranger = make_staff(Role.MONITOR, site=make_site())

    with pytest.raises(Forbidden):
        services.take_task(task=_open(site).public_id, **_who(stranger))


def test_the_list_shows_late_ones_and_a_form_finishes_them(
    client: Client, site: Site, doctor: Account
) -> None:
    task = _open(site)
    client.force_login(doctor)
    page = reverse("work:close", kwargs={"task": task.public_id})

    listed = client.get(reverse("work:tasks")).content.decode()
    empty = client.post(page, {"outcome": "", "seen": task.row_version})
    client.post(reverse("work:take", kwargs={"task": task.public_id}))
    stale = client.post(page, {"outcome": "Done", "seen": 1})
    done = client.post(page, {"outcome": "Done", "seen": 2})

    assert "Suicide screen positive: assess now" in listed
    assert (empty.status_code, stale.status_code, done.status_code) == (422, 409, 302)
    assert "changed on another screen" in stale.content.decode()
    assert queries.open_tasks(site=site.public_id, at=AT) == []


def test_a_task_is_overdue_after_its_time(site: Site) -> None:
    _open(site)

    on_time, late = (
        queries.open_tasks(site=site.public_id, at=AT + timedelta(minutes=minutes))[0]
        for minutes in (30, 31)
    )

    assert (on_time.overdue, late.overdue) == (False, True)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"state": "asleep", "closed_at": AT}, "task_state_is_known"),
        ({"state": "done"}, "a_closed_task_says_when"),
        ({"closed_at": AT}, "a_closed_task_says_when"),
    ],
)
def test_constraints_of_a_task(site: Site, changes: dict[str, object], constraint: str) -> None:
    task = _open(site)

    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(**changes)
