"""Courses and consents: accepted by a prescriber, signed by name, withdrawn at once."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from afterglow.apps.accounts.policies import Forbidden
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.consent import queries as consents
from afterglow.apps.consent import services as consent
from afterglow.apps.consent.models import Consent, SignatureMethod
from afterglow.apps.consent.services import NameDiffers
from afterglow.apps.courses import services
from afterglow.apps.courses.models import Course
from afterglow.apps.courses.outcomes import CourseDone, CourseRefused
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.definitions.services import definition_of, sync_definitions
from afterglow.apps.medicines.models import Product
from afterglow.apps.medicines.services import sync_medicines
from afterglow.core.courses.phases import CourseAction, CoursePhase
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Role
from factories import AT, TODAY, CourseFactory, staff

pytestmark = pytest.mark.django_db


def screening() -> Course:
    made: Course = CourseFactory.create(
        phase=CoursePhase.SCREENING, accepted_at=None, accepted_by=None, prescriber=None
    )
    return made


def test_a_prescriber_accepts_with_a_reason_for_what_is_missing() -> None:
    course = screening()
    doctor = staff(Role.PRESCRIBER, site=course.site)
    ask: dict[str, Any] = {"course": course.public_id, "seen": 1, "by": doctor, "at": AT}

    refused = services.accept_course(eligible=False, **ask)
    assert isinstance(refused, CourseRefused)
    assert set(refused.decision.codes) == {"ELIGIBILITY_NOT_DECIDED", "OUTSIDE_CLINICIAN_MISSING"}
    assert AuditEntry.objects.filter(action="course-acceptance-refused").exists()

    done = services.accept_course(eligible=True, override_reason="No therapist nearby", **ask)
    assert isinstance(done, CourseDone)
    assert done.course.phase == CoursePhase.FOUNDATION
    assert done.course.accepted_by == doctor
    assert done.course.phase_changes.get().to_phase == CoursePhase.FOUNDATION


def test_a_nurse_does_not_accept() -> None:
    course = screening()

    with pytest.raises(Forbidden):
        services.accept_course(
            course=course.public_id,
            seen=1,
            eligible=True,
            by=staff(Role.MONITOR, site=course.site),
            at=AT,
        )


def test_pausing_and_closing_say_why() -> None:
    course = CourseFactory.create()
    ask: dict[str, Any] = {
        "course": course.public_id,
        "by": staff(Role.PRESCRIBER, site=course.site),
        "at": AT,
    }
    with pytest.raises(InvalidValue, match="Say why"):
        services.pause_course(seen=1, reason=" ", **ask)

    assert services.pause_course(seen=1, reason="Surgery", **ask).is_paused
    assert not services.resume_course(seen=2, reason="Well again", **ask).is_paused
    closed = services.change_phase(seen=3, action=CourseAction.CLOSE, reason="Moved away", **ask)
    assert closed.phase == CoursePhase.CLOSED
    assert closed.phase_changes.count() == 3


def test_the_database_refuses_half_an_acceptance_and_an_unknown_phase() -> None:
    course = Course.objects.filter(pk=CourseFactory.create().pk)

    with pytest.raises(IntegrityError, match="says_who_and_when"), transaction.atomic():
        course.update(accepted_by=None)
    with pytest.raises(IntegrityError, match="course_phase_is_known"), transaction.atomic():
        course.update(phase="x")


def test_a_consent_is_signed_by_name_holds_a_year_and_is_withdrawn_at_once() -> None:
    sync_definitions(at=AT)
    course = CourseFactory.create(patient__given_name="José", patient__family_name="García")
    nurse = staff(Role.MONITOR, site=course.site)
    text = definition_of(DefinitionKind.CONSENT_TEXT, "iv_ketamine", AT)
    sign: dict[str, Any] = {
        "key": uuid4(),
        "course": course.public_id,
        "text": text.public_id,
        "method": SignatureMethod.ON_SCREEN,
        "signed_at": AT,
        "by": nurse,
        "at": AT,
    }
    assert isinstance(consent.record_consent(signed_name="Somebody Else", **sign), NameDiffers)
    assert Consent.objects.count() == 0

    signed = consent.record_consent(signed_name="jose garcia", **sign)
    again = consent.record_consent(signed_name="jose garcia", **sign)
    assert signed == again
    assert consents.in_force(course, on=TODAY + dt.timedelta(days=365)) == signed
    assert consents.in_force(course, on=TODAY + dt.timedelta(days=366)) is None

    consent.withdraw_consent(consent=signed.public_id, by=nurse, at=AT)
    consent.withdraw_consent(consent=signed.public_id, by=nurse, at=AT)
    assert consents.in_force(course, on=TODAY) is None
    assert AuditEntry.objects.filter(action="consent-withdrawn").count() == 1


def test_a_signature_in_the_future_or_without_a_name_is_refused() -> None:
    sync_definitions(at=AT)
    course = CourseFactory.create()
    text = definition_of(DefinitionKind.CONSENT_TEXT, "iv_ketamine", AT)
    sign: dict[str, Any] = {
        "course": course.public_id,
        "text": text.public_id,
        "method": SignatureMethod.PAPER,
        "by": staff(Role.MONITOR, site=course.site),
        "at": AT,
    }
    with pytest.raises(InvalidValue, match="lies in the future"):
        consent.record_consent(
            key=uuid4(), signed_name="x", signed_at=AT + dt.timedelta(hours=1), **sign
        )
    with pytest.raises(InvalidValue, match="is empty"):
        consent.record_consent(key=uuid4(), signed_name=" ", signed_at=AT, **sign)


def test_products_are_synced_twice_and_made_once_with_their_tags() -> None:
    first = sync_medicines(at=AT)
    again = sync_medicines(at=AT)

    assert first.added
    assert (again.added, again.changed) == ((), ())
    midazolam = Product.objects.get(key="midazolam-1-2")
    assert midazolam.is_sedative
    assert midazolam.prn_doses[0]["dose_low"]["status"] == "GK"
