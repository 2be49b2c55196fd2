"""One step of an infusion day each, through the real services; the days are in infusion_day."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.assessments import services as scales
from afterglow.apps.audit.services import subject_type
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.devices.models import Device
from afterglow.apps.medicines.models import LabelClass, Product
from afterglow.apps.monitoring.services import acknowledge_alarm, record_vital_signs_by_hand
from afterglow.apps.places.models import EquipmentCheck, Site
from afterglow.apps.scheduling.models import StaffShift
from afterglow.apps.stock.models import Vial
from afterglow.apps.treatment.facts.sign import alarms_to_acknowledge, reds_without_symptom_answer
from afterglow.apps.treatment.models import (
    CheckIn,
    Infusion,
    InfusionOrder,
    Preparation,
)
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.services import (
    checkin,
)
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.instruments.library import shipped_bodies
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.treatment.facts import (
    Antihypertensive,
    Cpap,
    EscortState,
    Identifier,
    PregnancyTest,
)
from factories import (
    AT,
    SiteFactory,
    definition,
)

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


def acknowledge_alarms(day: Day, *, at: dt.datetime) -> None:
    """See every alarm that still waits; a red pressure gave no symptoms."""
    for alarm in alarms_to_acknowledge(day.session):
        acknowledge_alarm(alarm=alarm.public_id, by=day.clinician, at=at)
    for alarm in reds_without_symptom_answer(day.session):
        acknowledge_alarm(alarm=alarm.public_id, by=day.clinician, at=at, symptomatic=False)
