"""One infusion day, walked through the real services: from an appointment to a running drip.

Every step is what a person would do on the screens: the door questions, the scale, the order, two
baseline readings, the bag, the second person's read-back, the start. ``Day.minute(n)`` is ``n``
minutes after the start (before it, below zero).

    day = infusing()
    act_on_pump(session=day.session.public_id, by=day.clinician, at=day.minute(10), …)
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.assessments import queries as assessments
from afterglow.apps.assessments import services as scales
from afterglow.apps.audit.services import subject_type
from afterglow.apps.consent.models import Consent, SignatureMethod
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.devices.models import Device, DevicePlacement
from afterglow.apps.medicines.models import LabelClass, Product
from afterglow.apps.monitoring.services import acknowledge_alarm, record_vital_signs_by_hand
from afterglow.apps.places.models import EquipmentCheck, Room, Site
from afterglow.apps.scheduling.models import StaffShift
from afterglow.apps.stock import services as stock
from afterglow.apps.stock.models import Vial
from afterglow.apps.treatment import planning
from afterglow.apps.treatment.facts.sign import alarms_to_acknowledge, reds_without_symptom_answer
from afterglow.apps.treatment.models import (
    CheckIn,
    Infusion,
    InfusionOrder,
    Preparation,
    Recovery,
)
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.outcomes import Done
from afterglow.apps.treatment.services import (
    accounting,
    checkin,
    closing,
    infusions,
    orders,
    preparation,
    signing,
)
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.dosing import Diluent
from afterglow.core.instruments.library import shipped_bodies
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.quantities import BodyMass, DosePerMass, Duration, MassBasis, Volume
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import InfusionEnding, SessionEnding
from afterglow.core.treatment.facts import (
    Antihypertensive,
    Cpap,
    EscortState,
    Identifier,
    PregnancyTest,
)
from factories import (
    AT,
    AppointmentFactory,
    CourseFactory,
    DeviceFactory,
    KetamineFactory,
    PatientFactory,
    RoomFactory,
    SiteFactory,
    definition,
    staff,
)
from support.remembered import remembered

PRN = ("ondansetron", "midazolam", "labetalol")
CALM = {
    VitalSignCode.SYSTOLIC: Decimal(124),
    VitalSignCode.DIASTOLIC: Decimal(78),
    VitalSignCode.HEART_RATE: Decimal(72),
    VitalSignCode.SPO2: Decimal(98),
    VitalSignCode.RESPIRATORY_RATE: Decimal(14),
}
"""A rested adult."""

TO_START = dt.timedelta(minutes=30)
"""From check-in to the start of the infusion."""


@dataclass
class Day:
    """Everybody and everything in one session, as far as it was walked."""

    session: TreatmentSession
    site: Site
    clinician: Account
    prescriber: Account
    second: Account
    arrived: dt.datetime
    vial: Vial
    monitor: Device
    pump: Device
    order: InfusionOrder
    preparation: Preparation | None = None
    running: Infusion | None = None

    @property
    def infusion(self) -> Infusion:
        """The infusion, once the day was walked that far."""
        assert self.running is not None, "Nothing was started on this day."
        return self.running

    @property
    def id(self) -> uuid.UUID:
        """What services and URLs call the session."""
        return self.session.public_id

    @property
    def started(self) -> dt.datetime:
        """When the infusion starts."""
        return self.arrived + TO_START

    def minute(self, minutes: float) -> dt.datetime:
        """Return the instant so many minutes after the start."""
        return self.started + dt.timedelta(minutes=minutes)

    def refreshed(self) -> TreatmentSession:
        """Read the session again."""
        self.session.refresh_from_db()
        return self.session


def clinic(site: Site | None = None, *, at: dt.datetime = AT) -> Site:
    """Return a site with its instruments on file and its emergency equipment checked today."""
    site = site or SiteFactory.create()
    for (key, version), body in shipped_bodies().items():
        definition(DefinitionKind.INSTRUMENT, key, body, int(version))
    EquipmentCheck.objects.create(
        site=site,
        local_date=site.local_date(at),
        at=at - dt.timedelta(hours=2),
        by=uuid.uuid4(),
        items={"oxygen": True, "suction": True, "defibrillator": True},
        passed=True,
    )
    return site


def on_shift(account: Account, site: Site, *, at: dt.datetime = AT) -> Account:
    """Put somebody on shift at a site for the working day around ``at``."""
    StaffShift.objects.create(
        site=site,
        account=account,
        during=DateTimeTZRange(at - dt.timedelta(hours=6), at + dt.timedelta(hours=12)),
    )
    return account


def prn_products() -> dict[str, Product]:
    """Return the medicines by need that the order of the day names."""
    wanted: dict[str, dict[str, Any]] = {
        "ondansetron": {"label_class": LabelClass.ANTIEMETIC},
        "midazolam": {
            "label_class": LabelClass.BENZODIAZEPINE,
            "is_sedative": True,
            "schedule": "IV",
        },
        "labetalol": {"label_class": LabelClass.ANTIHYPERTENSIVE},
        "haloperidol": {},
    }
    return {
        name: Product.objects.get_or_create(
            key=name, defaults={"medicine": name, "name": name.capitalize(), **fields}
        )[0]
        for name, fields in wanted.items()
    }


@remembered
def checked_in(
    *,
    at: dt.datetime = AT,
    site: Site | None = None,
    clinician: Account | None = None,
    room: Room | None = None,
    patient: dict[str, Any] | None = None,
    kg: str = "70.4",
    mg_per_kg: str = "0.5",
    minutes: int = 40,
    basis: MassBasis = MassBasis.ACTUAL,
    prn: tuple[str, ...] = PRN,
) -> Day:
    """Walk from an appointment to everything that comes before the bag: answers, scale, order."""
    assessments.forget()
    site = clinic(site, at=at)
    clinician = clinician or on_shift(staff(Role.MONITOR, site=site), site, at=at)
    second = on_shift(staff(Role.MONITOR, site=site), site, at=at)
    prescriber = on_shift(staff(Role.PRESCRIBER, site=site), site, at=at)
    custodian = staff(Role.CUSTODIAN, site=site)
    prn_products()
    course = CourseFactory.create(
        patient=PatientFactory.create(home_site=site, **(patient or {})), prescriber=prescriber
    )
    room = room or RoomFactory.create(site=site)
    monitor = DeviceFactory.create(site=site)
    pump = DeviceFactory.create(site=site, kind="pump", name=f"Pump of {room.name}")
    for device in (monitor, pump):
        DevicePlacement.objects.create(
            device=device,
            room=room,
            during=DateTimeTZRange(at - dt.timedelta(days=1), None),
        )
    text = definition(DefinitionKind.CONSENT_TEXT, "iv_ketamine", {"sections": []})
    Consent.objects.create(
        patient=course.patient,
        course=course,
        text=text,
        signed_name=str(course.patient),
        method=SignatureMethod.ON_SCREEN,
        signed_at=at - dt.timedelta(days=5),
        explained_by=prescriber,
        recorded_at=at - dt.timedelta(days=5),
    )
    appointment = AppointmentFactory.create(
        course=course,
        room=room,
        clinician=clinician,
        during=DateTimeTZRange(at, at + dt.timedelta(hours=2)),
    )
    came = checkin.check_in(appointment=appointment.public_id, by=clinician, at=at)
    assert isinstance(came, Done), came
    session = came.row
    vial = stock.receive_vial(
        site=site,
        product=KetamineFactory.create(),
        number=f"V{session.pk}",
        lot="L24-118",
        expires_on=site.local_date(at) + dt.timedelta(days=400),
        contents=Volume.ml("10"),
        by=custodian,
        at=at - dt.timedelta(days=2),
        key=uuid.uuid4(),
    )
    answer_the_door(session, by=clinician, at=at + dt.timedelta(minutes=2))
    weighed = checkin.weigh(
        session=session.public_id,
        mass=BodyMass.kg(kg),
        confirmed_unusual=True,
        by=clinician,
        at=at + dt.timedelta(minutes=4),
    )
    assert isinstance(weighed, Done), weighed
    signed = orders.sign_order(
        course=course.public_id,
        for_date=session.local_date,
        dose=DosePerMass.mg_per_kg(mg_per_kg),
        over=Duration.minutes(minutes),
        basis=basis,
        prn=prn,
        by=prescriber,
        at=at + dt.timedelta(minutes=6),
    )
    assert isinstance(signed, Done), signed
    return Day(
        session=session,
        site=site,
        clinician=clinician,
        prescriber=prescriber,
        second=second,
        arrived=at,
        vial=vial,
        monitor=monitor,
        pump=pump,
        order=signed.row,
    )


def answer_the_door(session: TreatmentSession, *, by: Account, at: dt.datetime) -> None:
    """Answer every question of the check-in as somebody does who is fit to be treated."""
    checkin.save_check_in(
        session=session.public_id,
        answers={
            "identifiers": [Identifier.FULL_NAME, Identifier.DATE_OF_BIRTH],
            "last_solid_at": at - dt.timedelta(hours=9),
            "last_clear_fluid_at": at - dt.timedelta(hours=4),
            "alcohol_or_drugs_asked": True,
            "cannabis_asked": True,
            "appears_intoxicated": False,
            "medicines_reviewed_at": at,
            "decongestant_taken_today": False,
            "antihypertensive": Antihypertensive.NOT_PRESCRIBED,
            "glp1_agonist": False,
            "acutely_ill": False,
            "cpap": Cpap.NOT_NEEDED,
            "pregnancy_test": PregnancyTest.NEGATIVE,
            "pregnancy_tested_on": session.local_date,
            "escort_state": EscortState.CONFIRMED,
            "escort_name": "Sam Rivera",
            "escort_relation": "partner",
            "escort_phone": "555-0142",
            "suicide_statement_positive": False,
            "phq9_item9": 0,
            "suicide_level": SuicideScreen.NONE,
        },
        seen_version=CheckIn.objects.get(session=session).row_version,
        by=by,
        at=at,
    )


def take_vitals(day: Day, *, at: dt.datetime, moaas: int | None = 5, **changed: int) -> None:
    """Take a whole set by hand; ``systolic=172`` and the like change one value of CALM."""
    readings = {sign: Decimal(changed.get(sign.value, int(value))) for sign, value in CALM.items()}
    taken = record_vital_signs_by_hand(
        session=day.id, readings=readings, taken_at=at, by=day.clinician, at=at, key=uuid.uuid4()
    )
    assert isinstance(taken, tuple), taken
    if moaas is not None:
        scored = scales.record_assessment(
            session=day.id,
            instrument="moaas",
            answers={"response": moaas},
            by=day.clinician,
            at=at,
            key=uuid.uuid4(),
        )
        assert hasattr(scored, "row"), scored


def signed_by(
    account: Account, day: Day, *, act: str, on: Any, at: dt.datetime
) -> Countersignature:
    """Let somebody sign one act on one row, beside the clinician."""
    return Countersignature.objects.create(
        account=account,
        beside=day.clinician,
        act=act,
        subject_type=subject_type(on),
        subject=on.public_id,
        at=at,
    )


def witness_draw(day: Day, *, at: dt.datetime) -> Countersignature:
    """Let the second person sign that they watched the draw."""
    return signed_by(day.second, day, act="draw", on=day.session, at=at)


def read_back(day: Day, *, at: dt.datetime) -> Countersignature:
    """Let the second person sign in for the read-back of the bag."""
    return signed_by(day.second, day, act="read-back", on=day.preparation, at=at)


def witness_waste(day: Day, *, at: dt.datetime) -> Countersignature:
    """Let the second person sign that they watched the rest of the bag being wasted."""
    on = day.running or day.preparation
    return signed_by(day.second, day, act="waste", on=on, at=at)


@remembered
def prepared(**given: Any) -> Day:
    """Walk until the bag is drawn and read back: the session is READY, but for the baseline."""
    day = checked_in(**given)
    at = day.arrived + dt.timedelta(minutes=12)
    mixing = planning.dose_plan(
        day.refreshed(),
        at=at,
        strength=day.vial.strength_mg_per_ml,
        diluent=Diluent(Volume.ml("50"), line=Volume.ml("0"), residual=Volume.ml("0")),
    )
    assert mixing.plan is not None, mixing.decision
    witness = witness_draw(day, at=at)
    done = preparation.prepare(
        session=day.id,
        vial=day.vial.public_id,
        label_strength=day.vial.strength_mg_per_ml,
        drawn=mixing.plan.drawn_volume,
        diluent_name="sodium_chloride_0_9",
        diluent=Diluent(Volume.ml("50"), line=Volume.ml("0"), residual=Volume.ml("0")),
        by=day.clinician,
        at=at,
        key=uuid.uuid4(),
        witness=witness,
    )
    assert isinstance(done, Done), done
    day.preparation = done.row
    at = at + dt.timedelta(minutes=2)
    checked = preparation.check_preparation_read_back(
        session=day.id,
        read_back=preparation.expected_read_back(done.row),
        second=read_back(day, at=at),
        by=day.clinician,
        at=at,
    )
    assert isinstance(checked, Done), checked
    day.refreshed()
    return day


@remembered
def ready(**given: Any) -> Day:
    """Walk until nothing stands between the patient and the start."""
    day = prepared(**given)
    take_vitals(day, at=day.started - dt.timedelta(minutes=12))
    take_vitals(day, at=day.started - dt.timedelta(minutes=6))
    day.refreshed()
    return day


@remembered
def infusing(**given: Any) -> Day:
    """Walk until the infusion runs; it started at ``day.started``."""
    day = ready(**given)
    started = infusions.start_infusion(
        session=day.id, by=day.clinician, at=day.started, key=uuid.uuid4()
    )
    assert isinstance(started, Done), started
    day.running = started.row
    day.refreshed()
    return day


@remembered
def recovering(**given: Any) -> Day:
    """Walk until the pump is stopped after the whole 40 minutes; every reading was taken."""
    day = infusing(**given)
    for minute in range(0, 40, 10):
        take_vitals(day, at=day.minute(minute + 1))
    take_vitals(day, at=day.minute(40))
    stopped = infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.COMPLETED,
        by=day.clinician,
        at=day.minute(40.5),
        key=uuid.uuid4(),
    )
    assert isinstance(stopped, Done), stopped
    day.refreshed()
    return day


@remembered
def recovered(**given: Any) -> Day:
    """Walk until nothing stands between the patient and the way home, 40 minutes after the stop."""
    day = recovering(**given)
    for minute in (41, 55, 70, 80):
        take_vitals(day, at=day.minute(minute))
    score_recovery(day, at=day.minute(80))
    closing.save_recovery(
        session=day.id,
        answers=WELL,
        seen_version=Recovery.objects.get(session=day.session).row_version,
        by=day.clinician,
        at=day.minute(80),
    )
    day.refreshed()
    return day


def score_recovery(day: Day, *, at: dt.datetime) -> None:
    """Take the recovery's scales as of somebody who is awake and well."""
    for key, answers in (
        (
            "aldrete",
            dict.fromkeys(("activity", "respiration", "circulation", "consciousness", "oxygen"), 2),
        ),
        ("dissociation", {"dissociation": 0}),
    ):
        scored = scales.record_assessment(
            session=day.id,
            instrument=key,
            answers=answers,
            by=day.clinician,
            at=at,
            key=uuid.uuid4(),
        )
        assert hasattr(scored, "row"), scored


WELL: dict[str, Any] = {
    "oriented": 3,
    "steady_gait": True,
    "first_walk_accompanied": True,
    "drank_fluid": True,
    "nausea_controlled": True,
    "dissociation_at_baseline": True,
    "on_room_air": True,
    "iv_removed": True,
    "iv_site_checked": True,
    "suicide_statement_positive": False,
    "suicide_level": SuicideScreen.NONE,
    "told_no_driving": True,
    "written_instructions": True,
    "phone_24_h_given": True,
    "escort_present": True,
    "escort_is_adult": True,
    "escort_name": "Sam Rivera",
    "escort_relation": "partner",
    "escort_phone": "555-0142",
}
"""Somebody who may go home."""


@remembered
def discharged(**given: Any) -> Day:
    """Walk until the patient has left and the bag is accounted for: ready to be signed."""
    day = recovered(**given)
    accounted = accounting.account_for_bag(
        session=day.id,
        witness=witness_waste(day, at=day.minute(81)),
        by=day.clinician,
        at=day.minute(81),
        key=uuid.uuid4(),
    )
    assert isinstance(accounted, Done), accounted
    left = closing.discharge(
        session=day.id,
        ending=SessionEnding.COMPLETED,
        fields={},
        by=day.clinician,
        at=day.minute(82),
        key=uuid.uuid4(),
    )
    assert isinstance(left, Done), left
    acknowledge_alarms(day, at=day.minute(83))
    day.refreshed()
    return day


@remembered
def signed(**given: Any) -> Day:
    """Walk until the record is signed and locked."""
    day = discharged(**given)
    done = signing.sign_record(session=day.id, by=day.prescriber, at=day.minute(90))
    assert isinstance(done, Done), done
    day.refreshed()
    return day


def acknowledge_alarms(day: Day, *, at: dt.datetime) -> None:
    """See every alarm that still waits; a red pressure gave no symptoms."""
    for alarm in alarms_to_acknowledge(day.session):
        acknowledge_alarm(alarm=alarm.public_id, by=day.clinician, at=at)
    for alarm in reds_without_symptom_answer(day.session):
        acknowledge_alarm(alarm=alarm.public_id, by=day.clinician, at=at, symptomatic=False)
