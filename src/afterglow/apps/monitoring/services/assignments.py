"""Which device serves which session: assigned with the room, released at discharge."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts.models import Account
from afterglow.apps.devices.models import Device, DevicePlacement
from afterglow.apps.monitoring.facts import WATCHED
from afterglow.apps.monitoring.models import DeviceAssignment
from afterglow.apps.monitoring.outcomes import Refused
from afterglow.apps.monitoring.services import common
from afterglow.apps.monitoring.services.alarms import judge
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Severity
from afterglow.core.reason_codes import declare
from afterglow.core.roles import Action
from afterglow.core.treatment.lifecycles import SessionState

DEVICE_SERVES_ANOTHER_SESSION = declare(
    "DEVICE_SERVES_ANOTHER_SESSION",
    Severity.BLOCKER,
    "{seen} still serves another session of today. Release it there first.",
    subject="monitoring",
)
DEVICE_NOT_IN_USE = declare(
    "DEVICE_NOT_IN_USE", Severity.BLOCKER, "{seen} is out of use.", subject="monitoring"
)
DEVICE_AT_ANOTHER_SITE = declare(
    "DEVICE_AT_ANOTHER_SITE",
    Severity.BLOCKER,
    "{seen} belongs to {limit}.",
    subject="monitoring",
)
SESSION_IS_OVER = declare(
    "SESSION_IS_OVER",
    Severity.BLOCKER,
    "The session is {seen}; a device serves a patient who is here.",
    subject="monitoring",
)


@transaction.atomic
def assign_device(
    *, device: UUID, session: UUID, by: Account | None, at: datetime
) -> DeviceAssignment | Refused:
    """Let a device's readings go to a session from now on.

    A device that still serves a patient who is here is refused: a reading must never reach two
    charts, or the wrong one. One whose last session is over is released and taken. Assigning
    twice changes nothing. Raises Forbidden, RecordLocked or DoesNotExist.
    """
    _lock_whom_they_serve([device], session, at=at)
    row = common.lock_session(session, action=Action.CHART, by=by, at=at)
    done = _assign(row, device, by=by, at=at)
    judge([row], at=at)
    return done


def _assign(
    row: TreatmentSession, device: UUID, *, by: Account | None, at: datetime
) -> DeviceAssignment | Refused:
    found = Device.objects.select_for_update().select_related("site").get(public_id=device)
    current = (
        DeviceAssignment.objects.filter(device=found, during__contains=at)
        .select_related("session", "session__site")
        .first()
    )
    if current is not None and current.session_id == row.pk:
        return current
    is_taken = current is not None and current.session.state in WATCHED
    decision = Decision.from_reasons(
        DEVICE_NOT_IN_USE.reason(seen=found.name) if not found.is_active else None,
        DEVICE_AT_ANOTHER_SITE.reason(seen=found.name, limit=found.site.name)
        if found.site_id != row.site_id
        else None,
        SESSION_IS_OVER.reason(seen=SessionState(row.state).value.replace("_", " "))
        if row.state not in WATCHED
        else None,
        DEVICE_SERVES_ANOTHER_SESSION.reason(seen=found.name) if is_taken else None,
    )
    if decision.refused:
        if by is None:
            return Refused(decision)
        return common.refuse(
            "device-assignment", session=row, subject=found, decision=decision, by=by, at=at
        )
    if current is not None:
        _release(current, by=by, at=at, reason="taken for the next session")
    assignment = DeviceAssignment.objects.create(
        device=found, session=row, during=DateTimeTZRange(at, None), assigned_by=by
    )
    common.tell(
        "device-assigned",
        session=row,
        subject=assignment,
        by=by,
        at=at,
        on_board=True,
        detail={"device": str(found.public_id)},
    )
    return assignment


def _lock_whom_they_serve(devices: Iterable[UUID], session: UUID, *, at: datetime) -> None:
    """Lock a session and those that some devices serve now, in the order of their keys.

    Whoever ends an assignment holds its session's lock: charting relies on it (``before``).
    """
    serving = DeviceAssignment.objects.filter(
        device__public_id__in=list(devices), during__contains=at
    )
    keys = {*serving.values_list("session_id", flat=True)}
    keys |= {*TreatmentSession.objects.filter(public_id=session).values_list("pk", flat=True)}
    common.lock_sessions(keys)


@transaction.atomic
def assign_devices_of_room(
    *, session: UUID, by: Account | None, at: datetime
) -> tuple[DeviceAssignment | Refused, ...]:
    """Assign every device that stands in the session's room; call it when a room is chosen.

    Devices of the session that stand elsewhere are released. A session without a room gets none.
    """
    room = TreatmentSession.objects.filter(public_id=session).values("room")
    standing = Device.objects.filter(
        placements__room__in=room, placements__during__contains=at, is_active=True
    )
    _lock_whom_they_serve(standing.values_list("public_id", flat=True), session, at=at)
    row = common.lock_session(session, action=Action.CHART, by=by, at=at)
    here = DevicePlacement.objects.filter(
        room=row.room_id, during__contains=at, device__is_active=True
    )
    devices = dict(here.order_by("pk").values_list("device_id", "device__public_id"))
    elsewhere = DeviceAssignment.objects.filter(session=row, during__contains=at).exclude(
        device__in=devices
    )
    for assignment in elsewhere.select_related("device", "session", "session__site"):
        _release(assignment, by=by, at=at, reason="the session moved to another room")
    done = tuple(_assign(row, public_id, by=by, at=at) for public_id in devices.values())
    # Judged once all are assigned: between two of them, the second is not one that serves nobody.
    judge([row], at=at)
    return done


@transaction.atomic
def release_devices(
    *, session: UUID, by: Account | None, at: datetime, reason: str = "discharge"
) -> int:
    """Release every device of a session; return how many. Safe to repeat.

    Raises Forbidden or DoesNotExist. What a device sends from now on waits for a person.
    """
    row = common.lock_session(session, action=Action.CHART, by=by, at=at)
    serving = DeviceAssignment.objects.filter(session=row, during__contains=at)
    released = 0
    for assignment in serving.select_for_update(of=("self",)).select_related("device"):
        assignment.session = row
        _release(assignment, by=by, at=at, reason=reason)
        released += 1
    return released


@transaction.atomic
def release_stale_devices(*, at: datetime) -> int:
    """Release devices whose session is over: nobody is in the chair. Called as time passes."""
    stale = (
        DeviceAssignment.objects.filter(during__contains=at)
        .exclude(session__state__in=WATCHED)
        .values_list("session_id", flat=True)
    )
    released = 0
    for session in common.lock_sessions(stale).values():
        rows = DeviceAssignment.objects.filter(session=session, during__contains=at)
        for assignment in rows.select_for_update(of=("self",)).select_related("device"):
            assignment.session = session
            _release(assignment, by=None, at=at, reason="the session is over")
            released += 1
    return released


def _release(
    assignment: DeviceAssignment, *, by: Account | None, at: datetime, reason: str
) -> None:
    session: TreatmentSession = assignment.session
    begins = assignment.during.lower
    # An assignment made and ended in one instant still has a beginning and an end.
    assignment.during = DateTimeTZRange(begins, max(at, begins), "[]" if at <= begins else "[)")
    assignment.released_by, assignment.release_reason = by, reason[:60]
    assignment.save(update_fields=["during", "released_by", "release_reason"])
    common.tell(
        "device-released",
        session=session,
        subject=assignment,
        by=by,
        at=at,
        on_board=True,
        detail={"device": str(assignment.device.public_id), "reason": reason[:60]},
    )
