"""The dose plan of a session: its order, today's mass, a product and a bag, with every check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from afterglow.apps.monitoring.models import BodyMassMeasurement
from afterglow.apps.people.models import Patient, SexAtBirth
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import Infusion, InfusionOrder, Preparation
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Overrider
from afterglow.core.dosing import (
    Body,
    Diluent,
    DosingRules,
    FormulaSex,
    MassMeasured,
    OrderFacts,
    PlannedInfusion,
    Prescription,
    check_basis,
    check_order,
    check_weight,
    dosing_mass,
    plan_infusion,
)
from afterglow.core.quantities import (
    BodyMass,
    Concentration,
    DosePerMass,
    Duration,
    MassBasis,
)

_FORMULA_SEX = {SexAtBirth.FEMALE: FormulaSex.FEMALE, SexAtBirth.MALE: FormulaSex.MALE}


@dataclass(frozen=True, slots=True)
class DosePlan:
    """What the order comes to today. ``plan`` is None while something it needs is missing."""

    decision: Decision
    plan: PlannedInfusion | None
    order: InfusionOrder | None
    mass: BodyMassMeasurement | None
    basis: MassBasis | None


def body_of(patient: Patient, mass: BodyMass) -> Body:
    """Return what the mass rules need of a patient."""
    return Body(mass, patient.height_cm, _FORMULA_SEX.get(SexAtBirth(patient.sex_at_birth)))


def weight_decision(session: TreatmentSession, mass: BodyMass, *, at: datetime) -> Decision:
    """Decide whether a mass just read off the scale is plausible for this patient."""
    history = [
        MassMeasured(row.mass_kg, row.at)
        for row in BodyMassMeasurement.objects.filter(
            session__patient=session.patient, mistake__isnull=True
        )
    ]
    rules = rules_of(session.protocol_id).dosing
    return check_weight(body_of(session.patient, mass), at=at, history=history, rules=rules)


def dose_plan(
    session: TreatmentSession,
    *,
    at: datetime,
    strength: Concentration | None = None,
    diluent: Diluent | None = None,
) -> DosePlan:
    """Plan today's infusion and judge it, as far as the record allows.

    Without a strength the first product of the protocol stands in, and the usual bag: the page
    shows a plan before anything is taken from the cabinet.
    """
    order = queries.order_in_force(session)
    mass = queries.mass_today(session)
    if order is None or mass is None:
        return DosePlan(Decision(), None, order, mass, None)
    rules = rules_of(session.protocol_id).dosing
    chosen = MassBasis(order.mass_basis) if order.mass_basis else None
    body = body_of(session.patient, mass.mass_kg)
    basis_decision = check_basis(body, chosen, rules)
    weighed = weight_decision(session, mass.mass_kg, at=mass.at)
    basis = chosen or rules.dosing_mass.default_basis
    if (
        "HEIGHT_UNKNOWN" in basis_decision.codes
        or "SEX_FOR_FORMULA_UNKNOWN" in basis_decision.codes
    ):
        return DosePlan(weighed & basis_decision, None, order, mass, basis)
    planned = plan_infusion(
        prescription_of(order),
        dosing_mass(body, basis, rules.dosing_mass),
        strength=strength or rules.preparation.products[0].strength,
        diluent=diluent or usual_diluent(rules),
        rules=rules,
    )
    ordered = check_order(
        OrderFacts(
            prescription=planned.prescription,
            dosing_mass=planned.dosing_mass,
            at=at,
            drawn=planned.drawn,
            last_dose=last_dose(
                session.patient, before=at, actual=mass.mass_kg, dosing=planned.dosing_mass
            ),
            earlier_starts=earlier_starts(session),
        ),
        rules,
    )
    decision = _as_signed(weighed & basis_decision & ordered, order)
    return DosePlan(decision, planned, order, mass, basis)


_OF_THE_ORDER_ALONE = frozenset({"DOSE_PER_KG_ABOVE_SOFT_LIMIT", "DOSE_STEP_ABOVE_SOFT_LIMIT"})
"""Soft limits that no later weight changes: the reason in the signed order answers them."""


def _as_signed(decision: Decision, order: InfusionOrder) -> Decision:
    """Return the decision with the soft limits that the order's own signed reason passed."""
    if not order.soft_limit_reason:
        return decision
    return decision.overriding(dict.fromkeys(_OF_THE_ORDER_ALONE, Overrider.PRESCRIBER))


def usual_diluent(rules: DosingRules) -> Diluent:
    """Return the protocol's usual bag, without line or residual."""
    return Diluent(rules.preparation.bag_usual)


def prescription_of(order: InfusionOrder) -> Prescription:
    """Return the order as the dosing core reads it."""
    return Prescription(
        DosePerMass.mg_per_kg(order.dose_mg_per_kg), Duration.minutes(order.minutes)
    )


def last_dose(
    patient: Patient, *, before: datetime, actual: BodyMass, dosing: BodyMass
) -> DosePerMass | None:
    """Return the patient's last dose per kilogram of today's dosing mass, None before the first.

    ``actual`` and ``dosing`` are today's masses. Where the basis has changed since, the last dose
    is carried over by actual weight: 0.5 mg/kg of the ideal mass is far less of the actual one.
    """
    row = (
        Preparation.objects.filter(
            session__patient=patient, infusion__isnull=False, infusion__started_at__lt=before
        )
        .select_related("order", "session")
        .order_by("-infusion__started_at")
        .first()
    )
    if row is None:
        return None
    ordered = DosePerMass.mg_per_kg(row.order.dose_mg_per_kg)
    weighed = (
        BodyMassMeasurement.objects.filter(
            session=row.session, at__lte=row.prepared_at, mistake__isnull=True
        )
        .order_by("-at", "-pk")
        .first()
    )
    if weighed is None or _basis_of(row) is dosing.basis:
        return ordered
    share = row.dosing_mass_kg.value / weighed.mass_kg.value * actual.value / dosing.value
    # Down: what was given before never looks like more than it was.
    return DosePerMass.mg_per_kg((ordered.value * share).quantize(_CARRIED, ROUND_DOWN))


_CARRIED = Decimal("0.0001")


def _basis_of(preparation: Preparation) -> MassBasis:
    """Return the mass that a preparation's dose stood on: chosen, or its protocol's default."""
    if preparation.order.mass_basis:
        return MassBasis(preparation.order.mass_basis)
    return rules_of(preparation.session.protocol_id).dosing.dosing_mass.default_basis


def earlier_starts(session: TreatmentSession) -> tuple[datetime, ...]:
    """Return when the patient's infusions of other sessions started."""
    return tuple(
        Infusion.objects.filter(session__patient=session.patient)
        .exclude(session=session)
        .order_by("started_at")
        .values_list("started_at", flat=True)
    )
