"""Everything the rules look at before a patient goes home, or a session ends in another way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.assessments.models import STANDS, Assessment
from afterglow.apps.monitoring import facts as monitoring
from afterglow.apps.monitoring import lines
from afterglow.apps.monitoring.models import ArtefactMark, VitalSign
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.facts.day import suicide_facts
from afterglow.apps.treatment.models import CheckIn, Recovery
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.roles import Action
from afterglow.core.treatment.endings import EndingField, InfusionEnding, SessionEnding
from afterglow.core.treatment.facts import (
    AldreteFacts,
    DischargeFacts,
    EscortAtDischarge,
    LatestVitals,
    MpadssFacts,
    RecoveryFacts,
)
from afterglow.core.treatment.lifecycles import SessionState


def discharge(
    session: TreatmentSession,
    *,
    ending: SessionEnding,
    fields: Mapping[str, Any],
    at: datetime,
    agreed_by: Account | None = None,
) -> DischargeFacts:
    """Gather everything that decides whether the session may end now in the way named.

    ``agreed_by`` decides the ending or has signed in for it beside who does.
    """
    recovery = Recovery.objects.get(session=session)
    infusion = queries.infusion_of(session)
    call = queries.called_back(session)
    sedatives = [row.at for row in queries.medicines_given(session) if row.is_sedative]
    return DischargeFacts(
        at=at,
        ending=ending,
        infusion_started=infusion is not None,
        pump_stopped_at=infusion.ended_at if infusion else None,
        called_back_at=call.at if call else None,
        last_sedative_at=max(sedatives, default=None),
        aldrete=aldrete(session, at=at),
        mpadss=mpadss(session, at=at),
        moaas=moaas_after(session, at=at),
        oriented=recovery.oriented,
        vitals=latest_vitals(session, recovery, at=at),
        dissociation_above_baseline=dissociation_change(session, at=at),
        clinician_states_dissociation_resolved=bool(recovery.dissociation_at_baseline),
        gait_steady=recovery.steady_gait,
        first_walk_accompanied=recovery.first_walk_accompanied,
        drinks_fluid=recovery.drank_fluid,
        nausea_controlled=recovery.nausea_controlled,
        iv_removed=recovery.iv_removed,
        iv_site_checked=recovery.iv_site_checked,
        escort=EscortAtDischarge(
            present=bool(recovery.escort_present),
            adult=bool(recovery.escort_is_adult),
            name_recorded=bool(recovery.escort_name),
            relation_recorded=bool(recovery.escort_relation),
            phone_recorded=bool(recovery.escort_phone),
        ),
        no_driving_told=bool(recovery.told_no_driving),
        written_instructions_given=bool(recovery.written_instructions),
        phone_24_h_given=bool(recovery.phone_24_h_given),
        suicide=suicide_facts(session, CheckIn.objects.get(session=session)),
        infusion_ending=InfusionEnding(infusion.ending) if infusion and infusion.ending else None,
        prescriber_agrees=agreed_by is not None
        and policies.can(
            Action.OVERRIDE_AS_PRESCRIBER,
            by=agreed_by,
            site=session.site,
            on=session.site.local_date(at),
        ),
        ending_fields=recorded_fields(fields),
    )


def recorded_fields(fields: Mapping[str, Any]) -> frozenset[EndingField]:
    """Return the ending's fields that hold something."""
    return frozenset(
        EndingField(name) for name, value in fields.items() if value not in (None, "", False)
    )


def recovery(session: TreatmentSession, *, to: Account) -> RecoveryFacts:
    """Say whom else ``to`` would watch beside the recovering patient of this session."""
    others = TreatmentSession.objects.filter(clinician=to, state=SessionState.RECOVERY)
    return RecoveryFacts(
        watched_by=str(to.public_id),
        other_recovering_patients=others.exclude(pk=session.pk).count(),
        running_infusions=queries.running_infusions(to.pk),
    )


def _last_answers(
    session: TreatmentSession, prefix: str, *, at: datetime
) -> Mapping[str, Any] | None:
    rows = Assessment.objects.filter(
        session=session, instrument_key__startswith=prefix, at__lte=at, **STANDS
    )
    if (since := queries.recovering_since(session)) is not None:
        rows = rows.filter(at__gte=since)
    row = rows.order_by("-at").first()
    return row.answers if row else None


def aldrete(session: TreatmentSession, *, at: datetime) -> AldreteFacts | None:
    """Return the last modified Aldrete score taken after the stop, or after a call-back."""
    answers = _last_answers(session, "aldrete", at=at)
    if answers is None:
        return None
    return AldreteFacts(
        activity=int(answers["activity"]),
        respiration=int(answers["respiration"]),
        circulation=int(answers["circulation"]),
        consciousness=int(answers["consciousness"]),
        spo2=int(answers["oxygen"]),
    )


def mpadss(session: TreatmentSession, *, at: datetime) -> MpadssFacts | None:
    """Return the last modified PADSS score taken after the stop, or after a call-back."""
    answers = _last_answers(session, "mpadss", at=at)
    if answers is None:
        return None
    return MpadssFacts(
        vital_signs=int(answers["circulation"]),
        ambulation=int(answers["ambulation"]),
        nausea=int(answers["nausea"]),
        pain=int(answers["pain"]),
        bleeding=int(answers["bleeding"]),
    )


def moaas_after(session: TreatmentSession, *, at: datetime) -> int | None:
    """Return the last MOAA/S score of this recovery; one before it says nothing of now."""
    found = _totals(session, "moaas", since=queries.recovering_since(session), until=at)
    return int(found[-1]) if found else None


def dissociation_change(session: TreatmentSession, *, at: datetime) -> int | None:
    """Return how far the last score of this recovery lies above the last one before the start.

    None when either was not taken: two scores before the start say nothing of the way home.
    """
    infusion = queries.infusion_of(session)
    if infusion is None or infusion.ended_at is None:
        return None
    before = _totals(session, "dissociation", since=None, until=infusion.started_at)
    since = queries.recovering_since(session)
    after = _totals(session, "dissociation", since=since, until=at)
    return int(after[-1] - before[-1]) if before and after else None


def _totals(
    session: TreatmentSession, prefix: str, *, since: datetime | None, until: datetime
) -> list[Decimal]:
    """Return an instrument's scores between two moments, both included, oldest first."""
    rows = Assessment.objects.filter(
        session=session, instrument_key__startswith=prefix, at__lte=until, **STANDS
    ).prefetch_related("scores")
    if since is not None:
        rows = rows.filter(at__gte=since)
    scores = (score for row in rows.order_by("at", "pk") for score in row.scores.all())
    return [score.value for score in scores if score.value is not None]


def on_oxygen(recovery: Recovery) -> bool | None:
    """Return whether the patient needs oxygen, as far as anybody has said; None: nobody has.

    An Aldrete score does not answer it: its points are of the minute in which it was taken, and a
    saturation later on may be one on oxygen.
    """
    return None if recovery.on_room_air is None else not recovery.on_room_air


def latest_vitals(
    session: TreatmentSession, recovery: Recovery, *, at: datetime
) -> LatestVitals | None:
    """Return the last believed pressure and saturation, each with its time, beside the baseline.

    The baseline is the one that alarms are judged by: two readings of one source, apart. Devices
    and hands are never mixed in it.
    """
    infusion = queries.infusion_of(session)
    if infusion is None:
        return None
    marked = ArtefactMark.objects.filter(session=session, is_artefact=True).values("vital_sign")
    rows = VitalSign.objects.filter(
        lines.stored(session.pk), session=session, flag="", taken_at__lte=at
    ).exclude(pk__in=marked)
    pressure = rows.filter(code=VitalSignCode.SYSTOLIC).order_by("-taken_at", "-pk").first()
    saturation = rows.filter(code=VitalSignCode.SPO2).order_by("-taken_at", "-pk").first()
    diastolic = (
        rows.filter(code=VitalSignCode.DIASTOLIC, batch=pressure.batch).first()
        if pressure
        else None
    )
    start = monitoring.baseline_of(session, at=at)
    systolic_before = start.get(VitalSignCode.SYSTOLIC)
    diastolic_before = start.get(VitalSignCode.DIASTOLIC)
    if not (pressure and diastolic and saturation and systolic_before and diastolic_before):
        return None
    return LatestVitals(
        at=pressure.taken_at,
        systolic_mmhg=int(pressure.value),
        diastolic_mmhg=int(diastolic.value),
        baseline_systolic_mmhg=systolic_before.value,
        baseline_diastolic_mmhg=diastolic_before.value,
        spo2_percent=int(saturation.value),
        spo2_at=saturation.taken_at,
        on_oxygen=on_oxygen(recovery),
    )
