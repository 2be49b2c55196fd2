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
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts.models import Account
from afterglow.apps.accounts.services.countersigning import SecondPerson
from afterglow.apps.assessments import queries as assessments
from afterglow.apps.consent.models import Consent, SignatureMethod
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.devices.models import DevicePlacement
from afterglow.apps.places.models import Room, Site
from afterglow.apps.stock import services as stock
from afterglow.apps.treatment import planning
from afterglow.apps.treatment.models import (
    Coverage,
    Recovery,
)
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import (
    accounting,
    checkin,
    closing,
    coverage,
    infusions,
    orders,
    preparation,
    signing,
    weighing,
)
from afterglow.core.dosing import Diluent
from afterglow.core.quantities import BodyMass, DosePerMass, Duration, MassBasis, Volume
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import InfusionEnding, SessionEnding
from factories import (
    AT,
    PASSWORD,
    AppointmentFactory,
    CourseFactory,
    DeviceFactory,
    KetamineFactory,
    PatientFactory,
    RoomFactory,
    definition,
    staff,
)
from support.day_steps import (
    CALM,
    PRN,
    TO_START,
    Day,
    acknowledge_alarms,
    answer_the_door,
    clinic,
    on_shift,
    prn_products,
    read_back,
    score_recovery,
    signed_by,
    take_vitals,
    witness_draw,
    witness_waste,
)
from support.remembered import remembered

__all__ = [
    "CALM",
    "PRN",
    "TO_START",
    "WELL",
    "Day",
    "acknowledge_alarms",
    "answer_the_door",
    "checked_in",
    "clinic",
    "discharged",
    "infusing",
    "on_shift",
    "prepared",
    "prn_products",
    "read_back",
    "ready",
    "recovered",
    "recovering",
    "score_recovery",
    "signed",
    "signed_by",
    "take_vitals",
    "taken_over",
    "witness_draw",
    "witness_waste",
]


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
    weighed = weighing.weigh(
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


def taken_over(
    day: Day,
    *,
    to: Account,
    at: dt.datetime,
    by: Account | None = None,
    secret: str = PASSWORD,
    seen: uuid.UUID | str | None = "now",
    break_for: dt.timedelta | None = None,
    key: uuid.UUID | None = None,
) -> Done[Coverage] | Refused:
    """Let ``to`` take the patient over by their password, at the tablet of ``by``.

    ``seen`` is the stretch on their page; "now" is the one that is open.
    """
    if seen == "now":
        now = Coverage.objects.filter(session=day.session, during__upper_inf=True).first()
        seen = now.public_id if now else None
    assert not isinstance(seen, str)
    return coverage.take_over(
        session=day.id,
        taker=SecondPerson(to.username, secret),
        seen=seen,
        by=by or day.clinician,
        at=at,
        key=key or uuid.uuid4(),
        break_for=break_for,
    )


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
