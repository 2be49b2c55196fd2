"""Take back what was charted in error: a medicine, a pump entry, the scores of a column.

Nothing is deleted. The entry stands struck through with who took it back and why; everything that
is reckoned from the chart (observation time, totals, what is due, alarms) leaves it out.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.accounts.services.countersigning import SecondPerson, countersign
from afterglow.apps.assessments import services as assessments
from afterglow.apps.assessments.models import Assessment
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.monitoring.services import take_back_entry
from afterglow.apps.monitoring.services.alarms import judge
from afterglow.apps.monitoring.services.readings import ENTERED_IN_ERROR
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import ChartMistake, Infusion, MedicineGiven, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind, PumpAction, PumpActionKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import done_before, lock_session, refuse, tell
from afterglow.apps.treatment.services.deviations import take_back_deviation
from afterglow.core.decisions import Decision, Reason, blocker
from afterglow.core.roles import Action
from afterglow.core.treatment.lifecycles import InfusionState

ACT = "medicine-entered-in-error"
"""What a second person signs, on the medicine that was given."""
_STANDS = (PumpActionKind.START, PumpActionKind.STOP)


@transaction.atomic
def take_back_medicine(
    *,
    session: UUID,
    medicine: UUID,
    reason: str,
    second: SecondPerson | None,
    by: Account,
    at: datetime,
    key: UUID,
) -> Done[ChartMistake] | Refused:
    """Say that a medicine was charted in error: it was not given, or not like that.

    A controlled one needs a second person's signature. The note that its dose was above the usual
    is withdrawn with it. The ledger is not touched. Safe to repeat. Raises DoesNotExist where the
    session has no such medicine.
    """
    row = lock_session(session, action=Action.GIVE_MEDICINE, by=by, at=at)
    if earlier := done_before(ChartMistake.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    given = MedicineGiven.objects.select_related("product").get(public_id=medicine, session=row)
    if earlier := ChartMistake.objects.filter(medicine=given).first():
        return Done(earlier, Decision(), repeated=True)
    signature: Countersignature | None = None
    refusal = _unexplained(reason)
    if refusal is None and given.product.schedule:
        if second is None:
            refusal = blocker(
                "MISTAKE_NEEDS_A_SECOND_PERSON",
                f"{given.product.medicine.capitalize()} is a controlled medicine: a second person "
                "signs that it was charted in error.",
                seen="nobody",
                limit="a second person",
                medicine=given.product.medicine.capitalize(),
            )
        else:
            signed = countersign(by=second, beside=by, act=ACT, subject=given, at=at, site=row.site)
            if isinstance(signed, Decision):
                return refuse(ACT, session=row, decision=signed, by=by, at=at)
            signature = signed
    if refusal is not None:
        return refuse(ACT, session=row, decision=Decision((refusal,)), by=by, at=at)
    mistake = ChartMistake.objects.create(
        session=row,
        medicine=given,
        reason=reason.strip()[:200],
        seconded=signature,
        by=by,
        at=at,
        key=key,
    )
    for note in SessionEvent.objects.filter(
        session=row, kind=EventKind.NOTE, data__medicine=str(given.public_id)
    ):
        SessionEvent.objects.create(
            session=row,
            kind=EventKind.WITHDRAWN,
            text=mistake.reason,
            at=at,
            recorded_at=at,
            by=by,
            about=note,
            key=uuid.uuid5(key, str(note.public_id)),
        )
    tell(
        "medicine-taken-back",
        session=row,
        subject=mistake,
        by=by,
        at=at,
        detail={"medicine": str(given.public_id), "dose_mg": str(given.dose_mg.value)},
    )
    judge([row], at=at)
    return Done(mistake, Decision())


@transaction.atomic
def take_back_pump_action(
    *, session: UUID, action: UUID, reason: str, by: Account, at: datetime, key: UUID
) -> Done[ChartMistake] | Refused:
    """Say that a rate, a pause or a resume was charted in error: the rate before it counts on.

    Only the last entry that stands is taken back, while the infusion goes on; a start and a stop
    are not. Safe to repeat. Raises DoesNotExist where the session has no such entry.
    """
    row = lock_session(session, action=Action.RUN_INFUSION, by=by, at=at)
    if earlier := done_before(ChartMistake.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    entry = PumpAction.objects.get(public_id=action, infusion__session=row)
    if earlier := ChartMistake.objects.filter(action=entry).first():
        return Done(earlier, Decision(), repeated=True)
    infusion = Infusion.objects.locked().get(pk=entry.infusion_id)
    standing = list(
        infusion.actions.filter(mistake__isnull=True).order_by("-sequence").select_related("by")
    )
    reasons = [_unexplained(reason), _why_it_stands(entry, standing, row.site.zone)]
    decision = Decision.from_reasons(reasons)
    if decision.refused:
        return refuse("take-back-pump-entry", session=row, decision=decision, by=by, at=at)
    mistake = ChartMistake.objects.create(
        session=row, action=entry, reason=reason.strip()[:200], by=by, at=at, key=key
    )
    before = standing[1]
    paused = before.kind == PumpActionKind.PAUSE
    infusion.state = InfusionState.PAUSED if paused else InfusionState.RUNNING
    infusion.save_version()
    take_back_deviation(row, entry, reason=mistake.reason, by=by, at=at)
    tell(
        "pump-entry-taken-back",
        session=row,
        subject=mistake,
        by=by,
        at=at,
        detail={
            "entry": str(entry.public_id),
            "from_ml_per_h": str(entry.rate_ml_per_h.value),
            "to_ml_per_h": str(queries.STOPPED.value if paused else before.rate_ml_per_h.value),
        },
    )
    judge([row], at=at)
    return Done(mistake, Decision())


def _why_it_stands(entry: PumpAction, standing: list[PumpAction], zone: object) -> Reason | None:
    """Return why a pump entry is not taken back, or None."""
    if entry.kind in _STANDS:
        return blocker(
            "PUMP_ENTRY_STANDS",
            "A start or a stop is not taken back: say in a note what is true.",
            seen=str(entry.kind),
        )
    if standing[0].pk != entry.pk:
        later = standing[0].at.astimezone(zone)  # type: ignore[arg-type]
        return blocker(
            "PUMP_ENTRY_NOT_LAST",
            f"A later pump entry, of {later:%H:%M:%S}, stands after it; take that one back first. "
            "After the stop, say which account is right where pump and chart differ.",
            seen=str(entry.kind),
            limit=str(standing[0].kind),
            later=f"{later:%H:%M:%S}",
        )
    return None


def _unexplained(reason: str) -> Reason | None:
    if reason.strip():
        return None
    return blocker("TAKEN_BACK_WITHOUT_REASON", "Say in a few words why it was entered in error.")


@transaction.atomic
def take_back_column(
    *, session: UUID, column: UUID, by: Account, at: datetime, reason: str = ENTERED_IN_ERROR
) -> int:
    """Take back all that was typed into one column of the grid: readings and scores.

    ``column`` is the key that it was charted under. Returns how many entries it held. Taking it
    back twice adds nothing. Raises DoesNotExist where this session has no such column.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    found = 0
    if VitalSign.objects.filter(session=row, batch=column, by__isnull=False).exists():
        found += len(take_back_entry(session=session, batch=column, by=by, at=at))
    keys = [uuid.uuid5(column, name) for name in queries.COLUMN_SCALES]
    for one in Assessment.objects.filter(session=row, key__in=keys).order_by("pk"):
        assessments.take_back_assessment(
            session=session, assessment=one.public_id, reason=reason, by=by, at=at
        )
        found += 1
    if not found:
        raise VitalSign.DoesNotExist("This session has no such column.")
    return found
