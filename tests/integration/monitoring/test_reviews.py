"""What could not be charted waits for a person, who says whose it is."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.devices.models import DeviceKind
from afterglow.apps.devices.services import DeviceWords, register_device
from afterglow.apps.monitoring import queries, services
from afterglow.apps.monitoring.models import ReviewItem, ReviewState, VitalSign
from afterglow.apps.monitoring.services.reviews import Settled
from afterglow.apps.work.models import Task, TaskState
from afterglow.core.permission import Forbidden
from afterglow.core.roles import Role
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.db.models import StaleRow
from factories import DeviceFactory, SiteFactory, staff
from support.clinic_messages import SPO2, Bed, arrive, bed, later, oru

pytestmark = pytest.mark.django_db


def parked(here: Bed) -> ReviewItem:
    """A message of a monitor after it was released."""
    services.release_devices(session=here.session.public_id, by=here.clinician, at=later(4))
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1"), at=later(5))
    return ReviewItem.objects.get()


def test_assigning_charts_the_reading_with_its_own_times_and_says_who_did_it() -> None:
    here = bed()
    item = parked(here)

    done = services.assign_review(
        item=item.public_id, session=here.session.public_id, by=here.clinician, at=later(9)
    )

    assert isinstance(done, Settled)
    sign = VitalSign.objects.get()
    assert (sign.taken_at, sign.arrived_at, sign.session) == (later(5), later(5), here.session)
    item.refresh_from_db()
    assert (item.state, item.settled_by) == (ReviewState.ASSIGNED, here.clinician)
    assert AuditEntry.objects.filter(action="review-item-assigned").exists()


def test_a_second_assignment_charts_nothing_more() -> None:
    here = bed()
    item = parked(here)
    call = {"item": item.public_id, "session": here.session.public_id, "by": here.clinician}
    services.assign_review(**call, at=later(9))

    again = services.assign_review(**call, at=later(10))

    assert isinstance(again, services.Refused)
    assert again.decision.codes == ("REVIEW_IS_SETTLED",)
    assert VitalSign.objects.count() == 1


def test_two_people_at_two_screens_settle_it_once() -> None:
    here = bed()
    item = parked(here)

    with pytest.raises(StaleRow):
        services.reject_review(
            item=item.public_id, reason="test set", by=here.clinician, at=later(9), seen=99
        )


def test_a_rejection_needs_a_reason_and_keeps_the_message() -> None:
    here = bed()
    item = parked(here)

    refused = services.reject_review(
        item=item.public_id, reason=" ", by=here.clinician, at=later(9)
    )
    done = services.reject_review(
        item=item.public_id, reason="Monitor was being tested", by=here.clinician, at=later(9)
    )

    assert isinstance(refused, services.Refused)
    assert isinstance(done, Settled)
    assert done.item.state == ReviewState.REJECTED
    assert bytes(ReviewItem.objects.get().message.content)


def test_a_device_must_be_registered_before_its_message_is_charted() -> None:
    here = bed()
    stranger = DeviceFactory.build(eui64="0011AAFFFE99AA99")
    arrive(oru(stranger, {SPO2: "97"}, at=later(5), control_id="1"), at=later(5))
    item = ReviewItem.objects.get()
    call = {"item": item.public_id, "session": here.session.public_id, "by": here.clinician}

    before = services.assign_review(**call, at=later(6))
    register_device(
        site=here.session.site.public_id,
        words=DeviceWords(DeviceKind.MONITOR, "Spare", "00-11-AA-FF-FE-99-AA-99"),
        by=staff(Role.ADMINISTRATOR),
        at=later(7),
    )
    after = services.assign_review(**call, at=later(8))

    assert isinstance(before, services.Refused)
    assert before.decision.codes == ("MESSAGE_DEVICE_UNKNOWN",)
    assert isinstance(after, Settled)
    assert after.readings == 1


def test_a_signed_session_takes_no_parked_message() -> None:
    here = bed()
    item = parked(here)
    type(here.session).objects.filter(pk=here.session.pk).update(state=SessionState.SIGNED)

    with pytest.raises(services.RecordLocked):
        services.assign_review(
            item=item.public_id, session=here.session.public_id, by=here.clinician, at=later(9)
        )


def test_the_front_desk_may_not_settle_a_message() -> None:
    here = bed()
    item = parked(here)

    with pytest.raises(Forbidden):
        services.reject_review(
            item=item.public_id, reason="x", by=staff(Role.FRONT_DESK), at=later(9)
        )


def test_a_stranger_that_sends_all_day_is_one_line_of_the_queue() -> None:
    here = bed()
    stranger = DeviceFactory.build(eui64="0011AAFFFE99AA99")
    for minute in range(5):
        raw = oru(stranger, {SPO2: "97"}, at=later(minute), control_id=str(minute))
        arrive(raw, at=later(minute))

    [group] = queries.open_reviews([here.session.site])

    assert (group.count, group.oldest_at) == (5, later(0))


def test_the_pages_show_the_message_and_settle_it(client: Client) -> None:
    here = bed()
    item = parked(here)
    client.force_login(here.clinician, backend="django.contrib.auth.backends.ModelBackend")

    queue = client.get(reverse("monitoring:reviews"))
    page = client.get(reverse("monitoring:review", args=[item.public_id]))
    blank = client.post(reverse("monitoring:assign-review", args=[item.public_id]), {})
    done = client.post(
        reverse("monitoring:assign-review", args=[item.public_id]),
        {"session": str(here.session.public_id), "seen": "1"},
    )
    twice = client.post(
        reverse("monitoring:reject-review", args=[item.public_id]), {"reason": "late"}
    )

    assert queue.status_code == page.status_code == 200
    assert b"MSH-10" in page.content
    assert AuditEntry.objects.filter(
        action="review-item-read", by=here.clinician.public_id
    ).exists()
    assert blank.status_code == 422
    assert done.status_code == 302
    assert twice.status_code == 409
    assert VitalSign.objects.count() == 1


def queue_tasks() -> list[Task]:
    return list(Task.objects.filter(kind="review_message").order_by("opened_at", "pk"))


def test_a_parked_message_is_a_task_with_a_clock_until_the_devices_queue_is_empty() -> None:
    here = bed()
    first = parked(here)
    arrive(oru(here.monitor, {SPO2: "96"}, at=later(6), control_id="2"), at=later(6))
    second = ReviewItem.objects.exclude(pk=first.pk).get()

    (task,) = queue_tasks()
    assert (task.subject, task.site) == (here.monitor.public_id, here.session.site.public_id)
    assert task.owner_role == Role.MONITOR
    assert task.due_at > task.opened_at == later(5)

    reject = {"reason": "Monitor was being tested", "by": here.clinician}
    services.reject_review(item=first.public_id, at=later(9), **reject)
    task.refresh_from_db()
    assert task.state == TaskState.OPEN

    services.reject_review(item=second.public_id, at=later(10), **reject)
    task.refresh_from_db()
    assert (task.state, task.closed_by) == (TaskState.DONE, here.clinician.public_id)

    arrive(oru(here.monitor, {SPO2: "95"}, at=later(11), control_id="3"), at=later(11))
    assert [each.state for each in queue_tasks()] == [TaskState.DONE, TaskState.OPEN]


def test_a_message_of_a_device_that_nobody_knows_is_a_task_at_every_site() -> None:
    here = bed()
    elsewhere = SiteFactory.create()
    stranger = DeviceFactory.build(eui64="0011AAFFFE99AA99")
    for number in (1, 2):
        arrive(oru(stranger, {SPO2: "97"}, at=later(5), control_id=f"{number}"), at=later(5))

    assert {task.site for task in queue_tasks()} == {
        here.session.site.public_id,
        elsewhere.public_id,
    }

    for item in ReviewItem.objects.all():
        services.reject_review(
            item=item.public_id, reason="A loan", by=staff(Role.MONITOR), at=later(9)
        )
    assert {task.state for task in queue_tasks()} == {TaskState.DONE}
