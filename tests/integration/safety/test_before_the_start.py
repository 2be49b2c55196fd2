"""Hazards before the start, walked through the real services: what must not begin, does not."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import Credential
from afterglow.apps.monitoring.models import BodyMassMeasurement
from afterglow.apps.people.models import Allergy, ListState
from afterglow.apps.people.queries import search_name
from afterglow.apps.places.models import EquipmentCheck
from afterglow.apps.scheduling.models import StaffShift
from afterglow.apps.stock.models import LedgerEntry
from afterglow.apps.treatment.models import Infusion, Override, Preparation, Refusal
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import checkin, infusions, overrides, preparation, weighing
from afterglow.core.dosing import Diluent
from afterglow.core.quantities import BodyMass, Concentration, Volume
from afterglow.core.roles import CredentialKind
from afterglow.web import clock
from factories import PatientFactory
from support.infusion_day import Day, checked_in, prepared, read_back, ready, witness_draw

pytestmark = pytest.mark.django_db


def start(day: Day, *, key: uuid.UUID | None = None) -> Done[Infusion] | Refused:
    return infusions.start_infusion(
        session=day.id, by=day.clinician, at=day.started, key=key or uuid.uuid4()
    )


def refused_for(day: Day) -> tuple[str, ...]:
    """Try to start; return the codes that blocked."""
    outcome = start(day)
    assert isinstance(outcome, Refused), "It started."
    assert not Infusion.objects.filter(session=day.session).exists()
    return tuple(reason.code for reason in outcome.decision.blockers)


def test_pounds_typed_as_kilograms_are_refused_and_not_recorded() -> None:
    day = checked_in(kg="70.4")

    outcome = weighing.weigh(
        session=day.id,
        mass=BodyMass.kg("155.2"),
        by=day.clinician,
        at=day.minute(-20),
        confirmed_unusual=True,
    )

    assert isinstance(outcome, Refused)
    assert "WEIGHT_LOOKS_LIKE_POUNDS" in outcome.decision.codes
    assert [row.mass_kg for row in BodyMassMeasurement.objects.all()] == [BodyMass.kg("70.4")]


def draw(day: Day, **changed: Any) -> Done[Preparation] | Refused:
    """Draw 35 mg from the day's vial of 50 mg/mL, with something changed."""
    at = day.minute(-18)
    call: dict[str, Any] = {
        "session": day.id,
        "vial": day.vial.public_id,
        "label_strength": Concentration.mg_per_ml("50"),
        "drawn": Volume.ml("0.7"),
        "diluent_name": "sodium_chloride_0_9",
        "diluent": Diluent(Volume.ml("50"), line=Volume.ml("0"), residual=Volume.ml("0")),
        "by": day.clinician,
        "at": at,
        "key": uuid.uuid4(),
        "witness": witness_draw(day, at=at),
    }
    return preparation.prepare(**call | changed)


def test_a_vial_of_another_strength_is_refused_and_nothing_leaves_the_ledger() -> None:
    day = checked_in()

    stronger = draw(day, label_strength=Concentration.mg_per_ml("500"))
    right = draw(day)

    assert isinstance(stronger, Refused)
    assert "STRENGTH_MISMATCH" in stronger.decision.codes
    assert "tenfold" in " ".join(reason.sentence for reason in stronger.decision)
    assert isinstance(right, Done), right
    assert LedgerEntry.objects.filter(kind="drawn").count() == 1


def test_a_tenfold_volume_is_refused_whatever_the_label_says() -> None:
    day = checked_in()

    outcome = draw(day, drawn=Volume.ml("7"))

    assert isinstance(outcome, Refused)
    assert "DRAWN_ABOVE_HARD_LIMIT" in outcome.decision.codes
    assert not Preparation.objects.exists()


def test_a_draw_without_a_second_person_is_refused() -> None:
    day = checked_in()

    outcome = draw(day, witness=None)

    assert isinstance(outcome, Refused)
    assert "WITNESS_MISSING" in outcome.decision.codes


def test_a_read_back_that_differs_keeps_the_session_from_being_ready() -> None:
    day = checked_in()
    made = draw(day)
    assert isinstance(made, Done), made
    day.preparation = made.row
    right = preparation.expected_read_back(made.row)

    def heard(**said: str) -> tuple[str, ...]:
        outcome = preparation.check_preparation_read_back(
            session=day.id,
            read_back=right | said,
            second=read_back(day, at=day.minute(-16)),
            by=day.clinician,
            at=day.minute(-16),
        )
        return outcome.decision.codes if isinstance(outcome, Refused) else ("ready",)

    differs = ("READ_BACK_DIFFERS",)
    assert heard(rate="526") == differs
    assert heard(volume="500") == differs
    assert heard(strength="5") == differs
    assert heard(patient="999999") == differs
    assert heard(drug="") == differs
    assert day.refreshed().state == "preparing"
    assert heard() == ("ready",)


def no_acls(day: Day) -> None:
    Credential.objects.filter(kind=CredentialKind.ACLS).update(
        expires_on=day.session.local_date - dt.timedelta(days=1)
    )


def prescriber_gone(day: Day) -> None:
    StaffShift.objects.filter(account=day.prescriber).delete()


def suction_missing(day: Day) -> None:
    EquipmentCheck.objects.create(
        site=day.site,
        local_date=day.session.local_date,
        at=day.minute(-1),
        by=day.second.public_id,
        items={"oxygen": True, "suction": False},
        passed=False,
    )


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        (no_acls, "ACLS_NOT_ON_SITE"),
        (prescriber_gone, "PRESCRIBER_NOT_ON_SITE"),
        (suction_missing, "EMERGENCY_EQUIPMENT_INCOMPLETE"),
    ],
)
def test_no_drug_runs_without_help_on_site(missing: Any, code: str) -> None:
    day = ready()
    missing(day)

    assert refused_for(day) == (code,)
    assert Refusal.objects.get(session=day.session, attempted="start-infusion").reasons


def test_yesterdays_equipment_check_does_not_open_today() -> None:
    day = ready()
    tomorrow = day.started + dt.timedelta(days=1)
    type(day.session).objects.filter(pk=day.session.pk).update(
        local_date=day.site.local_date(tomorrow)
    )

    assert "EMERGENCY_EQUIPMENT_NOT_CHECKED" in refused_for(day)


def test_an_allergy_learned_after_the_draw_stops_the_start() -> None:
    day = ready()
    Allergy.objects.create(
        patient=day.session.patient,
        substance="Ketamine",
        state=ListState.ACTIVE,
        recorded_by=day.clinician,
        recorded_at=day.minute(-2),
    )

    assert refused_for(day) == ("ALLERGY_TO_PRODUCT",)


def test_an_answer_nobody_gave_at_the_door_stops_the_start() -> None:
    day = ready()
    type(day.session.check_in).objects.filter(session=day.session).update(
        acutely_ill=None, identifiers=["full_name"]
    )

    assert set(refused_for(day)) == {"DAY_QUESTION_NOT_ASKED", "IDENTITY_NOT_CONFIRMED"}


def test_one_clinician_never_watches_two_running_infusions() -> None:
    first = ready()
    second = ready(site=first.site)
    checkin.assign_place(
        session=second.id,
        room=second.session.room.public_id,  # type: ignore[union-attr]
        clinician=first.clinician.public_id,
        seen_version=second.refreshed().row_version,
        by=first.clinician,
        at=second.minute(-1),
    )
    assert isinstance(start(first), Done)
    second.refreshed()

    assert refused_for(second) == ("CLINICIAN_HAS_RUNNING_INFUSION",)


def test_a_second_click_does_not_start_a_second_infusion() -> None:
    day = ready()
    key = uuid.uuid4()

    first = start(day, key=key)
    again = start(day, key=key)
    another = start(day)

    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert again.repeated
    assert isinstance(another, Refused)
    assert Infusion.objects.filter(session=day.session).count() == 1


def test_nobody_overrides_identity_and_the_prescriber_only_what_stands_and_with_words() -> None:
    day = prepared()

    def tried(code: str, reason: str) -> tuple[str, ...]:
        outcome = overrides.override_reason(
            session=day.id,
            gate="readiness",
            code=code,
            reason=reason,
            by=day.prescriber,
            at=day.started,
        )
        return outcome.decision.codes if isinstance(outcome, Refused) else ("given",)

    type(day.session.check_in).objects.filter(session=day.session).update(identifiers=[])

    assert tried("IDENTITY_NOT_CONFIRMED", "I know her.") == ("OVERRIDE_NOT_ALLOWED",)
    assert tried("ESCORT_ON_THE_WAY", "Nearly here.") == ("NOTHING_TO_OVERRIDE",)
    assert tried("BASELINE_MISSING", " ") == ("OVERRIDE_WITHOUT_REASON",)
    assert not Override.objects.exists()


def test_two_patients_of_one_name_are_told_apart_on_the_page() -> None:
    day = checked_in(patient={"given_name": "Maria", "family_name": "Lopez"})
    other = PatientFactory.create(
        given_name="María",
        family_name="López",
        search_name=search_name("López", "María"),
        mrn="777001",
    )
    client = Client()
    client.force_login(day.clinician)

    with clock.fixed(day.minute(-10)):
        html = client.get(
            reverse("visits:chart", args=[day.session.patient.public_id])
        ).content.decode()

    assert "Another patient has this name" in html
    assert other.mrn in html
    assert day.session.patient.mrn in html
