"""The record: signed once, whole, and locked."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, transaction

from afterglow.apps.stock import queries as stock
from afterglow.apps.treatment.models import SessionEvent, Signature
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.record import content_sha256
from afterglow.apps.treatment.services import signing
from afterglow.apps.visits.models import TreatmentSession
from support.infusion_day import discharged, recovering

pytestmark = pytest.mark.django_db


def test_a_whole_day_is_signed_and_locked() -> None:
    day = discharged()

    outcome = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(90))

    assert isinstance(outcome, Done), outcome
    assert day.refreshed().state == "signed"
    assert outcome.row.sha256 == content_sha256(outcome.row.content)


def test_signing_twice_finds_the_first_signature() -> None:
    day = discharged()
    first = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(90))

    second = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(91))

    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert second.repeated
    assert Signature.objects.count() == 1
    assert second.row.pk == first.row.pk


def test_what_was_drawn_was_given_or_wasted_to_the_last_ten_thousandth() -> None:
    day = discharged()

    held = stock.session_balance(day.vial, day.session)

    assert day.preparation is not None
    assert held.in_preparation == 0
    assert held.given + held.wasted == day.preparation.drawn_mg.value


def test_a_session_in_recovery_is_refused_with_every_reason() -> None:
    day = recovering()

    outcome = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(60))

    assert isinstance(outcome, Refused)
    assert {"SESSION_NOT_ENDED", "AMOUNTS_DO_NOT_BALANCE"} <= set(outcome.decision.codes)


@pytest.mark.parametrize("change", ["session", "event", "delete"])
def test_the_database_refuses_to_touch_a_signed_session(change: str) -> None:
    day = discharged()
    signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(90))

    def attempt() -> None:
        if change == "session":
            TreatmentSession.objects.filter(pk=day.session.pk).update(ending_reason="other")
        elif change == "delete":
            TreatmentSession.objects.filter(pk=day.session.pk)._raw_delete("default")
        else:
            SessionEvent.objects.create(
                session=day.session,
                kind="note",
                text="late",
                at=day.minute(91),
                recorded_at=day.minute(91),
                by=day.clinician,
                key=uuid.uuid4(),
            )

    with pytest.raises(IntegrityError, match="signed"), transaction.atomic():
        attempt()


def test_an_addendum_is_added_after_signing_and_never_before() -> None:
    day = discharged()
    before = signing.add_addendum(
        session=day.id, text="Early.", by=day.clinician, at=day.minute(89), key=uuid.uuid4()
    )
    signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(90))

    after = signing.add_addendum(
        session=day.id, text="Slept well.", by=day.clinician, at=day.minute(99), key=uuid.uuid4()
    )

    assert isinstance(before, Refused)
    assert isinstance(after, Done)
    assert after.row.text == "Slept well."
