"""Facts of an uneventful infusion day, which a test changes in the one thing it is about."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

from afterglow.core.cited import Section
from afterglow.core.courses.phases import CoursePhase
from afterglow.core.decisions import Decision
from afterglow.core.treatment.endings import ENDINGS, SessionEnding
from afterglow.core.treatment.facts import (
    AldreteFacts,
    AmountFacts,
    Antihypertensive,
    BaselineReading,
    ClinicianFacts,
    ConsentFacts,
    CourseFacts,
    Cpap,
    CredentialFacts,
    CssrsLevel,
    DayFacts,
    DischargeFacts,
    DrawFacts,
    EscortAtDischarge,
    EscortState,
    Identifier,
    LatestVitals,
    MpadssFacts,
    OrderFacts,
    PregnancyTest,
    PreparationFacts,
    ProductFacts,
    ProtocolFacts,
    ReadinessFacts,
    SignFacts,
    SiteFacts,
    SuicideFacts,
    VialFacts,
    WeightFacts,
)
from afterglow.core.treatment.rules import SessionRules

SEED = files("afterglow") / "data" / "protocols" / "iv_ketamine_adult" / "4" / "session.json"


def body() -> dict[str, Any]:
    """Return a fresh copy of the seed's session rules, to change."""
    loaded: dict[str, Any] = json.loads(SEED.read_text(encoding="utf-8"))
    return loaded


RULES = SessionRules.from_section(Section("session", body()))
AT = datetime(2026, 11, 23, 18, 35, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def ago(**time: float) -> datetime:
    """Return the moment so long before AT."""
    return AT - timedelta(**time)


KETAMINE = ProductFacts(
    code="ketamine-50-10",
    substances=frozenset({"ketamine", "benzethonium chloride"}),
    fda_approved=True,
)
QUIET_DAY = DayFacts(
    alcohol_or_drugs_asked=True,
    appears_intoxicated=False,
    cannabis_asked=True,
    theophylline=False,
    maoi=False,
    benzodiazepine_diazepam_mg_per_day=Decimal(0),
    benzodiazepine_taken_today=False,
    opioid_taken_today=False,
    sedative_taken_today=False,
    stimulant_taken_today=False,
    decongestant_taken_today=False,
    antihypertensive=Antihypertensive.NOT_PRESCRIBED,
    pregnancy=PregnancyTest.NOT_DUE,
    last_solid_at=ago(hours=8),
    last_clear_fluid_at=ago(hours=3),
    glp1_agonist=False,
    acutely_ill=False,
    cpap=Cpap.NOT_NEEDED,
)
NOTHING_POSITIVE = SuicideFacts(
    asked_at=ago(minutes=20),
    item9=0,
    statement_positive=False,
    level=CssrsLevel.NONE,
    assessed_at=ago(minutes=20),
)
READING = BaselineReading(
    at=ago(minutes=5),
    systolic_mmhg=122,
    diastolic_mmhg=76,
    heart_rate_per_min=72,
    spo2_percent=98,
    respiratory_rate_per_min=14,
    moaas=5,
)
CLINICIAN = ClinicianFacts(
    clinician_id="clinician",
    other_running_infusions=0,
    credentials=(CredentialFacts(kind="licence", expires_on=date(2027, 6, 30)),),
)
READY = ReadinessFacts(
    at=AT,
    session_date=TODAY,
    protocol=ProtocolFacts(key="iv_ketamine_adult", version="3", in_force=True, approved=True),
    course=CourseFacts(phase=CoursePhase.FOUNDATION, accepted_at=ago(days=10)),
    consent=ConsentFacts(version="2", signed_at=ago(days=9), version_in_force=True),
    order=OrderFacts(order_id="order", for_date=TODAY, signed_at=ago(days=1), within_protocol=True),
    dose_decision=Decision(),
    weight=WeightFacts(
        kg=Decimal("82.4"),
        measured_on=TODAY,
        measured_at=ago(minutes=40),
    ),
    product=KETAMINE,
    preparation=PreparationFacts(
        order_id="order",
        prepared_at=ago(minutes=15),
        prepared_by="clinician",
        read_back_by="second",
        beyond_use_at=AT + timedelta(hours=3),
    ),
    baseline=(replace(READING, at=ago(minutes=12)), READING),
    identifiers=frozenset({Identifier.FULL_NAME, Identifier.DATE_OF_BIRTH}),
    allergies_reviewed=True,
    allergies=frozenset({"penicillin"}),
    escort=EscortState.CONFIRMED,
    room_assigned=True,
    room_occupied=False,
    clinician=CLINICIAN,
    credentials_needed=frozenset({"licence"}),
    monitor_assigned=True,
    patient_has_running_infusion=False,
    site=SiteFacts(
        acls_certified_on_site=True,
        prescriber_on_site=True,
        equipment_checked_on=TODAY,
        equipment_complete=True,
    ),
    suicide=NOTHING_POSITIVE,
    day=QUIET_DAY,
)
VIAL = VialFacts(
    product=KETAMINE,
    strength_mg_per_ml=Decimal(50),
    lot="L1",
    expires_on=date(2027, 3, 31),
    on_hand_ml=Decimal(10),
)
DRAWING = DrawFacts(
    at=AT,
    today=TODAY,
    order_signed=True,
    ordered_product_code=KETAMINE.code,
    plan_strength_mg_per_ml=Decimal(50),
    volume_ml=Decimal("0.82"),
    final_volume_ml=Decimal(100),
    vial=VIAL,
    allergies=frozenset({"penicillin"}),
    drawn_by="clinician",
    witness="second",
)
FULL_ALDRETE = AldreteFacts(activity=2, respiration=2, circulation=2, consciousness=2, spo2=2)
FULL_MPADSS = MpadssFacts(vital_signs=2, ambulation=2, nausea=2, pain=2, bleeding=2)
SETTLED = LatestVitals(
    at=ago(minutes=5),
    systolic_mmhg=126,
    diastolic_mmhg=78,
    baseline_systolic_mmhg=Decimal(120),
    baseline_diastolic_mmhg=Decimal(76),
    spo2_percent=98,
    spo2_at=ago(minutes=5),
    on_oxygen=False,
)
ESCORT = EscortAtDischarge(
    present=True, adult=True, name_recorded=True, relation_recorded=True, phone_recorded=True
)
GOING_HOME = DischargeFacts(
    prescriber_agrees=True,
    at=AT,
    ending=SessionEnding.COMPLETED,
    infusion_started=True,
    pump_stopped_at=ago(minutes=45),
    last_sedative_at=None,
    aldrete=FULL_ALDRETE,
    mpadss=FULL_MPADSS,
    moaas=5,
    oriented=3,
    vitals=SETTLED,
    dissociation_above_baseline=0,
    clinician_states_dissociation_resolved=False,
    gait_steady=True,
    first_walk_accompanied=True,
    drinks_fluid=True,
    nausea_controlled=True,
    iv_removed=True,
    iv_site_checked=True,
    escort=ESCORT,
    no_driving_told=True,
    written_instructions_given=True,
    phone_24_h_given=True,
    suicide=replace(NOTHING_POSITIVE, asked_at=ago(minutes=10), assessed_at=ago(minutes=10)),
)
BALANCED = AmountFacts(
    drawn_mg=Decimal("41.0"),
    given_mg=Decimal("40.2"),
    residual_mg=Decimal("0.8"),
    waste_witnessed=True,
)


def signable(ending: SessionEnding, **changes: Any) -> SignFacts:
    """Return the facts of a session that ended so, after drug has run, with all on record."""
    rule = ENDINGS[ending]
    facts = SignFacts(
        at=AT,
        state=rule.state,
        ending=ending,
        infusion_started=True,
        infusion_running=False,
        amounts=(BALANCED,),
        pump_volume_ml=Decimal("98.1"),
        charted_volume_ml=Decimal(98),
        pump_difference_resolved=False,
        pump_difference_limit_ml=Decimal(1),
        slots_unread=0,
        alarms_not_acknowledged=0,
        slowest_red_acknowledgement=None,
        red_pressures_without_symptom_answer=0,
        overrides=(),
        coverage_named=rule.coverage,
        discharge_decision=Decision() if rule.criteria else None,
        suicide_positives=0,
        suicide_tasks_owned=0,
        ending_fields=rule.fields,
    )
    return replace(facts, **changes)
