"""What a patient's chart shows: everything known, newest first, each thing one click away."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from afterglow.apps.consent.queries import ConsentLine, consents_of
from afterglow.apps.courses.models import Course
from afterglow.apps.courses.queries import courses_of, is_approved
from afterglow.apps.courses.words import PHASE
from afterglow.apps.documents.models import Document
from afterglow.apps.people import queries as people
from afterglow.apps.people.models import (
    Allergy,
    CareTeamMember,
    CurrentMedicine,
    Patient,
)
from afterglow.apps.people.words import CARE_TEAM_ROLE, SEVERITY, SEX
from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.scheduling.queries import appointments_of
from afterglow.apps.scheduling.words import CHIP as BOOKING_CHIP
from afterglow.apps.scheduling.words import STATE as BOOKING_STATE
from afterglow.apps.visits import slots, words
from afterglow.apps.visits.board import session_url
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.work.models import Task, TaskState
from afterglow.core.medicines import classes

Words = str | Promise


@dataclass(frozen=True, slots=True)
class MedicineLine:
    """A current medicine with its class and what the class means on the day."""

    medicine: CurrentMedicine
    class_name: str
    note: str
    uncounted: bool


@dataclass(frozen=True, slots=True)
class CourseLine:
    """A course with the words of its phase, and whether its protocol is approved."""

    course: Course
    phase: Words
    approved: bool
    order_url: str


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One visit."""

    session: TreatmentSession
    state: Words
    chip: str
    ending: str
    url: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One patient's chart at a moment."""

    patient: Patient
    sex: Words
    same_names: list[Patient]
    allergies: list[tuple[Allergy, Words]]
    medicines: list[MedicineLine]
    diazepam: people.DiazepamEquivalent
    team: list[tuple[CareTeamMember, Words]]
    courses: list[CourseLine]
    consents: list[ConsentLine]
    appointments: list[tuple[Appointment, Words, str]]
    orders: list[slots.OrderLine]
    sessions: list[SessionLine]
    tasks: list[Task]
    documents: list[Document]


def chart(patient: Patient, *, at: dt.datetime) -> Chart:
    """Gather a patient's chart."""
    today = patient.home_site.local_date(at)
    diazepam = people.diazepam_equivalent(patient)
    return Chart(
        patient=patient,
        sex=SEX[patient.sex_at_birth],
        same_names=people.same_names(patient),
        allergies=[(row, SEVERITY[row.severity]) for row in people.active_allergies(patient)],
        medicines=[_medicine(row, diazepam) for row in people.active_medicines(patient)],
        diazepam=diazepam,
        team=[(row, CARE_TEAM_ROLE[row.role]) for row in people.care_team_of(patient, on=today)],
        courses=[_course(row, at) for row in courses_of(patient)],
        consents=consents_of(patient, on=today),
        appointments=[
            (row, BOOKING_STATE[row.state], BOOKING_CHIP[row.state])
            for row in appointments_of(patient, at=at)
        ],
        orders=list(slots.orders_of(patient)),
        sessions=[_session(row) for row in sessions_of(patient)],
        tasks=list(
            Task.objects.filter(patient=patient.public_id, state=TaskState.OPEN).order_by("due_at")
        ),
        documents=list(
            Document.objects.filter(patient=patient.public_id).defer("content").order_by("-at")[:50]
        ),
    )


def sessions_of(patient: Patient) -> list[TreatmentSession]:
    """Return a patient's sessions, newest first."""
    return list(
        TreatmentSession.objects.filter(patient=patient)
        .select_related("site", "room", "clinician", "patient", "protocol")
        .order_by("-checked_in_at", "-pk")
    )


def _medicine(row: CurrentMedicine, diazepam: people.DiazepamEquivalent) -> MedicineLine:
    known = classes.shipped().classes.get(row.drug_class)
    return MedicineLine(
        row,
        known.name if known else "",
        known.note if known else "",
        row.name in diazepam.uncounted,
    )


def _course(row: Course, at: dt.datetime) -> CourseLine:
    return CourseLine(
        row,
        PHASE[row.phase],
        is_approved(row.protocol, at=at),
        _url("treatment:order-new", row.public_id),
    )


def _session(row: TreatmentSession) -> SessionLine:
    return SessionLine(
        row,
        words.STATE[row.state],
        words.CHIP[row.state],
        words.ending_words(row.ending),
        session_url(row),
    )


def _url(name: str, subject: UUID) -> str:
    try:
        return reverse(name, args=[subject])
    except NoReverseMatch:
        return ""
