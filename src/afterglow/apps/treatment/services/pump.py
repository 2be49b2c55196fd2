"""After "pump stopped": say why, and hear the pump itself say that it has stopped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring import lines
from afterglow.apps.monitoring.models import PumpReading
from afterglow.apps.monitoring.models.chartings import pumps_taken_back
from afterglow.apps.treatment.models import Infusion
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import lock_session, refuse, tell
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Reason, blocker
from afterglow.core.roles import Action
from afterglow.core.treatment.endings import INFUSION_ENDINGS, InfusionEnding
from afterglow.core.treatment.lifecycles import InfusionState, SessionState, step_infusion
from afterglow.core.treatment.saying import words


@transaction.atomic
def explain_stop(
    *,
    session: UUID,
    ending: InfusionEnding,
    reason: str,
    seen_version: int,
    by: Account,
    at: datetime,
) -> Done[Infusion] | Refused:
    """Say afterwards how the infusion ended and why; the time of the stop stays as it was.

    Raises StaleRow when another tablet explained it first, and saves nothing then.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    infusion = Infusion.objects.locked().filter(session=row).order_by("-started_at").first()
    if infusion is None or infusion.ended_at is None:
        why = blocker("INFUSION_NOT_STOPPED", "The infusion has not been stopped.")
        return refuse("explain-stop", session=row, decision=Decision((why,)), by=by, at=at)
    words = reason.strip()
    if not words and ending is not InfusionEnding.COMPLETED:
        why = blocker("STOP_WITHOUT_REASON", "Say in a few words why the infusion was stopped.")
        return refuse("explain-stop", session=row, decision=Decision((why,)), by=by, at=at)
    if (fixed := _cannot_be_renamed(row, infusion, ending)) is not None:
        return refuse("explain-stop", session=row, decision=Decision((fixed,)), by=by, at=at)
    before = infusion.ending
    # As if it had been said at once: the state follows from how it ended.
    infusion.state = step_infusion(InfusionState.RUNNING, INFUSION_ENDINGS[ending].action)
    infusion.ending = ending
    infusion.ending_reason = words[:200]
    infusion.save_version(seen=seen_version)
    tell(
        "infusion-stop-explained",
        session=row,
        subject=infusion,
        by=by,
        at=at,
        detail={"ending": [str(before), str(ending)]},
    )
    return Done(infusion, Decision())


def _cannot_be_renamed(
    session: TreatmentSession, infusion: Infusion, ending: InfusionEnding
) -> Reason | None:
    """Return why the infusion's ending stays what it is, or None. Its words may always be added."""
    if ending == infusion.ending:
        return None
    if infusion.ending == InfusionEnding.STOPPED_IN_EMERGENCY:
        return blocker(
            "EMERGENCY_STOP_STANDS",
            "The infusion was stopped in an emergency; that is not taken back. Say why instead.",
            seen=str(ending),
            limit=str(infusion.ending),
        )
    if session.state != SessionState.RECOVERY:
        return blocker(
            "STOP_EXPLAINED_TOO_LATE",
            f"The session is {words(session.state)}: it ended on what was said of the infusion "
            "then.",
            seen=str(ending),
            limit=str(infusion.ending),
            state=words(session.state),
        )
    return None


@transaction.atomic
def note_pump_agreement(sessions: Sequence[int], at: datetime, *, anew: bool = False) -> None:
    """Note when the pump of a stopped infusion first reports 0 mL/h (monitoring calls this).

    The first such report after the stop counts, whatever the pump does later. ``anew``: reports
    were taken back, so what they said before is found again from those that stand.
    """
    stopped = Infusion.objects.locked().filter(session__in=sessions, ended_at__isnull=False)
    if not anew:
        stopped = stopped.filter(pump_agreed_at__isnull=True)
    for infusion in stopped.select_related("session__site", "session__patient").order_by("pk"):
        first = (
            PumpReading.objects.filter(
                lines.stored(infusion.session_id),
                session=infusion.session,
                taken_at__gte=infusion.ended_at,
                rate_ml_per_h=0,
            )
            .exclude(pk__in=pumps_taken_back([infusion.session_id]))
            .order_by("taken_at", "pk")
            .first()
        )
        agreed_at = first.taken_at if first is not None else None
        if agreed_at == infusion.pump_agreed_at:
            continue
        infusion.pump_agreed_at = agreed_at
        infusion.save_version()
        what = "pump-agreed" if agreed_at is not None else "pump-agreement-taken-back"
        tell(what, session=infusion.session, subject=infusion, by=None, at=at)
