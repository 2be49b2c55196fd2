"""Everything the readiness rules look at."""

from __future__ import annotations

from datetime import date, datetime

from afterglow.apps.accounts.models import Account, Credential
from afterglow.apps.assessments.models import STANDS, Assessment
from afterglow.apps.consent.models import Consent
from afterglow.apps.consent.queries import ConsentState, state_of
from afterglow.apps.definitions.models import ApprovalAct, Definition, DefinitionKind
from afterglow.apps.definitions.queries import standing
from afterglow.apps.medicines.models import Product
from afterglow.apps.monitoring import lines
from afterglow.apps.monitoring.models import ArtefactMark, DeviceAssignment, VitalSign
from afterglow.apps.people.models import Allergy, AllergyReview, ListState
from afterglow.apps.places.models import EquipmentCheck, Site
from afterglow.apps.treatment import coverages, planning, queries
from afterglow.apps.treatment.bags import bag_of
from afterglow.apps.treatment.facts.attached import attached_facts
from afterglow.apps.treatment.facts.day import day_facts, suicide_facts
from afterglow.apps.treatment.facts.on_site import helpers
from afterglow.apps.treatment.models import CheckIn, Preparation
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core import dosing
from afterglow.core.courses.phases import CoursePhase
from afterglow.core.decisions import Decision
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.treatment.facts import (
    BaselineReading,
    ClinicianFacts,
    ConsentFacts,
    CourseFacts,
    CredentialFacts,
    EscortState,
    Identifier,
    OrderFacts,
    PreparationFacts,
    ProductFacts,
    ProtocolFacts,
    ReadinessFacts,
    SiteFacts,
    WeightFacts,
)
from afterglow.core.treatment.lifecycles import InfusionState, SessionState


def readiness(session: TreatmentSession, *, at: datetime) -> ReadinessFacts:
    """Gather everything that decides whether the infusion may start at ``at``."""
    check_in = CheckIn.objects.get(session=session)
    preparation = queries.preparation_in_use(session)
    plan = planning.dose_plan(
        session,
        at=at,
        strength=preparation.strength_mg_per_ml if preparation else None,
        diluent=bag_of(preparation).diluent if preparation else None,
    )
    order = plan.order
    running = [InfusionState.RUNNING, InfusionState.PAUSED]
    return ReadinessFacts(
        at=at,
        session_date=session.local_date,
        protocol=protocol_facts(session.protocol, at=at),
        course=CourseFacts(
            phase=CoursePhase(session.course.phase),
            accepted_at=session.course.accepted_at,
            paused=session.course.is_paused,
        ),
        consent=consent_facts(session, at=at),
        order=None
        if order is None
        else OrderFacts(
            order_id=str(order.public_id),
            for_date=order.for_date,
            signed_at=order.signed_at,
            within_protocol=order.protocol_id == session.protocol_id,
        ),
        dose_decision=_dose_decision(plan, preparation, session),
        weight=None
        if plan.mass is None
        else WeightFacts(
            kg=plan.mass.mass_kg.value,
            measured_on=session.site.local_date(plan.mass.at),
            measured_at=plan.mass.at,
        ),
        product=product_facts(preparation.vial.product) if preparation else None,
        preparation=preparation_facts(preparation),
        baseline=baseline_readings(session, at=at),
        identifiers=frozenset(Identifier(code) for code in check_in.identifiers),
        # One question at the door: "medicines and allergies were gone through with the patient".
        allergies_reviewed=session.patient.allergy_review != AllergyReview.NOT_ASKED
        and check_in.medicines_reviewed_at is not None,
        allergies=allergies_of(session),
        escort=EscortState(check_in.escort_state or EscortState.NONE),
        room_assigned=session.room_id is not None,
        room_occupied=TreatmentSession.objects.filter(
            room=session.room_id, state__in=[SessionState.INFUSING, SessionState.RECOVERY]
        )
        .exclude(pk=session.pk)
        .exists(),
        clinician=clinician_facts(session.clinician, session),
        credentials_needed=rules_of(session.protocol_id).session.clinician_credentials,
        monitor_assigned=DeviceAssignment.objects.filter(
            session=session, during__contains=at, device__kind="monitor"
        ).exists(),
        patient_has_running_infusion=session.patient.sessions.filter(
            infusions__state__in=running
        ).exists(),
        site=site_facts(session.site, day=session.local_date, at=at),
        suicide=suicide_facts(session, check_in),
        day=day_facts(session, check_in),
        more=(attached_facts(session, check_in, order, at=at),),
    )


def _dose_decision(
    plan: planning.DosePlan, preparation: Preparation | None, session: TreatmentSession
) -> Decision | None:
    """Judge today's plan and, once there is a bag, the bag itself against that plan.

    A mass, a height or an order may have changed since the drug was drawn: the bag has not.
    """
    if plan.plan is None:
        return None
    if preparation is None:
        return plan.decision
    bag = dosing.PreparationFacts(plan.plan, bag_of(preparation), preparation.diluent)
    rules = rules_of(session.protocol_id).dosing
    return plan.decision & dosing.check_preparation(bag, rules)


def protocol_facts(definition: Definition, *, at: datetime) -> ProtocolFacts:
    """Say whether a protocol version is in force, and whether a director approved it."""
    acts = list(definition.approvals.filter(at__lte=at).order_by("at"))
    retired = any(act.act == ApprovalAct.RETIRED and act.effective_from <= at for act in acts)
    approved = any(
        act.act == ApprovalAct.APPROVED
        and act.effective_from <= at
        and (act.effective_to is None or at < act.effective_to)
        for act in acts
    )
    return ProtocolFacts(
        key=definition.key,
        version=str(definition.version),
        in_force=not retired,
        approved=approved,
    )


def consent_facts(session: TreatmentSession, *, at: datetime) -> ConsentFacts | None:
    """Return the course's latest consent, and whether its text is still the one in force."""
    consent = (
        Consent.objects.filter(course=session.course, signed_at__lte=at)
        .select_related("text")
        .order_by("-signed_at")
        .first()
    )
    if consent is None:
        return None
    withdrawal = getattr(consent, "withdrawal", None)
    newest = (
        Definition.objects.filter(
            kind=DefinitionKind.CONSENT_TEXT,
            key=consent.text.key,
            approvals__act=ApprovalAct.APPROVED,
            approvals__effective_from__lte=at,
        )
        .order_by("-version")
        .first()
    )
    # One definition of "in force": the page of the consent and the rule ask the same question.
    today = session.site.local_date(at)
    over = state_of(consent, on=today) is ConsentState.EXPIRED
    over = over or standing(consent.text, at).retired
    return ConsentFacts(
        version=str(consent.text.version),
        signed_at=consent.signed_at,
        version_in_force=not over and (newest is None or newest.version <= consent.text.version),
        withdrawn_at=withdrawal.at if withdrawal else None,
    )


def product_facts(product: Product) -> ProductFacts:
    """Return a product's substances, lower case, as the allergy rule compares them."""
    return ProductFacts(
        code=product.key,
        substances=frozenset({product.medicine.lower(), *map(str.lower, product.excipients)}),
        fda_approved=product.is_fda_approved,
    )


def preparation_facts(preparation: Preparation | None) -> PreparationFacts | None:
    """Return what the start needs to know of the bag."""
    if preparation is None:
        return None
    checked = preparation.checked_by
    return PreparationFacts(
        order_id=str(preparation.order.public_id),
        prepared_at=preparation.prepared_at,
        prepared_by=str(preparation.prepared_by.public_id),
        read_back_by=str(checked.account.public_id) if checked else None,
        beyond_use_at=preparation.beyond_use_at,
    )


def allergies_of(session: TreatmentSession) -> frozenset[str]:
    """Return the substances of the patient's active allergies, lower case."""
    rows = Allergy.objects.filter(patient=session.patient, state=ListState.ACTIVE)
    return frozenset(
        name.lower() for row in rows for name in (row.substance, row.substance_code) if name
    )


_FIELDS = {
    VitalSignCode.SYSTOLIC: "systolic_mmhg",
    VitalSignCode.DIASTOLIC: "diastolic_mmhg",
    VitalSignCode.HEART_RATE: "heart_rate_per_min",
    VitalSignCode.PULSE_RATE: "heart_rate_per_min",
    VitalSignCode.SPO2: "spo2_percent",
    VitalSignCode.RESPIRATORY_RATE: "respiratory_rate_per_min",
}


def baseline_readings(session: TreatmentSession, *, at: datetime) -> tuple[BaselineReading, ...]:
    """Return the sets of vital signs before the start, one a cuff reading, oldest first.

    Beside each pressure stand the other signs and the MOAA/S score of the same sitting. A score
    that was taken at another time is a sitting of its own: it says nothing of how awake somebody
    was then. Artefact and flagged values are left out.
    """
    marked = ArtefactMark.objects.filter(session=session, is_artefact=True).values("vital_sign")
    rows = list(
        VitalSign.objects.filter(
            lines.stored(session.pk), session=session, taken_at__lte=at, flag=""
        )
        .exclude(pk__in=marked)
        .order_by("taken_at", "pk")
    )
    together = rules_of(session.protocol_id).session.baseline_together
    scores = moaas_scores(session, at=at)
    sittings: list[BaselineReading] = []
    for systolic in (row for row in rows if row.code == VitalSignCode.SYSTOLIC):
        values: dict[str, int] = {}
        for code, name in _FIELDS.items():
            near = [
                row
                for row in rows
                if row.code == code and abs(row.taken_at - systolic.taken_at) <= together
            ]
            if code in (VitalSignCode.SYSTOLIC, VitalSignCode.DIASTOLIC):
                near = [row for row in near if row.batch == systolic.batch]
            if near and name not in values:
                nearest = min(near, key=lambda row: abs(row.taken_at - systolic.taken_at))
                values[name] = int(nearest.value)
        beside = [each for each in scores if abs(each[0] - systolic.taken_at) <= together]
        if beside:
            values["moaas"] = min(beside, key=lambda each: abs(each[0] - systolic.taken_at))[1]
        sittings.append(BaselineReading(at=systolic.taken_at, **values))
    alone = [
        BaselineReading(at=taken, moaas=score)
        for taken, score in scores
        if all(abs(taken - each.at) > together for each in sittings)
    ]
    return tuple(sorted([*sittings, *alone], key=lambda each: each.at))


def moaas_scores(session: TreatmentSession, *, at: datetime) -> list[tuple[datetime, int]]:
    """Return the session's MOAA/S scores that count, each with its time, oldest first."""
    rows = (
        Assessment.objects.filter(
            session=session, instrument_key__startswith="moaas", at__lte=at, **STANDS
        )
        .order_by("at", "pk")
        .prefetch_related("scores")
    )
    return [
        (row.at, int(score.value))
        for row in rows
        for score in row.scores.all()[:1]
        if score.value is not None
    ]


def clinician_facts(clinician: Account | None, session: TreatmentSession) -> ClinicianFacts | None:
    """Return what the one-to-one rule needs to know of the session's clinician."""
    if clinician is None:
        return None
    recovering = TreatmentSession.objects.filter(
        clinician=clinician, state=SessionState.RECOVERY
    ).exclude(pk=session.pk)
    return ClinicianFacts(
        clinician_id=str(clinician.public_id),
        other_running_infusions=queries.running_infusions(clinician.pk),
        recovering_patients=recovering.count(),
        covered_on_break=coverages.on_a_break(clinician.pk, beside=session),
        credentials=tuple(
            CredentialFacts(kind=str(row.kind), expires_on=row.expires_on)
            for row in Credential.objects.filter(account=clinician)
        ),
    )


def site_facts(site: Site, *, day: date, at: datetime) -> SiteFacts:
    """Say who and what is on site: people on shift now, and the last equipment check.

    ``day`` is the session's: one that crosses midnight rests on the check of the day it began.
    """
    here = helpers(site, at=at)
    checks = EquipmentCheck.objects.filter(site=site, at__lte=at).order_by("-at")
    check = checks.filter(local_date=day).first() or checks.first()
    return SiteFacts(
        acls_certified_on_site=here.acls,
        prescriber_on_site=here.prescriber,
        equipment_checked_on=check.local_date if check else None,
        equipment_complete=bool(check and check.passed),
    )
