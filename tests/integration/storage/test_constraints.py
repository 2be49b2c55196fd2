"""Every named constraint refuses the row that breaks it, and nothing else does.

A whole infusion day gives a valid row of nearly every table. A broken row is a copy of a valid one
with exactly one thing wrong; the database must name the constraint that the line names.
"""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.assessments.models import Score
from afterglow.apps.consent.models import Consent
from afterglow.apps.definitions.models import Definition
from afterglow.apps.frontdoor.models import SiteMark
from afterglow.apps.medicines.models import Product
from afterglow.apps.people.models import Allergy, CareTeamMember, CurrentMedicine, Patient
from afterglow.apps.scheduling.models import StaffShift
from afterglow.apps.stock.models import LedgerEntry
from afterglow.apps.treatment.models import (
    Addendum,
    CheckIn,
    Coverage,
    Discharge,
    Infusion,
    InfusionOrder,
    MedicineGiven,
    OfflineEntry,
    OfflineResolution,
    Override,
    Preparation,
    PumpAction,
    PumpDifference,
    Recovery,
    SessionEvent,
)
from factories import AT, AppointmentFactory, PatientFactory, RoomFactory, SiteFactory, staff
from support.infusion_day import Day, discharged, infusing

pytestmark = pytest.mark.django_db

TESTS = Path(__file__).resolve().parents[2]
EARLIER = AT - dt.timedelta(days=1)
NEVER = "made-up"
FRESH = ("public_id", "key")


def copy_of(row: models.Model, **changed: Any) -> models.Model:
    """Return a row like this one that is not saved yet, with new identifiers of its own."""
    names = {field.name for field in row._meta.local_fields}
    fresh = {name: uuid.uuid4() for name in FRESH if name in names}
    values = {f.name: getattr(row, f.name) for f in row._meta.local_fields if not f.primary_key}
    return type(row)(**values | fresh | changed)


def refused_by(row: models.Model, **changed: Any) -> str:
    """Insert a copy with something wrong; return the constraint that the database names."""
    try:
        with transaction.atomic():
            copy_of(row, **changed).save(force_insert=True)
    except IntegrityError as error:
        return str(error.__cause__.diag.constraint_name)  # type: ignore[union-attr]
    return "nothing"


def first(model: type[models.Model], **wanted: Any) -> Any:
    return model._default_manager.filter(**wanted).order_by("pk")[0]


def after(day: Day) -> DateTimeTZRange:
    """Two hours on another day, when nobody in the day is busy."""
    return DateTimeTZRange(day.arrived + dt.timedelta(days=3), day.arrived + dt.timedelta(days=4))


def test_people_courses_and_consent() -> None:
    day = discharged()
    patient, course = day.session.patient, day.session.course
    consent, definition = first(Consent), first(Definition)
    said = {"patient": patient, "recorded_by": day.clinician, "recorded_at": AT}
    allergy = Allergy(substance="latex", **said)
    medicine = CurrentMedicine(name="sertraline", **said)
    member = CareTeamMember(patient=patient, role="therapist", name="A. Therapist")

    # What of a valid row is changed, and which constraint then says no.
    seen = {
        "definition_version_starts_at_one": refused_by(definition, version=0),
        "sex_at_birth_is_known": refused_by(patient, mrn="x1", sex_at_birth=NEVER),
        "allergy_review_is_known": refused_by(patient, mrn="x2", allergy_review=NEVER),
        "height_is_between_50_and_260_cm": refused_by(patient, mrn="x3", height_cm=Decimal(49)),
        "allergy_severity_is_known": refused_by(allergy, severity=NEVER),
        "allergy_state_is_known": refused_by(allergy, state=NEVER),
        "current_medicine_state_is_known": refused_by(medicine, state=NEVER),
        "care_team_role_is_known": refused_by(member, role=NEVER),
        "label_class_is_known": refused_by(first(Product), key="x4", label_class=NEVER),
        "course_phase_is_known": refused_by(course, phase=NEVER),
        "an_accepted_course_says_who_and_when": refused_by(course, accepted_by=None),
        "signature_method_is_known": refused_by(consent, method=NEVER),
        "a_consent_carries_a_name": refused_by(consent, signed_name=""),
    }

    assert seen == {name: name for name in seen}


def test_appointments_shifts_and_visits() -> None:
    day = discharged()
    booked = day.session.appointment
    assert booked is not None
    # Somebody else's appointment, in another room at another time: it collides in one thing only.
    other = AppointmentFactory.create(during=after(day))
    free = {"room": other.room, "clinician": other.clinician, "patient": other.patient}
    visit = {"appointment": None}

    seen = {
        "a_room_holds_one_appointment": refused_by(booked, **free | {"room": booked.room}),
        "a_clinician_has_one_appointment": refused_by(
            booked, **free | {"clinician": booked.clinician}
        ),
        "a_patient_has_one_appointment": refused_by(booked, **free | {"patient": booked.patient}),
        "an_appointment_lasts_some_time": refused_by(booked, during=DateTimeTZRange(empty=True)),
        "a_person_works_one_shift_at_a_time": refused_by(first(StaffShift)),
        "session_state_is_known": refused_by(day.session, state=NEVER, **visit),
        "session_ending_is_known": refused_by(day.session, ending=NEVER, **visit),
        "a_session_ends_after_it_begins": refused_by(day.session, ended_at=EARLIER, **visit),
    }

    assert seen == {name: name for name in seen}
    assert refused_by(booked, **free) == "nothing"


def test_stock_and_scores() -> None:
    day = discharged()
    line, vial, score = first(LedgerEntry), day.vial, first(Score)
    beside = {"sequence": 900}

    seen = {
        "one_vial_of_a_number_per_site": refused_by(vial),
        "ledger_kind_is_known": refused_by(line, kind=NEVER, **beside),
        "one_ledger_line_per_number": refused_by(line),
        "a_ledger_line_moves_something": refused_by(line, amount_mg=Decimal(0), **beside),
        "waste_has_a_witness": refused_by(line, kind="wasted", witness=None, **beside),
        "one_score_of_a_name_per_assessment": refused_by(score),
    }

    assert seen == {name: name for name in seen}


def test_the_infusion_day() -> None:
    day = discharged()
    session, by = day.session, day.clinician
    door, recovery, leaving = first(CheckIn), first(Recovery), first(Discharge)
    order, bag, infusion, action = (
        first(InfusionOrder),
        first(Preparation),
        first(Infusion),
        first(PumpAction),
    )
    override = Override(
        session=session,
        gate="readiness",
        code="BP_ABOVE_START_LIMIT",
        sentence="172 is above 160.",
        role="prescriber",
        reason="Repeated, and lower by hand.",
        by=by,
        at=AT,
    )
    difference = PumpDifference(
        infusion=infusion,
        charted_ml=Decimal(50),  # type: ignore[misc]
        pump_ml=Decimal(49),
        truth="pump",
        reason="The pump was read last.",
        by=by,
        at=AT,
    )
    given = MedicineGiven(
        session=session,
        product=first(Product, key="ondansetron"),
        dose_mg=Decimal(4),  # type: ignore[misc]
        route="IV",
        indication="nausea",
        is_sedative=False,
        at=AT,
        recorded_at=AT,
        by=by,
    )
    event = SessionEvent(session=session, kind="note", at=AT, recorded_at=AT, by=by)
    addendum = Addendum(session=session, text="Rang the next day.", by=by, at=AT)
    no_replacing = {"replaces": None}
    unread = {"checked_by": None, "checked_at": None, "discarded_at": AT}

    seen = {
        "pregnancy_test_is_known": refused_by(door, pregnancy_test=NEVER),
        "escort_state_is_known": refused_by(door, escort_state=NEVER),
        "cpap_is_known": refused_by(door, cpap=NEVER),
        "antihypertensive_is_known": refused_by(door, antihypertensive=NEVER),
        "suicide_level_is_known": refused_by(door, suicide_level=NEVER),
        "item_9_is_0_to_3": refused_by(door, phq9_item9=4),
        "suicide_level_at_leaving_is_known": refused_by(recovery, suicide_level=NEVER),
        "oriented_is_0_to_3": refused_by(recovery, oriented=4),
        "nobody_overrides_what_nobody_may": refused_by(override, role="nobody"),
        "an_override_carries_a_reason": refused_by(override, reason=""),
        "discharge_ending_is_known": refused_by(leaving, ending=NEVER),
        "an_addendum_says_something": refused_by(addendum, text=""),
        "mass_basis_is_known": refused_by(order, mass_basis=NEVER, **no_replacing),
        "an_order_has_a_dose_and_a_time": refused_by(
            order, dose_mg_per_kg=Decimal(0), **no_replacing
        ),
        "one_preparation_in_use_per_session": refused_by(bag, **unread | {"discarded_at": None}),
        "a_checked_preparation_says_who_and_when": refused_by(bag, **unread | {"checked_at": AT}),
        "beyond_use_is_after_preparation": refused_by(
            bag, **unread | {"beyond_use_at": bag.prepared_at}
        ),
        "infusion_state_is_known": refused_by(infusion, state=NEVER),
        "infusion_ending_is_known": refused_by(infusion, ending=NEVER),
        "an_infusion_ends_after_it_starts": refused_by(infusion, ended_at=EARLIER),
        "an_ended_infusion_says_when_and_how": refused_by(infusion, ending=""),
        "pump_action_is_known": refused_by(action, kind=NEVER, sequence=99),
        "two_tablets_never_take_the_same_step": refused_by(action),
        "a_difference_has_one_truth": refused_by(difference, truth="both"),
        "a_given_dose_is_positive": refused_by(given, dose_mg=Decimal(0)),
        "session_event_is_known": refused_by(event, kind=NEVER),
    }

    assert seen == {name: name for name in seen}


def test_one_infusion_runs_for_a_session_and_for_a_clinician() -> None:
    day = infusing()
    infusion, bag, session = first(Infusion), day.preparation, day.session
    assert bag is not None
    unread = {"checked_by": None, "checked_at": None}
    second_bag = copy_of(bag, discarded_at=AT, **unread)
    second_bag.save()
    elsewhere = copy_of(session, appointment=None)
    elsewhere.save()
    somebody = staff(site=day.site)
    other, free = PatientFactory.create(), RoomFactory.create(site=day.site)

    seen = {
        "one_running_infusion_per_session": refused_by(
            infusion, preparation=second_bag, clinician=somebody, patient=other, room=free
        ),
        "one_running_infusion_per_clinician": refused_by(
            infusion, preparation=second_bag, session=elsewhere, patient=other, room=free
        ),
        "one_running_infusion_per_patient": refused_by(
            infusion, preparation=second_bag, session=elsewhere, clinician=somebody, room=free
        ),
        "one_running_infusion_per_room": refused_by(
            infusion, preparation=second_bag, session=elsewhere, clinician=somebody, patient=other
        ),
        "a_running_infusion_says_whose_and_where": refused_by(
            infusion,
            preparation=second_bag,
            session=elsewhere,
            clinician=somebody,
            patient=other,
            room=None,
        ),
    }

    assert seen == {name: name for name in seen}
    assert (
        refused_by(
            infusion,
            preparation=second_bag,
            session=elsewhere,
            clinician=somebody,
            patient=other,
            room=free,
        )
        == "nothing"
    )


def test_the_rows_that_are_broken_were_valid() -> None:
    day = discharged()
    valid = (
        refused_by(day.session.course),
        refused_by(day.session, appointment=None),
        refused_by(first(Patient), mrn="x9"),
        refused_by(first(LedgerEntry), sequence=901),
        refused_by(first(PumpAction), sequence=99),
        refused_by(first(InfusionOrder), replaces=None),
        refused_by(first(Discharge)),
        refused_by(first(Consent)),
    )

    assert set(valid) == {"nothing"}


def test_what_was_typed_offline_and_who_covers_whom() -> None:
    day = infusing()
    entry = OfflineEntry(
        session=day.session,
        key=uuid.uuid4(),
        tablet=uuid.uuid4(),
        kind="note",
        body={},
        happened_at=AT,
        arrived_at=AT,
        typed_by=day.clinician,
        by=day.clinician,
        outcome="refused",
    )
    entry.save()
    resolved = OfflineResolution(entry=entry, choice="noted", by=day.clinician, at=AT)
    stretch = first(Coverage, session=day.session)
    later = DateTimeTZRange(day.arrived + dt.timedelta(days=3), day.arrived + dt.timedelta(days=4))

    seen = {
        "offline_outcome_is_known": refused_by(entry, outcome=NEVER),
        "offline_choice_is_known": refused_by(resolved, choice=NEVER),
        "an_offline_entry_is_dropped_with_a_reason": refused_by(
            resolved, choice="dropped", reason=""
        ),
        "nobody_covers_their_own_break": refused_by(
            stretch,
            began="break_cover",
            covers_for=stretch.clinician,
            back_by=later.upper,
            during=later,
        ),
    }

    assert seen == {name: name for name in seen}


def test_a_place_lies_on_the_globe() -> None:
    mark = SiteMark(site=SiteFactory.create(), latitude=Decimal(40), longitude=Decimal(-74))

    seen = {
        "latitude_is_on_the_globe": refused_by(mark, latitude=Decimal("90.1")),
        "longitude_is_on_the_globe": refused_by(mark, longitude=Decimal("-180.1")),
    }

    assert seen == {name: name for name in seen}


def test_every_named_constraint_has_a_test_that_breaks_it() -> None:
    sources = "\n".join(path.read_text() for path in sorted(TESTS.rglob("test_*.py")))

    untested = [
        f"{model._meta.label}: {constraint.name}"
        for config in apps.get_app_configs()
        if config.name.startswith("afterglow.apps.")
        for model in config.get_models()
        for constraint in model._meta.constraints
        if constraint.name not in sources
    ]

    assert untested == []
