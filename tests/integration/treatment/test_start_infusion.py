"""Starting an infusion: row, audit and event together or none, once, and never unsafely."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.treatment.models import Infusion, Refusal
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import checkin, infusions
from factories import AT, AppointmentFactory

pytestmark = pytest.mark.django_db


def test_a_session_without_answers_is_refused_with_every_reason_and_the_refusal_is_kept() -> None:
    appointment = AppointmentFactory.create()
    clinician = appointment.clinician
    came = checkin.check_in(appointment=appointment.public_id, by=clinician, at=AT)
    assert isinstance(came, Done), came
    session = came.row

    outcome = infusions.start_infusion(
        session=session.public_id, by=clinician, at=AT + dt.timedelta(minutes=5), key=uuid.uuid4()
    )

    assert isinstance(outcome, Refused)
    assert {"IDENTITY_NOT_CONFIRMED", "ORDER_MISSING", "WEIGHT_MISSING"} <= set(
        outcome.decision.codes
    )
    assert Infusion.objects.count() == 0
    assert Refusal.objects.get(session=session).attempted == "start-infusion"
    assert AuditEntry.objects.filter(action="start-infusion-refused").count() == 1
