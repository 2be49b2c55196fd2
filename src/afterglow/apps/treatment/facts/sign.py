"""Everything the rules look at before a record is signed and locked."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from afterglow.apps.accounts import policies
from afterglow.apps.monitoring.models import Alarm, AlarmAct
from afterglow.apps.stock import queries as stock
from afterglow.apps.stock.models import LedgerEntry
from afterglow.apps.treatment import coverages, queries
from afterglow.apps.treatment.facts.discharge import recorded_fields
from afterglow.apps.treatment.models import CheckIn, Discharge, Override, Preparation, Recovery
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import from_json
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.work.models import Task
from afterglow.core.dosing.totals import Given
from afterglow.core.monitoring.alarm_state import AlarmActKind
from afterglow.core.monitoring.alarms import pressure_codes
from afterglow.core.monitoring.conditions import AlarmKind, AlarmPriority
from afterglow.core.roles import Action
from afterglow.core.stock import LedgerKind
from afterglow.core.treatment.endings import SessionEnding
from afterglow.core.treatment.facts import AmountFacts, OverrideShown, SignFacts
from afterglow.core.treatment.lifecycles import InfusionState, SessionState


def sign(session: TreatmentSession, *, slots_unread: int, at: datetime) -> SignFacts:
    """Gather everything that decides whether the record may be signed now."""
    infusion = queries.infusion_of(session)
    told = queries.given(infusion, at=at) if infusion else None
    reds = Alarm.objects.filter(
        session=session, highest_priority=AlarmPriority.HIGH, kind=AlarmKind.PHYSIOLOGICAL
    )
    discharge = last_discharge(session)
    positives = suicide_positives(session)
    proof = coverages.proof_of(session, at=at)
    return SignFacts(
        at=at,
        state=SessionState(session.state),
        ending=SessionEnding(session.ending) if session.ending else None,
        infusion_started=infusion is not None,
        infusion_running=infusion is not None
        and infusion.state in (InfusionState.RUNNING, InfusionState.PAUSED),
        amounts=tuple(
            amounts(preparation)
            for preparation in Preparation.objects.filter(session=session).select_related("vial")
        ),
        pump_volume_ml=_stated_ml(told.pump) if told and told.pump else None,
        charted_volume_ml=_stated_ml(told.charted) if told else None,
        pump_difference_resolved=bool(infusion and infusion.differences.exists()),
        pump_difference_limit_ml=rules_of(session.protocol_id).dosing.pump_difference.value,
        slots_unread=slots_unread,
        alarms_not_acknowledged=alarms_to_acknowledge(session).count(),
        slowest_red_acknowledgement=slowest_acknowledgement(reds),
        red_pressures_without_symptom_answer=reds_without_symptom_answer(session).count(),
        overrides=tuple(
            OverrideShown(code=row.code, has_reason=bool(row.reason.strip()))
            for row in Override.objects.filter(session=session)
        ),
        coverage_named=covered(session, at=at),
        discharge_decision=from_json(discharge.reasons, overridden=True) if discharge else None,
        suicide_positives=positives,
        suicide_tasks_owned=min(positives, _owned_tasks(session)),
        offline_unsettled=queries.offline_unsettled(session).count(),
        ending_fields=recorded_fields(discharge.fields if discharge else {}),
        left_alone_for=proof.lasted - proof.covered if proof else timedelta(),
    )


def covered(session: TreatmentSession, *, at: datetime) -> bool:
    """Whether somebody covers the patient afterwards: the course's prescriber, still one here."""
    prescriber = session.course.prescriber
    return prescriber is not None and policies.can(
        Action.OVERRIDE_AS_PRESCRIBER,
        by=prescriber,
        site=session.site,
        on=session.site.local_date(at),
    )


def slowest_acknowledgement(reds: QuerySet[Alarm]) -> timedelta | None:
    """Return the longest that a red alarm waited for somebody, None when none was seen.

    Each time it turned red it waited anew, whatever it was when it was acknowledged.
    """
    waits: list[timedelta] = []
    waiting: dict[int, datetime] = {}
    for act in AlarmAct.objects.filter(alarm__in=reds).order_by("at", "pk"):
        if act.act == AlarmActKind.ACKNOWLEDGED:
            since = waiting.pop(act.alarm_id, None)
            if since is not None:
                waits.append(act.at - since)
        elif act.priority == AlarmPriority.HIGH and act.act in (
            AlarmActKind.RAISED,
            AlarmActKind.ESCALATED,
            AlarmActKind.REMINDED,
        ):
            waiting.setdefault(act.alarm_id, act.at)
    return max(waits, default=None)


def reds_without_symptom_answer(session: TreatmentSession) -> QuerySet[Alarm]:
    """Return the blood pressures that were red and whose "symptomatic?" nobody has answered."""
    return Alarm.objects.filter(
        session=session,
        highest_priority=AlarmPriority.HIGH,
        condition__in=pressure_codes(rules_of(session.protocol_id).monitoring),
        symptomatic__isnull=True,
    ).order_by("raised_at", "pk")


def _stated_ml(account: Given) -> Decimal:
    """Return the volume as stated, before it is capped at the bag: what was said is compared."""
    return (account.volume + account.beyond_bag).value


def alarms_to_acknowledge(session: TreatmentSession) -> QuerySet[Alarm]:
    """Return the alarms that still wait for a person.

    One that ended by itself can no longer be acknowledged, and stands in the record as never seen;
    a red one latches: it does not end before somebody has seen it.
    """
    return Alarm.objects.filter(
        session=session,
        acknowledged_at__isnull=True,
        ended_at__isnull=True,
        priority__in=[AlarmPriority.HIGH, AlarmPriority.MEDIUM],
    ).order_by("raised_at", "pk")


def last_discharge(session: TreatmentSession) -> Discharge | None:
    """Return the newest discharge; an earlier one was called back."""
    return Discharge.objects.filter(session=session).order_by("-at", "-pk").first()


def amounts(preparation: Preparation) -> AmountFacts:
    """Return where a preparation's milligrams went, by the ledger."""
    lines = LedgerEntry.objects.filter(vial=preparation.vial, session=preparation.session)
    held = stock.session_balance(preparation.vial, preparation.session)
    wasted = lines.filter(kind=LedgerKind.WASTED)
    return AmountFacts(
        drawn_mg=sum(
            (line.amount_mg.value for line in lines.filter(kind=LedgerKind.DRAWN)), Decimal(0)
        ),
        given_mg=held.given,
        wasted_mg=held.wasted,
        lost_mg=held.lost,
        waste_witnessed=all(line.witness_id is not None for line in wasted),
    )


def suicide_positives(session: TreatmentSession) -> int:
    """Count the positive answers about suicide: at the door, in the chair, on leaving."""
    check = CheckIn.objects.get(session=session)
    rules = rules_of(session.protocol_id).session
    at_the_door = (
        bool(check.suicide_statement_positive)
        or (check.phq9_item9 or 0) >= rules.suicide_item9_positive_from
        or check.suicide_level not in (SuicideScreen.NOT_DONE, SuicideScreen.NONE)
    )
    leaving = Recovery.objects.get(session=session)
    at_leaving = bool(leaving.suicide_statement_positive) or leaving.suicide_level not in (
        SuicideScreen.NOT_DONE,
        SuicideScreen.NONE,
    )
    said = session.events.filter(kind=EventKind.SUICIDAL_STATEMENT).exists()
    return int(at_the_door or said or at_leaving)


def _owned_tasks(session: TreatmentSession) -> int:
    key = queries.suicide_task_key(session)
    return Task.objects.filter(key__startswith=key).exclude(owner=None).count()
