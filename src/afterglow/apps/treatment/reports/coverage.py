"""Was one clinician with one patient? A site's month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.places.models import Site
from afterglow.apps.treatment import coverages
from afterglow.apps.treatment.facts.presence import Signs, signs_of
from afterglow.apps.treatment.models import Coverage, Infusion
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.record_rows import person_name, time_json
from afterglow.apps.treatment.reports.certificate import RestsOn, rests_on
from afterglow.apps.treatment.reports.months import Month
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.treatment.coverage import (
    CoverageBegan,
    CoveragePhase,
    Proof,
    Stretch,
    most_at_once,
    most_beside,
    prove,
)


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
    recovering_meanwhile: int
    """The most patients in recovery whom the same clinician watched at once meanwhile."""
    rests: RestsOn

    @property
    def minutes(self) -> int:
        """How long drug ran, in whole minutes."""
        return int(self.proof.lasted.total_seconds() // 60)

    @property
    def borne_out_minutes(self) -> int:
        """How much of it acts and answers bear out, in whole minutes."""
        return int(min(self.rests.borne_out, self.proof.covered).total_seconds() // 60)

    @property
    def is_borne_out(self) -> bool:
        """Whether acts and answers bear out all the time that somebody was on record as there."""
        return self.rests.borne_out >= self.proof.covered


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
    def borne_out_percent(self) -> float | None:
        """How much of the time acts and answers bear out, in percent; None when nothing ran."""
        total = sum((row.rests.borne_out for row in self.infusions), timedelta())
        return 100 * min(total / self.lasted, 1.0) if self.lasted else None

    @property
    def borne_out_text(self) -> str:
        """That share with two decimals, never rounded up to all of it."""
        share = self.borne_out_percent
        if share is None:
            return "–"
        whole = all(row.is_borne_out for row in self.infusions) and not self.gaps
        return "100 %" if whole else f"{min(share, 99.99):.2f} %"

    @property
    def beside_recovery(self) -> int:
        """How many infusions were watched by somebody who watched a recovery at the same time."""
        return sum(row.recovering_meanwhile > 0 for row in self.infusions)

    @property
    def above_ratio(self) -> int:
        """How many clinicians watched more recoveries at once than the protocol allows."""
        return sum(not row.is_within for row in self.recoveries)

    @property
    def not_borne_out(self) -> int:
        """How many infusions rest for some of their time on a declaration alone."""
        return sum(not row.is_borne_out for row in self.infusions)

    @property
    def is_proved(self) -> bool:
        """Whether one clinician was with one patient, and with nobody else, at every moment.

        Every infusion of the month; recoveries stayed within their ratio; acts and answers bear it
        out. A declaration alone proves nothing of the time long after it.
        """
        return (
            self.gaps == 0
            and self.most_one_to_one <= 1
            and not self.beside_recovery
            and not self.above_ratio
            and not self.not_borne_out
        )


def month(site: Site, of: Month, *, at: datetime) -> CoverageMonth:
    """Return a site's month. Some queries, whatever the number of infusions."""
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
        .select_related(
            "clinician__staff", "session__patient", "session__site", "session__protocol"
        )
        .order_by("during", "pk")
    ):
        rows[row.session_id].append(row)
    known = [each for each in started if coverages.stretches(rows[each.session_id])]
    everything = [row for of_one in rows.values() for row in of_one]
    # Whoever is with somebody here may be with others at any site, begun in any month.
    theirs = _all_they_watched(everything)
    most = most_at_once(coverages.stretches(theirs), until=at)
    one_to_one = [row for row in everything if row.phase == CoveragePhase.INFUSING]
    signs = signs_of(one_to_one, until=at)
    watched = _recovering(theirs)
    return CoverageMonth(
        site=site,
        month=of,
        infusions=tuple(
            _infusion(each, rows[each.session_id], watched=watched, signs=signs, at=at)
            for each in known
        ),
        recoveries=tuple(_recoveries(everything, theirs, started, at)),
        most_one_to_one=max(most.values(), default=0),
        before=len(started) - len(known),
    )


def _all_they_watched(rows: Sequence[Coverage]) -> Sequence[Coverage]:
    """Return every stretch of the same clinicians in the span of some, at any site."""
    if not rows:
        return []
    ends = [row.during.upper for row in rows]
    span = DateTimeTZRange(
        min(row.during.lower for row in rows), None if None in ends else max(filter(None, ends))
    )
    return list(
        Coverage.objects.filter(
            clinician__in={row.clinician_id for row in rows}, during__overlap=span
        )
        .select_related("clinician__staff")
        .order_by("during", "pk")
    )


def _recovering(rows: Iterable[Coverage]) -> tuple[Stretch, ...]:
    return tuple(
        Stretch(str(row.clinician.public_id), row.during.lower, row.during.upper)
        for row in rows
        if row.phase == CoveragePhase.RECOVERY
    )


def _infusion(
    infusion: Infusion,
    rows: Sequence[Coverage],
    *,
    watched: Sequence[Stretch],
    signs: Mapping[int, Signs],
    at: datetime,
) -> InfusionRow:
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
        recovering_meanwhile=most_beside(coverages.stretches(mine), watched, until=at),
        rests=rests_on(mine, rows=signs, at=at),
    )


def _recoveries(
    rows: Iterable[Coverage],
    theirs: Iterable[Coverage],
    started: Sequence[Infusion],
    at: datetime,
) -> Iterator[RecoveryRow]:
    """Yield the most patients each clinician watched in recovery, beside the strictest limit.

    Whoever watched a recovery of this month is counted with all whom they watched meanwhile.
    """
    limits = [
        int(rules_of(each.session.protocol_id).session.discharge.recovering_patients_per_clinician)
        for each in started
    ]
    names = {
        str(row.clinician.public_id): person_name(row.clinician)
        for row in rows
        if row.phase == CoveragePhase.RECOVERY
    }
    most = most_at_once(_recovering(theirs), until=at)
    for who, name in sorted(names.items(), key=lambda each: each[1]):
        yield RecoveryRow(name, most.get(who, 0), min(limits))


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
    "recovering_meanwhile",
    "declarations",
    "declarations_signed",
    "acts",
    "answers",
    "borne_out_s",
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
            row.recovering_meanwhile,
            row.rests.declared,
            row.rests.signed,
            row.rests.acts,
            row.rests.answers,
            int(row.rests.borne_out.total_seconds()),
        )
