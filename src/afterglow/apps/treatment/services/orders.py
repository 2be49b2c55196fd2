"""Sign and cancel infusion orders."""

from __future__ import annotations

import datetime as dt
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
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.protocol import rules_of
from afterglow.core.decisions import Decision, Overrider, Severity
from afterglow.core.dosing import OrderFacts, Prescription, check_basis, check_order, dosing_mass
from afterglow.core.quantities import DosePerMass, Duration, MassBasis
from afterglow.core.roles import Action


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
) -> Done[InfusionOrder] | Refused:
    """Sign an order for one day of a course; an order of that day is replaced, not changed.

    Refuses what lies past a hard limit. A soft limit needs ``soft_limit_reason``, and the signing
    prescriber is its override. Without a measured mass only the limits that need none are judged;
    the readiness rules judge the rest on the day.
    """
    row = Course.objects.select_for_update(of=("self",)).get(public_id=course)
    policies.check(Action.SIGN_ORDER, by=by, site=row.site, on=row.site.local_date(at))
    decision = judge_order(row, dose=dose, over=over, basis=basis, at=at)
    if soft_limit_reason.strip():
        decision = decision.overriding(
            {reason.code: Overrider.PRESCRIBER for reason in decision.blockers}
        )
    if decision.refused:
        audit.record(
            "order-refused",
            subject=row,
            by=by,
            at=at,
            site=row.site,
            patient=row.patient,
            detail={"codes": list(decision.codes)},
        )
        return Refused(decision)
    earlier = InfusionOrder.objects.filter(
        course=row, for_date=for_date, replaced_by__isnull=True, cancellation__isnull=True
    ).first()
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
        BodyMassMeasurement.objects.filter(session__patient=course.patient).order_by("-at").first()
    )
    if last is None:
        return Decision()
    body = planning.body_of(course.patient, last.mass_kg)
    based = check_basis(body, basis, rules)
    if {"HEIGHT_UNKNOWN", "SEX_FOR_FORMULA_UNKNOWN"} & set(based.codes):
        return based
    mass = dosing_mass(body, basis or rules.dosing_mass.default_basis, rules.dosing_mass)
    facts = OrderFacts(
        prescription=Prescription(dose, over),
        dosing_mass=mass,
        at=at,
        last_dose=planning.last_dose(course.patient, before=at),
    )
    return based & check_order(facts, rules)


def needs_reason(decision: Decision) -> bool:
    """Whether everything that blocks could be passed by the prescriber's own reason."""
    return bool(decision.blockers) and all(
        reason.severity is not Severity.BLOCKER or reason.overridable_by is Overrider.PRESCRIBER
        for reason in decision.blockers
    )


@transaction.atomic
def cancel_order(*, order: UUID, reason: str, by: Account, at: dt.datetime) -> OrderCancellation:
    """Take an order back. Cancelling twice is cancelling once."""
    row = InfusionOrder.objects.select_related("course__site").get(public_id=order)
    policies.check(
        Action.SIGN_ORDER, by=by, site=row.course.site, on=row.course.site.local_date(at)
    )
    cancellation, made = OrderCancellation.objects.get_or_create(
        order=row, defaults={"reason": reason, "by": by, "at": at}
    )
    if made:
        _tell("order-cancelled", row, by=by, at=at)
    return cancellation


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
