"""The certificate of one session: who was with the patient, and what that rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from afterglow.apps.monitoring.protocol import rules_of as monitoring_rules
from afterglow.apps.treatment import coverages
from afterglow.apps.treatment.facts.presence import Signs, signs_of
from afterglow.apps.treatment.models import Coverage
from afterglow.apps.treatment.record_rows import person_name, time_json
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.presence import borne_out
from afterglow.core.treatment.coverage import CoverageBegan, CoveragePhase


def certificate(session: TreatmentSession, *, at: datetime) -> dict[str, Any] | None:
    """Return who was with the patient, as the signed record keeps it.

    None without an infusion, or for one from before it was kept who is with a patient.
    ``rests_on``: how many declarations (``signed`` of them by PIN or password), acts and answers it
    rests on, and for how long they bear it out. ``elsewhere``: stretches of the same clinicians
    with other running infusions meanwhile, which the database refuses; it is counted all the same.
    """
    proof = coverages.proof_of(session, at=at)
    if proof is None:
        return None
    rows = coverages.coverage_of(session)
    mine = [row for row in rows if row.phase == CoveragePhase.INFUSING]
    rests = rests_on(mine, rows=signs_of(mine, until=at), at=at)
    return {
        "lasted_s": int(proof.lasted.total_seconds()),
        "covered_s": int(proof.covered.total_seconds()),
        "whole": proof.is_whole,
        "gaps": [{"from": time_json(g.begins), "to": time_json(g.ends)} for g in proof.gaps],
        "rests_on": {
            "declared": rests.declared,
            "signed": rests.signed,
            "acts": rests.acts,
            "answers": rests.answers,
            "each_counts_for_s": int(rests.each_counts_for.total_seconds()),
            "borne_out_s": int(rests.borne_out.total_seconds()),
        },
        "elsewhere": _meanwhile(mine, CoveragePhase.INFUSING),
        "recovering_meanwhile": _meanwhile(mine, CoveragePhase.RECOVERY),
        "stretches": [
            {
                "clinician": person_name(row.clinician),
                "phase": str(row.phase),
                "began": str(row.began),
                "from": time_json(row.during.lower),
                "to": time_json(row.during.upper),
                "covers_for": person_name(row.covers_for),
                "back_by": time_json(row.back_by),
                "signed_beside": person_name(
                    row.countersignature.beside if row.countersignature else None
                ),
                "left_reason": row.left_reason,
            }
            for row in rows
        ],
    }


def _meanwhile(mine: Sequence[Coverage], phase: CoveragePhase) -> int:
    """Count the stretches of the same clinicians with other patients at the same time."""
    found = Q(pk__in=[])
    for row in mine:
        found |= Q(clinician=row.clinician_id, during__overlap=row.during)
    others = Coverage.objects.filter(found, phase=phase)
    return others.exclude(session__in=[row.session_id for row in mine]).count()


@dataclass(frozen=True, slots=True)
class RestsOn:
    """What a proof of coverage rests on: nobody saw more than that somebody declared and did.

    A declaration at the screen, an act of the clinician in the room's record, one that was refused
    there, and an answer that they are there bear out the time after them for so long as the
    protocol waits before it asks. One that was copied from paper bears out nothing by itself.
    ``signed``: how many of the declarations were signed by PIN or password on the spot; a start is
    pressed by whoever is signed in there.
    """

    declared: int
    signed: int
    acts: int
    answers: int
    each_counts_for: timedelta
    borne_out: timedelta


def rests_on(mine: Sequence[Coverage], *, rows: Mapping[int, Signs], at: datetime) -> RestsOn:
    """Return what the one-to-one stretches of one session rest on, up to ``at``."""
    total, for_so_long = timedelta(), timedelta()
    how = {row.pk: CoverageBegan(row.began) for row in mine}
    for row in mine:
        signs = rows[row.pk]
        for_so_long = monitoring_rules(row.session).technical.presence.ask_after
        total += borne_out(
            [*([row.during.lower] if how[row.pk].bears_out else []), *signs.of_them],
            begins=row.during.lower,
            ends=row.during.upper or max(at, row.during.lower),
            for_so_long=for_so_long,
        )
    return RestsOn(
        declared=len(mine),
        signed=sum(began.is_signed for began in how.values()),
        acts=sum(len(rows[row.pk].acts) for row in mine),
        answers=sum(len(rows[row.pk].confirmed) for row in mine),
        each_counts_for=for_so_long,
        borne_out=total,
    )
