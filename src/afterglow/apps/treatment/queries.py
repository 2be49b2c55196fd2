"""Reads of one infusion day."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet

from afterglow.apps.medicines.models import Product
from afterglow.apps.monitoring.facts import last_pump_readings
from afterglow.apps.monitoring.models import BodyMassMeasurement, PumpReading
from afterglow.apps.monitoring.pumps import delivered_since, last_counted
from afterglow.apps.stock.models import LedgerEntry
from afterglow.apps.treatment.bags import bag_of
from afterglow.apps.treatment.emergencies import PRESSED_KEYS, UNSIGNED
from afterglow.apps.treatment.models import (
    Infusion,
    InfusionOrder,
    MedicineGiven,
    MedicineToday,
    OfflineEntry,
    Preparation,
    PumpAction,
    PumpDifference,
    SessionEvent,
)
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.models.offline import OfflineOutcome
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.dosing import RateFrom, Reconciliation, reconcile
from afterglow.core.quantities import Rate
from afterglow.core.stock import LedgerKind
from afterglow.core.treatment.endings import INFUSION_ENDINGS, InfusionEnding, SessionEnding
from afterglow.core.treatment.lifecycles import InfusionState
from afterglow.db.looks import read_once

STOPPED = Rate.ml_per_h(0)
COLUMN_SCALES = ("moaas", "dissociation", "nausea", "anxiety", "pain")
"""The scales that one column of the grid takes; their keys follow from the column's."""


@read_once
def order_in_force(session: TreatmentSession) -> InfusionOrder | None:
    """Return the newest order for the session's day that was not replaced or cancelled."""
    return standing_orders(session.local_date).filter(course=session.course).first()


def standing_orders(day: date) -> QuerySet[InfusionOrder]:
    """Return the orders for a day that were not replaced or cancelled, the newest first."""
    return (
        InfusionOrder.objects.filter(
            for_date=day, replaced_by__isnull=True, cancellation__isnull=True
        )
        .select_related("signed_by", "protocol")
        .order_by("-signed_at")
    )


def medicines_by_need(session: TreatmentSession) -> list[Product]:
    """Return the products that the order in force allows by need, by their key or medicine."""
    order = order_in_force(session)
    named = order.prn if order else []
    return [
        product
        for product in Product.objects.filter(is_active=True)
        if product.key in named or product.medicine in named
    ]


@read_once
def mass_today(session: TreatmentSession) -> BodyMassMeasurement | None:
    """Return the last mass measured in this session that was not entered in error."""
    return (
        BodyMassMeasurement.objects.filter(session=session, mistake__isnull=True)
        .order_by("-at", "-pk")
        .first()
    )


def earlier_masses(session: TreatmentSession) -> Sequence[BodyMassMeasurement]:
    """Return the patient's last three masses before this session, the newest first."""
    return list(
        BodyMassMeasurement.objects.filter(
            session__patient=session.patient,
            at__lt=session.checked_in_at,
            mistake__isnull=True,
        )
        .select_related("session__site")
        .order_by("-at")[:3]
    )


def masses_that_count(session: TreatmentSession) -> Sequence[BodyMassMeasurement]:
    """Return the patient's last five masses, today's included, that were not taken back."""
    return list(
        BodyMassMeasurement.objects.filter(
            session__patient=session.patient, mistake__isnull=True
        ).order_by("-at", "-pk")[:5]
    )


def preparation_in_use(session: TreatmentSession) -> Preparation | None:
    """Return the preparation that was not discarded."""
    return (
        Preparation.objects.filter(session=session, discarded_at__isnull=True)
        .select_related("order", "vial__product", "prepared_by", "checked_by__account")
        .first()
    )


@read_once
def infusion_of(session: TreatmentSession) -> Infusion | None:
    """Return the session's newest infusion."""
    found = (
        Infusion.objects.filter(session=session)
        .select_related("preparation__order", "preparation__vial__product", "clinician")
        .order_by("-started_at")
        .first()
    )
    if found is not None:
        found.session = session  # already read
    return found


def way_home(session: TreatmentSession) -> SessionEnding:
    """Return what a discharge home is called, by how the infusion ended."""
    infusion = infusion_of(session)
    if infusion is None or not infusion.ending:
        return SessionEnding.COMPLETED
    return INFUSION_ENDINGS[InfusionEnding(infusion.ending)].discharged_as


def called_back(session: TreatmentSession) -> SessionEvent | None:
    """Return the last time that the patient was called back after a discharge; None: never."""
    return (
        SessionEvent.objects.filter(session=session, kind=EventKind.CALLED_BACK)
        .select_related("by")
        .order_by("-at", "-pk")
        .first()
    )


def recovering_since(session: TreatmentSession) -> datetime | None:
    """Return when the recovery began that counts: the pump's stop, or a later call-back."""
    infusion, call = infusion_of(session), called_back(session)
    ended = infusion.ended_at if infusion else None
    return max(filter(None, (ended, call.at if call else None)), default=None)


def running_infusions(clinician_pk: int) -> int:
    """Return how many infusions of a clinician run or are paused."""
    return Infusion.objects.filter(
        clinician_id=clinician_pk, state__in=[InfusionState.RUNNING, InfusionState.PAUSED]
    ).count()


@read_once
def actions_of(infusion: Infusion) -> Sequence[PumpAction]:
    """Return what was done at the pump, in order; what was charted in error is left out."""
    return [row for row in every_action(infusion) if not hasattr(row, "mistake")]


@read_once
def every_action(infusion: Infusion) -> Sequence[PumpAction]:
    """Return every pump entry in order, those that were charted in error as well."""
    return list(infusion.actions.select_related("by", "mistake__by").order_by("sequence"))


def course_of(actions: Sequence[PumpAction]) -> tuple[RateFrom, ...]:
    """Return the charted rates over time: a pause and the stop are 0 mL/h."""
    return tuple(
        RateFrom(
            action.at,
            STOPPED
            if action.kind in (PumpActionKind.PAUSE, PumpActionKind.STOP)
            else action.rate_ml_per_h,
        )
        for action in actions
    )


@dataclass(frozen=True, slots=True)
class PumpNow:
    """What the pump last said, beside what is charted."""

    reading: PumpReading | None
    charted_rate: Rate
    still_runs: bool
    """The chart says stopped or paused, and the pump still reports a rate."""


@read_once
def pump_now(session: TreatmentSession, *, at: datetime) -> PumpNow:
    """Return what the pump last said, beside the rate that is charted."""
    reading = last_pump_readings([session.pk]).get(session.pk)
    infusion = infusion_of(session)
    course = course_of(actions_of(infusion)) if infusion else ()
    charted = course[-1].rate if course else STOPPED
    newer = reading is not None and bool(course) and reading.taken_at >= course[-1].at
    runs = reading is not None and reading.rate_ml_per_h is not None and newer
    still = runs and charted == STOPPED and reading.rate_ml_per_h > STOPPED  # type: ignore[union-attr, operator]
    return PumpNow(reading, charted, bool(still))


@read_once
def given(infusion: Infusion, *, at: datetime) -> Reconciliation:
    """Return what was given by ``at``: as charted, as the pump says, and how far apart they are.

    The pump's account is what it counted since the start. When a person has said that the chart
    is right, it is left out. A pump that agreed with the chart while it spoke and has been silent
    since is left out as well: what was given then follows from the charted rates. Once the bag is
    accounted for, what is said later changes nothing: the record tells of the milligrams that
    stand in the ledger.
    """
    from afterglow.apps.treatment.protocol import rules_of

    rules = rules_of(infusion.session.protocol_id).dosing
    settled = accounted_at(infusion)
    known = min(at, settled) if settled else at
    until = min(known, infusion.ended_at) if infusion.ended_at else known
    counted = delivered_since(
        infusion.session_id, since=infusion.started_at, at=known, tolerance=rules.pump_difference
    )
    resolved = (
        PumpDifference.objects.filter(infusion=infusion, at__lte=known).order_by("-at").first()
    )
    bag, course = bag_of(infusion.preparation), course_of(actions_of(infusion))
    if resolved is not None:
        counted = None if resolved.truth == "chart" else counted
    elif (spoke := pump_silent_since(infusion, at=known)) is not None and not reconcile(
        bag, course, counted, at=spoke, rules=rules
    ).decision.refused:
        counted = None
    return reconcile(bag, course, counted, at=until, rules=rules)


def pump_silent_since(infusion: Infusion, *, at: datetime) -> datetime | None:
    """Return when a pump last told a total, if it told none for so long that it counts as silent.

    A pump that falls silent after the charted stop has told enough. None: it speaks, or never did.
    """
    from afterglow.apps.monitoring.protocol import rules_of

    until = min(at, infusion.ended_at) if infusion.ended_at else at
    spoke = last_counted(infusion.session_id, since=infusion.started_at, at=at)
    allowed = rules_of(infusion.session).technical.pump_silent_after
    return spoke if spoke is not None and until - spoke > allowed else None


def ending_of_a_stop(session: TreatmentSession, *, at: datetime) -> InfusionEnding:
    """Completed when the whole bag was given by then; the person can say otherwise afterwards."""
    infusion = infusion_of(session)
    if infusion is None:
        return InfusionEnding.STOPPED_BY_CLINICIAN
    settled = given(infusion, at=at).settled
    done = settled.volume >= infusion.preparation.to_be_infused_ml
    return InfusionEnding.COMPLETED if done else InfusionEnding.STOPPED_BY_CLINICIAN


@read_once
def accounted_at(infusion: Infusion) -> datetime | None:
    """Return when the bag of an infusion was accounted for; None while it is not."""
    vial = infusion.preparation.vial_id
    lines = LedgerEntry.objects.filter(vial=vial, session=infusion.session_id)
    closing = lines.filter(
        kind__in=[LedgerKind.GIVEN, LedgerKind.WASTED], at__gte=infusion.started_at
    )
    return closing.order_by("-at").values_list("at", flat=True).first()


def medicines_today(session: TreatmentSession) -> Sequence[MedicineToday]:
    """Return what the patient said about each medicine, corrections applied."""
    return list(
        MedicineToday.objects.filter(session=session, replaced_by__isnull=True).order_by("name")
    )


@read_once
def medicines_given(session: TreatmentSession) -> Sequence[MedicineGiven]:
    """Return the medicines given beside the infusion, oldest first; no mistakes among them."""
    return [row for row in every_medicine(session) if not hasattr(row, "mistake")]


@read_once
def every_medicine(session: TreatmentSession) -> Sequence[MedicineGiven]:
    """Return every medicine that was charted, oldest first, those in error as well."""
    return list(
        MedicineGiven.objects.filter(session=session)
        .select_related("product", "by", "mistake__by", "mistake__seconded__account")
        .order_by("at", "pk")
    )


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event as the time axis shows it: its later name, and whether it was withdrawn."""

    number: int
    event: SessionEvent
    label: str
    withdrawn: bool


@read_once
def shown_events(session: TreatmentSession) -> Sequence[ShownEvent]:
    """Return the session's events in clinical order, numbered, names and undos applied."""
    rows = list(
        SessionEvent.objects.filter(session=session).select_related("by").order_by("at", "pk")
    )
    names = {row.about_id: row.label for row in rows if row.kind == EventKind.NAME_MARK}
    gone = {row.about_id for row in rows if row.kind == EventKind.WITHDRAWN}
    own = [r for r in rows if r.kind not in (EventKind.NAME_MARK, EventKind.WITHDRAWN)]
    return [
        ShownEvent(number, row, names.get(row.pk, row.label), row.pk in gone)
        for number, row in enumerate(own, start=1)
    ]


@read_once
def unsigned_keys(session: TreatmentSession) -> frozenset[UUID]:
    """Return the keys of every act that was pressed where nobody was signed in.

    Their ``by`` only left the screen's ticket; no chart names that person for them.
    """
    found: set[UUID] = set()
    for shown in shown_events(session):
        if UNSIGNED in shown.event.data:
            found.add(shown.event.key)
            found |= {UUID(text) for text in shown.event.data.get(PRESSED_KEYS, ())}
    return frozenset(found)


@read_once
def kept_on_paper(session: TreatmentSession) -> Mapping[UUID, str]:
    """Return who wrote on paper what was copied back, by the key that each line was charted under.

    Of a line of scores also by the key of each score.
    """
    found: dict[UUID, str] = {}
    for shown in shown_events(session):
        if shown.event.kind != EventKind.DOWNTIME_ENTRY:
            continue
        keeper = str(shown.event.data.get("kept_by_name", ""))
        for text in shown.event.data.get("keys", ()):
            key = UUID(text)
            found[key] = keeper
            found |= {uuid.uuid5(key, name): keeper for name in COLUMN_SCALES}
    return found


def offline_unsettled(session: TreatmentSession) -> QuerySet[OfflineEntry]:
    """Return what a tablet typed offline, could not be charted, and waits for a person."""
    return OfflineEntry.objects.filter(session=session, resolution__isnull=True).exclude(
        outcome=OfflineOutcome.CHARTED
    )


def suicide_task_key(session: TreatmentSession) -> str:
    """Return how the keys of the tasks begin that a session's positive answers open."""
    return f"suicide_positive:{session.public_id}"
