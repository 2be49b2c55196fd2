"""The scale: today's mass, judged against the history, and taken back when it was wrong."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring.models import BodyMassMeasurement, BodyMassMistake
from afterglow.apps.treatment import planning, queries
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import lock_session, refuse, tell
from afterglow.core.decisions import Decision, Reason, Severity, blocker
from afterglow.core.quantities import BodyMass
from afterglow.core.roles import Action


@transaction.atomic
def weigh(
    *,
    session: UUID,
    mass: BodyMass,
    by: Account,
    at: datetime,
    confirmed_unusual: bool = False,
) -> Done[BodyMassMeasurement] | Refused:
    """Record the mass read off the scale, in kilograms. The same mass again changes nothing.

    Refuses what is impossible or looks like pounds; a change from the history that only needs a
    second look, and a first weight that may be pounds, is recorded once it is confirmed as weighed
    again.
    """
    row = lock_session(session, action=Action.CHECK_IN, by=by, at=at)
    last = queries.mass_today(row)
    if last is not None and (last.mass_kg, last.confirmed_unusual) == (mass, confirmed_unusual):
        return Done(last, Decision(), repeated=True)
    decision = planning.weight_decision(row, mass, at=at)
    if not confirmed_unusual:
        decision &= _second_reading(decision)
    if decision.refused and not (confirmed_unusual and _may_confirm(decision)):
        return refuse("weigh", session=row, decision=decision, by=by, at=at)
    weighed = BodyMassMeasurement.objects.create(
        session=row,
        mass_kg=mass,
        at=at,
        recorded_at=at,
        by=by,
        confirmed_unusual=confirmed_unusual,
    )
    tell(
        "patient-weighed",
        session=row,
        subject=weighed,
        by=by,
        at=at,
        detail={"kg": str(mass.value), "codes": list(decision.codes)},
    )
    return Done(weighed, decision)


def _may_confirm(decision: Decision) -> bool:
    """Whether a second weighing settles every blocker.

    The plan of the dose asks the prescriber again about what is theirs to override.
    """
    return all(reason.code in _WEIGH_AGAIN for reason in decision.blockers)


_WEIGH_AGAIN = frozenset({"WEIGHT_CHANGED_BLOCK", "BMI_IMPLAUSIBLE"})


def _second_reading(decision: Decision) -> Decision:
    """Ask for a second reading of a first weight that may be pounds."""
    return Decision.from_reasons(
        Reason(
            "WEIGHT_NEEDS_SECOND_READING",
            Severity.BLOCKER,
            f"{reason.sentence} Weigh again, and confirm that the scale shows kilograms.",
            reason.seen,
            reason.limit,
            facts=reason.facts,
        )
        for reason in decision.cautions
        if reason.code == "WEIGHT_MAY_BE_POUNDS"
    )


@transaction.atomic
def take_mass_back(
    *, session: UUID, mass: UUID, reason: str, by: Account, at: datetime
) -> Done[BodyMassMistake] | Refused:
    """Say that a mass was entered in error, today or on an earlier day. Both stay on record.

    From then on it counts for nothing: the history, the plan and the order leave it out. A mass
    that today's bag was drawn by is refused; discard the bag first. So is one by which drug runs
    today. Twice is once. Raises DoesNotExist for a mass of another patient.
    """
    row = lock_session(session, action=Action.CHECK_IN, by=by, at=at)
    wrong = BodyMassMeasurement.objects.get(public_id=mass, session__patient=row.patient)
    if earlier := BodyMassMistake.objects.filter(measurement=wrong).first():
        return Done(earlier, Decision(), repeated=True)
    reasons = []
    if not reason.strip():
        reasons.append(
            blocker("MASS_TAKEN_BACK_WITHOUT_REASON", "Say in words what was wrong with it.")
        )
    of_today = wrong.session_id == row.pk
    if of_today and queries.infusion_of(row) is not None:
        reasons.append(
            blocker(
                "MASS_OF_AN_INFUSION",
                f"Drug ran by these {wrong.mass_kg}: they stay on record as what the dose stood "
                "on. Say in a note what was wrong, or in an addendum once the record is signed.",
                seen=str(wrong.mass_kg),
            )
        )
    elif of_today and queries.preparation_in_use(row) is not None:
        reasons.append(
            blocker(
                "MASS_OF_A_DRAWN_BAG",
                "A bag was drawn by this mass: discard the bag first, then take the mass back.",
                seen=str(wrong.mass_kg),
            )
        )
    if reasons:
        decision = Decision.from_reasons(reasons)
        return refuse("take-mass-back", session=row, decision=decision, by=by, at=at)
    made = BodyMassMistake.objects.create(
        measurement=wrong, session=row, reason=reason.strip()[:200], by=by, at=at
    )
    detail = {"kg": str(wrong.mass_kg.value), "mass": str(wrong.public_id)}
    tell("mass-taken-back", session=row, subject=made, by=by, at=at, detail=detail)
    return Done(made, Decision())
