"""Check a patient in, and write down what they said and showed at the door."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.events.services import publish
from afterglow.apps.monitoring.services import assign_devices_of_room
from afterglow.apps.people.models import CurrentMedicine
from afterglow.apps.places.models import Room
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.treatment.models import CheckIn, MedicineToday, Recovery
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.services.acting import cannot_watch, lock_session, refuse, tell
from afterglow.apps.treatment.services.tasks import (
    SUICIDE_ASKED,
    is_assessment,
    open_suicide_task,
    standing_answers,
    stands,
)
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
from afterglow.core.errors import InvalidValue
from afterglow.core.medicines import classes
from afterglow.core.roles import Action
from afterglow.core.scheduling.appointments import (
    APPOINTMENT,
    AppointmentAction,
    AppointmentState,
)
from afterglow.core.treatment.lifecycles import BEFORE_START, SessionState
from afterglow.core.treatment.saying import day as said_day

ANSWERS = frozenset(
    field.name
    for field in CheckIn._meta.get_fields()
    if field.concrete
    and field.name not in {"id", "public_id", "row_version", "session"}
    and not field.name.endswith("_by")
)
"""What a person may answer; who did it follows from who is signed in."""


@transaction.atomic
def check_in(*, appointment: UUID, by: Account, at: datetime) -> Done[TreatmentSession] | Refused:
    """Open the session of an appointment. Checking in twice finds the same session.

    The session keeps the protocol version of its course, and its date at the site, for ever.
    Refuses an appointment of another day. Raises IllegalTransition for one that was cancelled or
    missed.
    """
    booked = (
        Appointment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("site", "course__protocol", "room", "clinician", "patient")
        .get(public_id=appointment)
    )
    policies.check(Action.CHECK_IN, by=by, site=booked.site, on=booked.site.local_date(at))
    if existing := TreatmentSession.objects.filter(appointment=booked).first():
        return Done(existing, Decision(), repeated=True)
    day, today = booked.site.local_date(booked.during.lower), booked.site.local_date(at)
    if day != today:
        return _of_another_day(booked, day, today, by=by, at=at)
    if booked.state != AppointmentState.ARRIVED:  # the front desk may have said so already
        booked.state = APPOINTMENT.step(AppointmentState(booked.state), AppointmentAction.ARRIVE)
    booked.state = APPOINTMENT.step(AppointmentState(booked.state), AppointmentAction.BEGIN_SESSION)
    booked.save_version()
    session = TreatmentSession.objects.create(
        site=booked.site,
        patient=booked.patient,
        course=booked.course,
        appointment=booked,
        protocol=booked.course.protocol,
        room=booked.room,
        clinician=booked.clinician,
        local_date=booked.site.local_date(at),
        checked_in_at=at,
        checked_in_by=by,
    )
    CheckIn.objects.create(session=session)
    Recovery.objects.create(session=session)
    assign_devices_of_room(session=session.public_id, by=by, at=at)
    tell("patient-checked-in", session=session, subject=session, by=by, at=at)
    return Done(session, Decision())


def _of_another_day(
    booked: Appointment, day: date, today: date, *, by: Account, at: datetime
) -> Refused:
    why = blocker(
        "APPOINTMENT_OF_ANOTHER_DAY",
        f"This appointment is on {said_day(day)}; today is {said_day(today)}. "
        "Move it to today first.",
        seen=said_day(day),
        limit=said_day(today),
    )
    audit.record(
        "check-in-refused",
        subject=booked,
        by=by,
        at=at,
        site=booked.site,
        patient=booked.patient,
        detail={"codes": [why.code], "seen": why.seen},
    )
    publish(
        "check-in-refused",
        topic=booked.site.public_id,
        subject=booked.public_id,
        site=booked.site.public_id,
        at=at,
    )
    return Refused(Decision((why,)))


@transaction.atomic
def save_check_in(
    *,
    session: UUID,
    answers: Mapping[str, Any],
    seen_version: int,
    by: Account,
    at: datetime,
) -> Done[CheckIn]:
    """Save some check-in answers. Raises StaleRow when another tablet saved in between.

    Who identified the patient and who assessed for suicide follow from who saves it. A positive
    answer about suicide opens an owned task at once, whatever else was answered; it is not taken
    back: a later "no" leaves it as it was, and ``decision`` says so.
    """
    row = lock_session(session, action=Action.CHECK_IN, by=by, at=at)
    if unknown := sorted(set(answers) - ANSWERS):
        raise ValueError(f"{', '.join(unknown)} is not a check-in answer.")
    check = CheckIn.objects.select_for_update(of=("self",), no_key=True).get(session=row)
    before = {name: getattr(check, name) for name in answers}
    standing = standing_answers(check, answers)
    changed = {
        name: value
        for name, value in answers.items()
        if before[name] != value and name not in standing
    }
    assessed = is_assessment(answers, changed, session=row)
    for name, value in changed.items():
        setattr(check, name, value)
    if "identifiers" in changed:
        check.identified_by, check.identified_at = by, at
    if any(changed.get(name) is not None for name in SUICIDE_ASKED):
        check.suicide_asked_at = at
    if assessed:
        done = check.suicide_level != SuicideScreen.NOT_DONE
        check.suicide_assessed_by = by if done else None
        check.suicide_assessed_at = at if done else None
        check.suicide_asked_at = check.suicide_asked_at or at
    check.save_version(seen=seen_version)
    if _suicide_positive(check):
        open_suicide_task(session=row, subject=check, at=at)
    tell(
        "check-in-saved",
        session=row,
        subject=check,
        by=by,
        at=at,
        detail={
            name: [_plain(before[name]), _plain(value)]
            for name, value in changed.items()
            if not isinstance(value, str) or len(value) <= _CODE
        }
        | ({"standing": list(standing)} if standing else {}),
    )
    return Done(check, Decision.from_reasons(stands(standing)))


OTHER_CLASS = "other"
"""A medicine that is of none of the listed classes, as somebody looked it up."""

_CODE = 20
"""Codes are short; the words of a chart stay in the chart."""


def _suicide_positive(check: CheckIn) -> bool:
    rules = rules_of(check.session.protocol_id).session
    item9 = check.phq9_item9 is not None and check.phq9_item9 >= rules.suicide_item9_positive_from
    found = check.suicide_level not in (SuicideScreen.NOT_DONE, SuicideScreen.NONE)
    return item9 or found or bool(check.suicide_statement_positive)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | list):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@transaction.atomic
def record_medicine_today(
    *,
    session: UUID,
    name: str,
    taken_at: datetime | None,
    by: Account,
    at: datetime,
    medicine: UUID | None = None,
    drug_class: str = "",
    dose: str = "",
) -> Done[MedicineToday]:
    """Record that a medicine was taken today, or held (``taken_at`` None). The last one counts.

    The class of a name that the list knows is the list's, always; ``drug_class`` is used only for
    a name it does not know: one of its classes, or ``OTHER_CLASS`` when it is of none. A medicine
    taken today whose class nobody gave leaves the day's questions unanswered. Raises InvalidValue
    for a class that does not exist.
    """
    row = lock_session(session, action=Action.CHECK_IN, by=by, at=at)
    listed = (
        CurrentMedicine.objects.get(public_id=medicine, patient=row.patient) if medicine else None
    )
    earlier = MedicineToday.objects.filter(
        session=row, name__iexact=listed.name if listed else name, replaced_by__isnull=True
    ).first()
    drug_class = _class_of(listed.name if listed else name, listed, drug_class)
    said = (taken_at, dose, drug_class)
    if earlier is not None and said == (earlier.taken_at, earlier.dose, earlier.drug_class):
        return Done(earlier, Decision(), repeated=True)
    answer = MedicineToday.objects.create(
        session=row,
        medicine=listed,
        name=listed.name if listed else name,
        drug_class=drug_class,
        taken_at=taken_at,
        dose=dose,
        by=by,
        at=at,
        replaces=earlier,
    )
    tell("medicine-today-recorded", session=row, subject=answer, by=by, at=at)
    return Done(answer, Decision())


def _class_of(name: str, listed: CurrentMedicine | None, given: str) -> str:
    shipped = classes.shipped()
    if known := shipped.known(name):
        return known.drug_class.code
    chosen = (listed.drug_class if listed else "") or given
    if chosen and chosen != OTHER_CLASS and chosen not in shipped.classes:
        raise InvalidValue(
            "There is no drug class '%(chosen)s'.",
            chosen=chosen,
        )
    return chosen


@transaction.atomic
def assign_place(
    *, session: UUID, room: UUID, clinician: UUID, seen_version: int, by: Account, at: datetime
) -> Done[TreatmentSession] | Refused:
    """Give the session a room and the one clinician who will watch. Only before the start."""
    row = lock_session(session, action=Action.CHECK_IN, by=by, at=at)
    if SessionState(row.state) not in BEFORE_START:
        why = blocker(
            "SESSION_NOT_IN_STATE",
            "Room and clinician are chosen before the start; afterwards hand the patient over.",
            seen=str(row.state),
            limit=", ".join(each for each in SessionState if each in BEFORE_START),
        )
        return refuse("assign-place", session=row, decision=Decision((why,)), by=by, at=at)
    chosen = Account.objects.get(public_id=clinician)
    place = Room.objects.get(public_id=room, site=row.site)
    if (row.room, row.clinician) == (place, chosen):
        return Done(row, Decision(), repeated=True)
    if (unfit := cannot_watch(chosen, session=row, at=at)) is not None:
        return refuse("assign-place", session=row, decision=unfit, by=by, at=at)
    row.room, row.clinician = place, chosen
    row.save_version(seen=seen_version)
    assign_devices_of_room(session=row.public_id, by=by, at=at)
    tell(
        "place-assigned",
        session=row,
        subject=row,
        by=by,
        at=at,
        detail={"room": str(room), "clinician": str(clinician)},
    )
    return Done(row, Decision())
