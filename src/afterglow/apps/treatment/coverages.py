"""Reads of who is with a patient: the open stretch, the stretches of a session, its proof."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import Coverage, Infusion
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.technical import CoverageFacts
from afterglow.core.treatment.coverage import CoveragePhase, Proof, Stretch, prove
from afterglow.core.treatment.lifecycles import InfusionState, SessionState

RUNS = (InfusionState.RUNNING, InfusionState.PAUSED)


def open_coverage(session: TreatmentSession) -> Coverage | None:
    """Return who is with the patient now, or None."""
    return (
        Coverage.objects.filter(session=session, during__upper_inf=True)
        .select_related("clinician__staff", "covers_for")
        .first()
    )


def coverage_of(session: TreatmentSession) -> Sequence[Coverage]:
    """Return every stretch of a session, in order of time."""
    return list(
        Coverage.objects.filter(session=session)
        .select_related(
            "clinician__staff",
            "covers_for__staff",
            "opened_by",
            "countersignature__beside",
            "session__patient",
            "session__site",
            "session__protocol",
        )
        .order_by("during", "pk")
    )


def on_a_break(account_pk: int, *, beside: TreatmentSession | None = None) -> bool:
    """Whether somebody else covers this person's break now, in a session other than ``beside``."""
    covers = Coverage.objects.filter(covers_for=account_pk, during__upper_inf=True)
    return (covers if beside is None else covers.exclude(session=beside)).exists()


def stretches(rows: Iterable[Coverage]) -> tuple[Stretch, ...]:
    """Return the one-to-one stretches among some rows, as the core proves with them."""
    return tuple(
        Stretch(str(row.clinician.public_id), row.during.lower, row.during.upper)
        for row in rows
        if row.phase == CoveragePhase.INFUSING
    )


def proof_of(session: TreatmentSession, *, at: datetime) -> Proof | None:
    """Return what is proved of a session's infusion up to ``at``; None where none was started.

    None as well for one that began before it was kept who is with the patient: each start since
    then opens a stretch, so where there is none, nothing is known and nothing may be certified.
    """
    infusion = queries.infusion_of(session)
    found = stretches(coverage_of(session))
    if infusion is None or not found:
        return None
    return prove(
        found,
        begins=infusion.started_at,
        ends=infusion.ended_at or max(at, infusion.started_at),
    )


def alarming(infusions: Iterable[Infusion]) -> Mapping[int, CoverageFacts]:
    """Return what the alarms judge of who is there, while drug runs and while the patient recovers.

    By session, from each session's infusion. Somebody whose account was closed meanwhile is nobody.
    """
    watched = {
        row.session_id: row
        for row in infusions
        if row.state in RUNS or row.session.state == SessionState.RECOVERY
    }
    last: dict[int, Coverage] = {}
    rows = Coverage.objects.filter(session__in=watched).select_related("clinician")
    for row in rows.order_by("during", "pk"):
        last[row.session_id] = row
    told: dict[int, CoverageFacts] = {}
    crowds = _recovering(
        row.clinician_id
        for pk, row in last.items()
        if row.during.upper is None and watched[pk].session.state == _RECOVERY
    )
    for pk, infusion in watched.items():
        row = last.get(pk)
        if row is None:
            told[pk] = CoverageFacts(nobody_since=infusion.ended_at or infusion.started_at)
        elif row.during.upper is not None:
            told[pk] = CoverageFacts(nobody_since=row.during.upper)
        elif not row.clinician.is_active:
            told[pk] = CoverageFacts(nobody_since=row.during.lower)
        else:
            crowd = crowds.get(row.clinician_id, [])
            recovers = infusion.session.state == _RECOVERY and len(crowd) > 1
            told[pk] = CoverageFacts(
                break_over_at=row.back_by,
                who=row.clinician.get_short_name() if row.back_by else "",
                recovering=len(crowd) if recovers else 0,
                recovering_at_most=_at_most(infusion.session) if recovers else 0,
                recovering_since=max(crowd) if recovers else None,
            )
    return told


_RECOVERY = SessionState.RECOVERY


def _recovering(clinicians: Iterable[int]) -> Mapping[int, list[datetime]]:
    """Return since when each patient in recovery is watched by each of some clinicians."""
    asked = set(clinicians)
    if not asked:
        return {}
    found: dict[int, list[datetime]] = defaultdict(list)
    for row in Coverage.objects.filter(
        clinician__in=asked, during__upper_inf=True, session__state=_RECOVERY
    ):
        found[row.clinician_id].append(row.during.lower)
    return found


def _at_most(session: TreatmentSession) -> int:
    rules = rules_of(session.protocol_id).session.discharge
    return int(rules.recovering_patients_per_clinician)


def watchers(sessions: Sequence[TreatmentSession]) -> Mapping[int, str]:
    """Return who is with each infusing or recovering patient; nothing where nobody is."""
    watched = [s.pk for s in sessions if s.state in (SessionState.INFUSING, SessionState.RECOVERY)]
    there = dict.fromkeys(watched, "")
    rows = Coverage.objects.filter(session__in=watched, during__upper_inf=True)
    for row in rows.select_related("clinician"):
        there[row.session_id] = row.clinician.get_short_name()
    return there
