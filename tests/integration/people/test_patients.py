"""Patients: found without accents, warned of by name, never overwritten silently."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from afterglow.apps.accounts.policies import Forbidden
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.events.models import OutboxEvent
from afterglow.apps.people import queries, services
from afterglow.apps.people.models import Allergy, AllergyReview, CareTeamMember, Patient, SexAtBirth
from afterglow.apps.people.outcomes import AllergyRefusal, LooksLike, Registered
from afterglow.apps.people.services.patients import PatientDetails
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Role
from afterglow.db.models import StaleRow
from factories import AT, PatientFactory, SiteFactory, staff

pytestmark = pytest.mark.django_db


def details(family: str = "García", given: str = "José", **more: object) -> PatientDetails:
    values = {
        "given_name": given,
        "family_name": family,
        "date_of_birth": dt.date(1984, 5, 14),
        "sex_at_birth": SexAtBirth.MALE,
        **more,
    }
    return values  # type: ignore[return-value]


def register(site: Any, by: Any, **more: Any) -> Registered | LooksLike:
    return services.register_patient(
        key=more.pop("key", uuid4()),
        home_site=site,
        details=details(**more.pop("names", {})),
        by=by,
        at=AT,
        **more,
    )


@pytest.mark.parametrize(
    "words", ["garcia", "GARCÍA jose", "jose garcia", "garsia jose", "1984-05-14", "14 May 1984"]
)
def test_a_search_ignores_accents_case_and_order_and_offers_near_names(words: str) -> None:
    site = SiteFactory.create()
    made = register(site, staff(Role.FRONT_DESK, site=site))
    PatientFactory.create(mrn="Z1", family_name="Okafor", date_of_birth=dt.date(1970, 1, 1))

    found = [hit.patient for hit in queries.find_patients(words)]

    assert isinstance(made, Registered)
    assert found == [made.patient]


def test_a_like_name_is_shown_before_anything_is_saved_and_passes_once_confirmed() -> None:
    site = SiteFactory.create()
    desk = staff(Role.FRONT_DESK, site=site)
    first = register(site, desk)

    warned = register(site, desk, names={"family": "Garcia", "given": "Jose"})
    assert isinstance(first, Registered)
    assert isinstance(warned, LooksLike)
    assert warned.others == (first.patient,)
    assert Patient.objects.count() == 1

    second = register(site, desk, names={"family": "Garcia"}, confirmed_different=True)
    assert isinstance(second, Registered)
    assert second.patient.mrn == "000002"
    assert queries.same_names(second.patient) == [first.patient]


def test_the_same_key_registers_once() -> None:
    site = SiteFactory.create()
    desk = staff(Role.FRONT_DESK, site=site)
    key = uuid4()

    register(site, desk, key=key)
    again = register(site, desk, key=key)

    assert isinstance(again, Registered)
    assert not again.is_new
    assert AuditEntry.objects.filter(action="patient-registered").count() == 1
    assert OutboxEvent.objects.filter(event="patient-registered").count() == 1


@pytest.mark.parametrize(
    ("born", "sentence"),
    [
        (dt.date(2030, 1, 1), "01 Jan 2030 lies after today, 23 Nov 2026"),
        (dt.date(1900, 1, 1), "126 years old; the limit is 120"),
    ],
)
def test_an_impossible_birth_date_is_refused_with_its_limit(born: dt.date, sentence: str) -> None:
    site = SiteFactory.create()

    with pytest.raises(InvalidValue, match=sentence):
        services.register_patient(
            key=uuid4(),
            home_site=site,
            details=details(date_of_birth=born),
            by=staff(Role.FRONT_DESK, site=site),
            at=AT,
        )


def test_two_screens_do_not_overwrite_each_other_and_the_audit_keeps_both_values() -> None:
    patient = PatientFactory.create(phone="1")
    desk = staff(Role.FRONT_DESK, site=patient.home_site)
    save: dict[str, Any] = {"patient": patient.public_id, "seen": 1, "by": desk, "at": AT}
    services.edit_patient(details={"phone": "2"}, **save)

    with pytest.raises(StaleRow, match="saw version 1, it is now version 2"):
        services.edit_patient(details={"phone": "3"}, **save)

    assert AuditEntry.objects.get(action="patient-edited").detail == {
        "changed": {"phone": ["1", "2"]}
    }


def test_staff_of_another_site_may_not_edit() -> None:
    patient = PatientFactory.create()

    with pytest.raises(Forbidden):
        services.edit_patient(
            patient=patient.public_id,
            seen=1,
            details={"phone": "2"},
            by=staff(Role.FRONT_DESK, site=SiteFactory.create()),
            at=AT,
        )


def test_no_known_allergies_is_said_only_after_asking_and_not_over_a_list() -> None:
    patient = PatientFactory.create(allergy_review=AllergyReview.NOT_ASKED)
    nurse = staff(Role.MONITOR, site=patient.home_site)
    who: dict[str, Any] = {"patient": patient.public_id, "by": nurse, "at": AT}
    allergy = services.record_allergy(key=uuid4(), substance="Ketalar", **who)

    assert allergy.substance_code == "ketamine"
    assert services.confirm_no_known_allergies(**who) is AllergyRefusal.LIST_IS_NOT_EMPTY

    services.end_allergy(allergy=allergy.public_id, seen=1, entered_in_error=True, by=nurse, at=AT)
    patient.refresh_from_db()
    assert patient.allergy_review == AllergyReview.NOT_ASKED

    services.confirm_no_known_allergies(**who)
    patient.refresh_from_db()
    assert patient.allergy_review == AllergyReview.NO_KNOWN_ALLERGIES


def test_benzodiazepines_are_added_up_as_diazepam_and_an_unknown_dose_is_not_a_small_one() -> None:
    patient = PatientFactory.create()
    who: dict[str, Any] = {
        "patient": patient.public_id,
        "by": staff(Role.MONITOR, site=patient.home_site),
        "at": AT,
    }
    assert queries.diazepam_equivalent_mg(patient) == 0
    services.record_medicine(key=uuid4(), name="Ativan", daily_dose_mg=Decimal("1.5"), **who)
    services.record_medicine(key=uuid4(), name="alprazolam", daily_dose_mg=Decimal("0.5"), **who)
    assert queries.diazepam_equivalent_mg(patient) == 25

    services.record_medicine(key=uuid4(), name="clonazepam", **who)
    assert queries.diazepam_equivalent_mg(patient) is None


def test_the_class_comes_from_the_exact_name_never_from_a_near_one() -> None:
    patient = PatientFactory.create()
    nurse = staff(Role.MONITOR, site=patient.home_site)

    near = services.record_medicine(
        key=uuid4(), patient=patient.public_id, name="lorazepan", by=nurse, at=AT
    )

    assert near.drug_class == ""


def test_the_database_refuses_unknown_codes_and_impossible_heights() -> None:
    patient = PatientFactory.create()
    rows = Patient.objects.filter(pk=patient.pk)
    wrong: dict[str, dict[str, Any]] = {
        "sex_at_birth_is_known": {"sex_at_birth": "x"},
        "allergy_review_is_known": {"allergy_review": "x"},
        "height_is_between_50_and_260_cm": {"height_cm": Decimal("1.6")},
    }
    for name, values in wrong.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            rows.update(**values)
    by = staff(Role.MONITOR)
    for name, values in {
        "allergy_severity_is_known": {"severity": "x"},
        "allergy_state_is_known": {"state": "x"},
    }.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Allergy.objects.create(
                patient=patient, substance="a", recorded_by=by, recorded_at=AT, **values
            )
    with pytest.raises(IntegrityError, match="care_team_role"), transaction.atomic():
        CareTeamMember.objects.create(patient=patient, role="x", name="R")
