"""The people around a patient: who they are, and whether the patient released them to hear."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypedDict
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account, PartnerProfile
from afterglow.apps.people import policies
from afterglow.apps.people.models import CareTeamMember, CareTeamRole, Patient
from afterglow.apps.people.services.telling import same_subject, tell
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Action
from afterglow.db.changes import apply_changes

OUTSIDE_CLINICIANS = frozenset(
    {CareTeamRole.THERAPIST, CareTeamRole.PSYCHIATRIST, CareTeamRole.PRIMARY_CARE}
)


class MemberDetails(TypedDict, total=False):
    """What is known of one person around a patient; every name is a column."""

    role: CareTeamRole
    name: str
    organisation: str
    phone: str
    email: str
    partner: PartnerProfile | None
    release_signed_on: dt.date | None
    ended_on: dt.date | None


@transaction.atomic
def add_to_care_team(
    *, key: UUID, patient: UUID, details: MemberDetails, by: Account, at: dt.datetime
) -> CareTeamMember:
    """Add a person to the care team. Raises InvalidValue for a release signed after today."""
    row = Patient.objects.select_for_update(of=("self",), no_key=True).get(public_id=patient)
    policies.check(Action.EDIT_CARE_TEAM, patient=row, by=by, at=at)
    if existing := CareTeamMember.objects.filter(public_id=key).first():
        same_subject(row.pk, existing.patient_id, key)
        return existing
    _check_days(details, on=row.home_site.local_date(at))
    member = CareTeamMember.objects.create(public_id=key, patient=row, **details)
    detail = {"role": str(member.role), "released": member.release_signed_on is not None}
    tell("care-team-member-added", patient=row, subject=member, by=by, at=at, detail=detail)
    return member


@transaction.atomic
def edit_care_team_member(
    *, member: UUID, seen: int, details: MemberDetails, by: Account, at: dt.datetime
) -> CareTeamMember:
    """Change or end a person's place in the team. Raises StaleRow when another screen was first."""
    row = CareTeamMember.objects.select_for_update(of=("self",)).get(public_id=member)
    policies.check(Action.EDIT_CARE_TEAM, patient=row.patient, by=by, at=at)
    _check_days(details, on=row.patient.home_site.local_date(at))
    values: dict[str, Any] = dict(details)
    changed = apply_changes(row, values)
    row.save_version(seen=seen)
    if changed:
        detail = {"changed": changed}
        tell(
            "care-team-member-edited", patient=row.patient, subject=row, by=by, at=at, detail=detail
        )
    return row


def outside_clinician_named(patient: Patient, *, on: dt.date) -> bool:
    """Whether a therapist, psychiatrist or primary-care clinician is on the team on a day."""
    return any(
        member.ended_on is None or member.ended_on > on
        for member in patient.care_team.filter(role__in=[str(r) for r in OUTSIDE_CLINICIANS])
    )


def _check_days(details: MemberDetails, *, on: dt.date) -> None:
    signed = details.get("release_signed_on")
    if signed is not None and signed > on:
        raise InvalidValue(
            "The release is dated %(signed)s, which lies after today, %(on)s.",
            signed=f"{signed:%d %b %Y}",
            on=f"{on:%d %b %Y}",
        )
