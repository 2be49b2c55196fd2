"""Sign and cancel infusion orders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.courses.models import Course
from afterglow.apps.events import services as events
from afterglow.apps.monitoring.models import BodyMassMeasurement
from afterglow.apps.treatment import planning
from afterglow.apps.treatment.models import InfusionOrder, OrderCancellation
from afterglow.apps.treatment.outcomes import Done, Refused, as_json
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Overrider, Reason, Severity, blocker
from afterglow.core.dosing import (
    DosingRules,
    OrderFacts,
    Prescription,
    check_basis,
    check_order,
    dosing_mass,
)
from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import DosePerMass, Duration, MassBasis
from afterglow.core.roles import Action
from afterglow.core.treatment.lifecycles import BEFORE_START, SessionState
from afterglow.core.treatment.saying import day as said_day
from afterglow.core.treatment.saying import words


class Unseen:
    """The caller says nothing about what was on the screen: an import, a test, a first order."""


UNSEEN = Unseen()


@transaction.atomic
def sign_order(
    *,
    course: UUID,
    for_date: dt.date,
    dose: DosePerMass,
    over: Duration,
    basis: MassBasis | None,
    by: Account,
    at: dt.datetime,
    prn: tuple[str, ...] = (),
    soft_limit_reason: str = "",
    instructions: str = "",
    seen_order: UUID | Unseen | None = UNSEEN,
) -> Done[InfusionOrder] | Refused:
    """Sign an order for one day of a course; an order of that day is replaced, not changed.

    Refuses a day that is gone, and one whose infusion has begun or whose session is over.
    Refuses what lies past a hard limit. A soft limit needs ``soft_limit_reason``, and the signing
    prescriber is its override. Without a measured mass only the limits that need none are judged;
    the readiness rules judge the rest on the day. ``seen_order`` is the order that was on the
    signer's screen (None: none): when another one is in force now, nothing is signed. The same
    order signed twice by one person is one order.
    """
    row = Course.objects.select_for_update(of=("self",), no_key=True).get(public_id=course)
    policies.check(Action.SIGN_ORDER, by=by, site=row.site, on=row.site.local_date(at))
    earlier = in_force(row, for_date)
    said = (soft_limit_reason.strip(), instructions)
    if earlier is not None and _same(earlier, dose, over, basis, prn, said, by):
        return Done(earlier, Decision(), repeated=True)
    decision = judge_order(row, dose=dose, over=over, basis=basis, at=at)
    if not isinstance(seen_order, Unseen) and seen_order != (earlier and earlier.public_id):
        decision = decision & Decision((_changed(earlier),))
    if soft_limit_reason.strip():
        decision = decision.overriding(
            {reason.code: Overrider.PRESCRIBER for reason in decision.blockers}
        )
    decision &= Decision.from_reasons(_too_late(row, for_date, at=at))
    if decision.refused:
        detail = {"dose_mg_per_kg": str(dose.value), "minutes": str(over.in_minutes)}
        return _refuse("order-refused", row, for_date, decision, by=by, at=at, detail=detail)
    order = InfusionOrder.objects.create(
        course=row,
        protocol=row.protocol,
        for_date=for_date,
        dose_mg_per_kg=dose.value,
        mass_basis=basis or "",
        minutes=over.in_minutes,
        prn=list(prn),
        soft_limit_reason=soft_limit_reason.strip(),
        instructions=instructions,
        signed_by=by,
        signed_at=at,
        replaces=earlier,
    )
    _tell("order-signed", order, by=by, at=at)
    return Done(order, decision)


def in_force(course: Course, for_date: dt.date) -> InfusionOrder | None:
    """Return the order of a day that was neither replaced nor cancelled."""
    return (
        InfusionOrder.objects.filter(
            course=course, for_date=for_date, replaced_by__isnull=True, cancellation__isnull=True
        )
        .order_by("-signed_at")
        .first()
    )


def seen_for(course: Course, for_date: dt.date, shown: UUID | None) -> UUID | None:
    """Return the order that was on the screen, if it is one of this day; another day's is none."""
    if shown is None:
        return None
    mine = InfusionOrder.objects.filter(public_id=shown, course=course, for_date=for_date)
    return shown if mine.exists() else None


def _same(
    order: InfusionOrder,
    dose: DosePerMass,
    over: Duration,
    basis: MassBasis | None,
    prn: tuple[str, ...],
    said: tuple[str, str],
    by: Account,
) -> bool:
    return (
        order.signed_by_id == by.pk
        and Decimal(order.dose_mg_per_kg) == dose.value
        and Decimal(order.minutes) == over.in_minutes
        and order.mass_basis == (basis or "")
        and sorted(order.prn) == sorted(prn)
        and (order.soft_limit_reason, order.instructions) == said
    )


def _changed(order: InfusionOrder | None) -> Reason:
    now = (
        "none"
        if order is None
        else f"{Decimal(order.dose_mg_per_kg).normalize():f} mg/kg, "
        f"{Decimal(order.minutes).normalize():f} min"
    )
    return blocker(
        "ORDER_CHANGED_MEANWHILE",
        "The order that stands for this day is not the one on your screen: somebody signed or "
        f"cancelled one. It stands at: {now}. Look at it before you sign.",
        seen=now,
    )


def _too_late(course: Course, for_date: dt.date, *, at: dt.datetime) -> Iterator[Reason]:
    """Say why the order of a day is changed no more: the day is gone, or its session went on."""
    today = course.site.local_date(at)
    if for_date < today:
        yield blocker(
            "ORDER_FOR_A_DAY_GONE",
            f"{said_day(for_date)} is over; today is {said_day(today)}. "
            "An order is signed beforehand.",
            seen=said_day(for_date),
            limit=said_day(today),
        )
    states = [SessionState(each.state) for each in _sessions_of(course, for_date)]
    if states and not any(state in BEFORE_START for state in states):
        yield blocker(
            "ORDER_IN_USE",
            f"The session of this day is {words(states[-1])}: its order stays as it is. "
            "Chart what is done now, or add a note.",
            seen=str(states[-1]),
        )


def _sessions_of(course: Course, on: dt.date) -> list[TreatmentSession]:
    """Return the course's sessions of a day, locked: none starts while its order changes."""
    return list(
        TreatmentSession.objects.locked().filter(course=course, local_date=on).order_by("pk")
    )


def judge_order(
    course: Course,
    *,
    dose: DosePerMass,
    over: Duration,
    basis: MassBasis | None,
    at: dt.datetime,
) -> Decision:
    """Decide whether an order lies within its course's protocol, by the last known mass."""
    rules = rules_of(course.protocol_id).dosing
    last = (
        BodyMassMeasurement.objects.filter(session__patient=course.patient, mistake__isnull=True)
        .order_by("-at")
        .first()
    )
    if last is None:
        return _judge_without_mass(dose, over, course, rules, at)
    body = planning.body_of(course.patient, last.mass_kg)
    based = check_basis(body, basis, rules)
    if {"HEIGHT_UNKNOWN", "SEX_FOR_FORMULA_UNKNOWN"} & set(based.codes):
        return based
    mass = dosing_mass(body, basis or rules.dosing_mass.default_basis, rules.dosing_mass)
    facts = OrderFacts(
        prescription=Prescription(dose, over),
        dosing_mass=mass,
        at=at,
        last_dose=planning.last_dose(course.patient, before=at, actual=last.mass_kg, dosing=mass),
    )
    return based & check_order(facts, rules)


def _judge_without_mass(
    dose: DosePerMass, over: Duration, course: Course, rules: DosingRules, at: dt.datetime
) -> Decision:
    """Judge what no mass changes. Milligrams of the lightest patient are past no limit unfairly."""
    lightest = rules.measurements.mass.low
    if lightest is None:
        raise InvalidValue("The protocol's lowest plausible mass is missing.")
    # Nobody is infused unweighed: without a mass there is no last dose either.
    facts = OrderFacts(prescription=Prescription(dose, over), dosing_mass=lightest, at=at)
    return check_order(facts, rules)


def needs_reason(decision: Decision) -> bool:
    """Whether everything that blocks could be passed by the prescriber's own reason."""
    return bool(decision.blockers) and all(
        reason.severity is not Severity.BLOCKER or reason.overridable_by is Overrider.PRESCRIBER
        for reason in decision.blockers
    )


@transaction.atomic
def cancel_order(
    *, order: UUID, reason: str, by: Account, at: dt.datetime
) -> Done[OrderCancellation] | Refused:
    """Take an order back. Cancelling twice is cancelling once.

    Refuses without a reason, and once the day's infusion has begun or its session is over.
    """
    row = InfusionOrder.objects.select_related("course__site").get(public_id=order)
    policies.check(
        Action.SIGN_ORDER, by=by, site=row.course.site, on=row.course.site.local_date(at)
    )
    Course.objects.select_for_update(of=("self",), no_key=True).get(pk=row.course_id)
    if earlier := OrderCancellation.objects.filter(order=row).first():
        return Done(earlier, Decision(), repeated=True)
    reasons = [r for r in _too_late(row.course, row.for_date, at=at) if r.code == "ORDER_IN_USE"]
    if not reason.strip():
        reasons.append(
            blocker("ORDER_CANCELLED_WITHOUT_REASON", "Say in words why the order is cancelled.")
        )
    if reasons:
        decision = Decision.from_reasons(reasons)
        return _refuse("order-kept", row.course, row.for_date, decision, by=by, at=at)
    cancellation = OrderCancellation.objects.create(order=row, reason=reason.strip(), by=by, at=at)
    _tell("order-cancelled", row, by=by, at=at)
    return Done(cancellation, Decision())


def _refuse(
    what: str,
    course: Course,
    for_date: dt.date,
    decision: Decision,
    *,
    by: Account,
    at: dt.datetime,
    detail: Mapping[str, str] | None = None,
) -> Refused:
    """Record that an order was refused, with every reason; who looks at the day is told."""
    said = {"codes": list(decision.codes), "reasons": as_json(decision), **(detail or {})}
    audit.record(
        what, subject=course, by=by, at=at, site=course.site, patient=course.patient, detail=said
    )
    topics = [course.public_id, *_sessions(course, for_date)]
    events.publish_all(
        [(what, topic, course.public_id) for topic in topics], site=course.site.public_id, at=at
    )
    return Refused(decision)


def _tell(what: str, order: InfusionOrder, *, by: Account, at: dt.datetime) -> None:
    course = order.course
    audit.record(
        what,
        subject=order,
        by=by,
        at=at,
        site=course.site,
        patient=course.patient,
        detail={
            "for_date": order.for_date.isoformat(),
            "dose_mg_per_kg": str(Decimal(order.dose_mg_per_kg)),
            "minutes": str(order.minutes),
        },
    )
    events.publish_all(
        [
            (what, course.public_id, order.public_id),
            *((what, s, order.public_id) for s in _sessions(course, order.for_date)),
        ],
        site=course.site.public_id,
        at=at,
    )


def _sessions(course: Course, on: dt.date) -> list[UUID]:
    return list(course.sessions.filter(local_date=on).values_list("public_id", flat=True))
