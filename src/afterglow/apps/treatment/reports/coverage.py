"""Was one clinician with one patient? The certificate of a session, and a site's month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from afterglow.apps.places.models import Site
from afterglow.apps.treatment import coverages
from afterglow.apps.treatment.models import Coverage, Infusion
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.record_rows import person_name, time_json
from afterglow.apps.treatment.reports.months import Month
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.treatment.coverage import (
    CoverageBegan,
    CoveragePhase,
    Proof,
    Stretch,
    most_at_once,
    prove,
)


def certificate(session: TreatmentSession, *, at: datetime) -> dict[str, Any] | None:
    """Return who was with the patient, as the signed record keeps it.

    None without an infusion, or for one from before it was kept who is with a patient.
    ``elsewhere``: stretches of the same clinicians with other running infusions meanwhile, which
    the database refuses; it is counted all the same.
    """
    proof = coverages.proof_of(session, at=at)
    if proof is None:
        return None
    rows = coverages.coverage_of(session)
    mine = [row for row in rows if row.phase == CoveragePhase.INFUSING]
    return {
        "lasted_s": int(proof.lasted.total_seconds()),
        "covered_s": int(proof.covered.total_seconds()),
        "whole": proof.is_whole,
        "gaps": [{"from": time_json(g.begins), "to": time_json(g.ends)} for g in proof.gaps],
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
class InfusionRow:
    """One infusion of the month: how long it ran and how much of it somebody was there."""

    session: TreatmentSession
    started_at: datetime
    proof: Proof
    hand_overs: int
    breaks: int
    overruns: int
    clinicians: tuple[str, ...]

    @property
    def minutes(self) -> int:
        """How long drug ran, in whole minutes."""
        return int(self.proof.lasted.total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class RecoveryRow:
    """One clinician's recoveries: the most at once, and what the protocol allows."""

    clinician: str
    most: int
    limit: int

    @property
    def is_within(self) -> bool:
        """Whether the ratio was kept."""
        return self.most <= self.limit


@dataclass(frozen=True, slots=True)
class CoverageMonth:
    """A site's month: every infusion, every recovery ratio, and the sums."""

    site: Site
    month: Month
    infusions: tuple[InfusionRow, ...]
    recoveries: tuple[RecoveryRow, ...]
    most_one_to_one: int
    """The most running infusions that one clinician was with at an instant: 1, or the proof
    failed."""
    before: int = 0
    """Infusions that began before it was kept who is with a patient: nothing is known of them."""

    @property
    def lasted(self) -> timedelta:
        """How long drug ran, in all infusions together."""
        return sum((row.proof.lasted for row in self.infusions), timedelta())

    @property
    def covered(self) -> timedelta:
        """How much of it somebody was with the patient."""
        return sum((row.proof.covered for row in self.infusions), timedelta())

    @property
    def gaps(self) -> int:
        """How many gaps there were."""
        return sum(len(row.proof.gaps) for row in self.infusions)

    @property
    def whole(self) -> int:
        """How many infusions were covered from the first drop to the stop."""
        return sum(row.proof.is_whole for row in self.infusions)

    @property
    def share_percent(self) -> float | None:
        """How much of the time was covered, in percent; None when nothing ran."""
        return 100 * (self.covered / self.lasted) if self.lasted else None

    @property
    def share_text(self) -> str:
        """The share with two decimals, never rounded up to all of it."""
        share = self.share_percent
        if share is None:
            return "–"
        return "100 %" if not self.gaps else f"{min(share, 99.99):.2f} %"

    @property
    def is_proved(self) -> bool:
        """Whether one clinician was with one patient at every moment of every infusion."""
        return self.gaps == 0 and self.most_one_to_one <= 1


def month(site: Site, of: Month, *, at: datetime) -> CoverageMonth:
    """Return a site's month. Four queries, whatever the number of infusions."""
    started = list(
        Infusion.objects.filter(
            session__site=site, started_at__gte=of.begins, started_at__lt=of.ends
        )
        .select_related("session__room", "session__protocol", "session__site")
        .order_by("started_at", "pk")
    )
    rows: dict[int, list[Coverage]] = defaultdict(list)
    sessions = [infusion.session_id for infusion in started]
    for row in (
        Coverage.objects.filter(session__in=sessions)
        .select_related("clinician__staff")
        .order_by("during", "pk")
    ):
        rows[row.session_id].append(row)
    known = [each for each in started if coverages.stretches(rows[each.session_id])]
    # Whoever is one to one here is so at every site: the constraint knows no sites.
    everything = [row for of_one in rows.values() for row in of_one]
    most = most_at_once(coverages.stretches(everything), until=at)
    return CoverageMonth(
        site=site,
        month=of,
        infusions=tuple(_infusion(each, rows[each.session_id], at) for each in known),
        recoveries=tuple(_recoveries(everything, started, at)),
        most_one_to_one=max(most.values(), default=0),
        before=len(started) - len(known),
    )


def _infusion(infusion: Infusion, rows: Sequence[Coverage], at: datetime) -> InfusionRow:
    mine = [row for row in rows if row.phase == CoveragePhase.INFUSING]
    people = dict.fromkeys(person_name(row.clinician) for row in mine)
    return InfusionRow(
        session=infusion.session,
        started_at=infusion.started_at,
        proof=prove(
            coverages.stretches(mine),
            begins=infusion.started_at,
            ends=infusion.ended_at or max(at, infusion.started_at),
        ),
        hand_overs=sum(row.began == CoverageBegan.TAKE_OVER for row in mine),
        breaks=sum(row.began == CoverageBegan.BREAK_COVER for row in mine),
        overruns=sum(
            row.back_by is not None and (row.during.upper or at) > row.back_by for row in mine
        ),
        clinicians=tuple(people),
    )


def _recoveries(
    rows: Iterable[Coverage], started: Sequence[Infusion], at: datetime
) -> Iterator[RecoveryRow]:
    """Yield the most patients each clinician watched in recovery, beside the strictest limit."""
    limits = [
        int(rules_of(each.session.protocol_id).session.discharge.recovering_patients_per_clinician)
        for each in started
    ]
    recovering = [row for row in rows if row.phase == CoveragePhase.RECOVERY]
    names = {str(row.clinician.public_id): person_name(row.clinician) for row in recovering}
    most = most_at_once(
        (
            Stretch(str(row.clinician.public_id), row.during.lower, row.during.upper)
            for row in recovering
        ),
        until=at,
    )
    for who, count in sorted(most.items(), key=lambda each: names[each[0]]):
        yield RecoveryRow(names[who], count, min(limits))


HEAD = (
    "session",
    "room",
    "started_at",
    "infusion_s",
    "covered_s",
    "gaps",
    "gap_s",
    "hand_overs",
    "breaks",
    "breaks_overrun",
    "clinicians",
)
"""The columns of the file, in order. Nobody's patient is named in it."""


def lines(report: CoverageMonth) -> Iterator[tuple[object, ...]]:
    """Yield the file's lines, the head first."""
    yield HEAD
    for row in report.infusions:
        missing = row.proof.lasted - row.proof.covered
        yield (
            row.session.public_id,
            row.session.room.name if row.session.room else "",
            time_json(row.started_at),
            int(row.proof.lasted.total_seconds()),
            int(row.proof.covered.total_seconds()),
            len(row.proof.gaps),
            int(missing.total_seconds()),
            row.hand_overs,
            row.breaks,
            row.overruns,
            "; ".join(row.clinicians),
        )
