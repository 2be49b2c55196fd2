"""One patient, one room, one infusion: also when two tablets start at the same moment."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from afterglow.apps.treatment.models import Infusion
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import infusions
from afterglow.apps.visits.models import TreatmentSession
from support.infusion_day import Day, ready, recovering

pytestmark = pytest.mark.django_db


def start(day: Day) -> Done[Infusion] | Refused:
    return infusions.start_infusion(
        session=day.id, by=day.clinician, at=day.started, key=uuid.uuid4()
    )


def test_a_room_in_which_somebody_recovers_is_taken() -> None:
    first = recovering()
    second = ready(site=first.site, at=first.minute(60))
    TreatmentSession.objects.filter(pk=second.session.pk).update(room=first.session.room)

    outcome = start(second)

    assert isinstance(outcome, Refused)
    assert "ROOM_OCCUPIED" in outcome.decision.codes


def test_a_start_locks_patient_room_and_clinician_before_it_judges() -> None:
    day = ready()

    with CaptureQueriesContext(
        connection,
    ) as told:
        outcome = start(day)

    locked = [
        table
        for query in told
        for table in ("people_patient", "places_room", "accounts_account")
        if f'FROM "{table}"' in query["sql"] and "FOR NO KEY UPDATE" in query["sql"]
    ]
    infusion = day.session.infusions.get()
    assert isinstance(outcome, Done), outcome
    assert locked == ["people_patient", "places_room", "accounts_account"]
    assert (infusion.patient, infusion.room) == (day.session.patient, day.session.room)
