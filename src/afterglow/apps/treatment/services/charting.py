"""Put things on the time axis: marks, notes, symptoms, medicines, hand-over, and their undo."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from afterglow.apps.accounts.models import Account, Countersignature
from afterglow.apps.accounts.services import cannot_serve
from afterglow.apps.assessments.outcomes import Recorded
from afterglow.apps.assessments.services import record_assessment
from afterglow.apps.medicines.models import Product
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.monitoring.services import record_vital_signs_by_hand
from afterglow.apps.monitoring.services.alarms import judge
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.emergencies import UNSIGNED
from afterglow.apps.treatment.facts.allergies import allergies_to
from afterglow.apps.treatment.models import MedicineGiven, SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import (
    done_before,
    lock_session,
    refuse,
    tell,
)
from afterglow.apps.treatment.services.clocks import clock_of
from afterglow.apps.treatment.services.doses import above_usual, dose_reasons
from afterglow.apps.treatment.services.tasks import open_suicide_task
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker, caution
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.quantities import Dose
from afterglow.core.roles import Action

STANDS: Mapping[EventKind, str] = {
    EventKind.SUICIDAL_STATEMENT: (
        "What the patient said about suicide is never taken back; add a note instead."
    ),
    EventKind.WITHDRAWN: "An undo cannot be undone; record the event again.",
    EventKind.HAND_OVER: "A hand-over is not taken back; hand the patient over again.",
    EventKind.LEFT_ALONE: "That a patient was left is not taken back; take the patient over.",
    EventKind.EMERGENCY_CALLED: "An emergency is not taken back; say that it is over, and why.",
    EventKind.EMERGENCY_OVER: "The end of an emergency is not taken back; press Emergency again.",
    EventKind.CALLED_BACK: "A call-back is not taken back; discharge the patient again.",
    EventKind.DOWNTIME_ENTRY: "Who copied which paper stays on record; undo its lines instead.",
    EventKind.PRESENCE_CONFIRMED: "Who answered that stays on record; say that nobody is there.",
    EventKind.SOUND_TEST: "A sound test is not taken back; test the sound again.",
}
"""What stays as it was said, and what to do instead."""
STANDS_WITH: Mapping[str, str] = {
    "pump_action": "It stays as long as its pump entry; take the pump entry back instead.",
    UNSIGNED: "That nobody was signed in stays on record; name the mark instead.",
}
"""The same of an event that is kept beside another act, by what its data hold."""


def why_it_stands(event: SessionEvent) -> str:
    """Return why an event is not taken back, and what to do instead; nothing where it may be."""
    beside = (words for name, words in STANDS_WITH.items() if name in event.data)
    return STANDS.get(EventKind(event.kind), "") or next(beside, "")


MEDICINE = "give-medicine"
"""What a witness of a medicine given beside the infusion signs, on the session."""
AHEAD = timedelta(minutes=1)
"""How far a tablet's clock may run ahead before its time is refused."""


@transaction.atomic
def record_event(
    *,
    session: UUID,
    kind: EventKind,
    by: Account,
    at: datetime,
    key: UUID,
    happened_at: datetime | None = None,
    label: str = "",
    text: str = "",
    data: Mapping[str, Any] | None = None,
    about: UUID | None = None,
) -> Done[SessionEvent] | Refused:
    """Put one event on the time axis. Safe to repeat with the same key.

    A mark is stamped first and named after (``NAME_MARK`` about it). A suicidal statement opens an
    owned task with a clock at once.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    if earlier := done_before(SessionEvent.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    when = happened_at or at
    if (refusal := _time_refused(row, when, at)) is not None:
        return refuse("record-event", session=row, decision=refusal, by=by, at=at)
    subject = SessionEvent.objects.get(public_id=about, session=row) if about else None
    event = SessionEvent.objects.create(
        session=row,
        kind=kind,
        label=label,
        text=text,
        data=dict(data or {}),
        at=when,
        recorded_at=at,
        by=by,
        about=subject,
        key=key,
    )
    if kind is EventKind.SUICIDAL_STATEMENT:
        open_suicide_task(session=row, subject=event, at=at)
    tell("event-recorded", session=row, subject=event, by=by, at=at, detail={"kind": str(kind)})
    rejudge(row, at=at)
    return Done(event, Decision())


def rejudge(session: TreatmentSession, *, at: datetime) -> None:
    """Judge the alarms of a locked session now: a symptom or a sedative changes what is due."""
    judge([session], at=at)


class _NotAll(Exception):
    """Takes back what was written before a part was refused."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision


@transaction.atomic
def chart_observations(
    *,
    session: UUID,
    readings: Mapping[VitalSignCode, Decimal],
    scales: Mapping[str, Mapping[str, int | None]],
    taken_at: datetime,
    by: Account,
    at: datetime,
    key: UUID,
) -> Done[tuple[VitalSign, ...]] | Refused:
    """Chart one column of the grid: vital signs by hand and scales, all of it or nothing.

    ``scales`` holds the answers of each instrument by its key. ``taken_at`` is when it was seen,
    ``at`` when it is charted. Safe to repeat with the same key.
    """
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    if (refusal := _nothing(readings, scales)) is not None:
        return refuse("chart-observations", session=row, decision=refusal, by=by, at=at)
    try:
        with transaction.atomic():
            signs: tuple[VitalSign, ...] = ()
            if readings:
                taken = record_vital_signs_by_hand(
                    session=session, readings=readings, taken_at=taken_at, by=by, at=at, key=key
                )
                if not isinstance(taken, tuple):
                    raise _NotAll(taken.decision)
                signs = taken
            for instrument, answers in scales.items():
                scored = record_assessment(
                    session=session,
                    instrument=instrument,
                    answers=answers,
                    happened_at=taken_at,
                    by=by,
                    at=at,
                    key=uuid.uuid5(key, instrument),
                )
                if not isinstance(scored, Recorded):
                    raise _NotAll(scored.decision)
    except _NotAll as part:
        return refuse("chart-observations", session=row, decision=part.decision, by=by, at=at)
    return Done(signs, Decision())


def _nothing(
    readings: Mapping[VitalSignCode, Decimal], scales: Mapping[str, Mapping[str, int | None]]
) -> Decision | None:
    if readings or scales:
        return None
    return Decision((blocker("NOTHING_READ", "No reading was entered."),))


@transaction.atomic
def withdraw_event(
    *, session: UUID, event: UUID, reason: str, by: Account, at: datetime, key: UUID
) -> Done[SessionEvent] | Refused:
    """Undo an event. The event and its undo both stay on record; a statement stays a statement."""
    row = lock_session(session, action=Action.CHART, by=by, at=at)
    if earlier := done_before(SessionEvent.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    subject = SessionEvent.objects.get(public_id=event, session=row)
    if undone := SessionEvent.objects.filter(about=subject, kind=EventKind.WITHDRAWN).first():
        return Done(undone, Decision(), repeated=True)
    if stands := why_it_stands(subject):
        why = blocker("EVENT_CANNOT_BE_WITHDRAWN", stands, seen=str(subject.kind))
        return refuse("withdraw-event", session=row, decision=Decision((why,)), by=by, at=at)
    undo = SessionEvent.objects.create(
        session=row,
        kind=EventKind.WITHDRAWN,
        text=reason,
        at=at,
        recorded_at=at,
        by=by,
        about=subject,
        key=key,
    )
    tell("event-withdrawn", session=row, subject=undo, by=by, at=at)
    rejudge(row, at=at)
    return Done(undo, Decision())


@transaction.atomic
def give_medicine(
    *,
    session: UUID,
    product: UUID,
    dose: Dose,
    route: str,
    indication: str,
    by: Account,
    at: datetime,
    key: UUID,
    happened_at: datetime | None = None,
    witness: Countersignature | None = None,
    above_usual_confirmed: bool = False,
) -> Done[MedicineGiven] | Refused:
    """Chart a medicine given beside the infusion; a sedative restarts the observation clock.

    Refuses what the order does not name, a known allergy, a dose of nothing, and one above the
    product's usual doses. That last is charted once it is confirmed as given on the prescriber's
    word: a note of the record says so, and ``decision`` holds it as a caution.
    """
    row = lock_session(session, action=Action.GIVE_MEDICINE, by=by, at=at)
    if earlier := done_before(MedicineGiven.objects.all(), key=key, session=row):
        return Done(earlier, Decision(), repeated=True)
    when = happened_at or at
    chosen = Product.objects.get(public_id=product)
    reasons = list(_time_refused(row, when, at) or ())
    order = queries.order_in_force(row)
    allowed = order.prn if order else []
    if chosen.key not in allowed and chosen.medicine not in allowed:
        reasons.append(
            blocker(
                "MEDICINE_NOT_ORDERED",
                f"{chosen.name} is not among the medicines the order allows by need. "
                "Ask the prescriber for an order.",
                seen=chosen.name,
                limit=", ".join(_named(allowed)) or "none",
            )
        )
    reasons += dose_reasons(dose)
    reasons += [
        blocker("ALLERGY_TO_MEDICINE", f"The patient is allergic to {substance}.", seen=substance)
        for substance in allergies_to(row, chosen)
    ]
    above = above_usual(chosen, dose, route)
    if above is not None and not above_usual_confirmed:
        reasons.append(above)
    if witness is not None:
        unfit = cannot_serve(witness, act=MEDICINE, subject=row, by=by, at=at)
        reasons += Decision.from_reasons(unfit)
    if reasons:
        decision = Decision.from_reasons(reasons)
        return refuse(MEDICINE, session=row, decision=decision, by=by, at=at)
    given = MedicineGiven.objects.create(
        session=row,
        product=chosen,
        dose_mg=dose,
        route=route,
        indication=indication,
        is_sedative=chosen.is_sedative,
        at=when,
        recorded_at=at,
        by=by,
        witness=witness,
        key=key,
    )
    tell(
        "medicine-given",
        session=row,
        subject=given,
        by=by,
        at=at,
        detail={
            "product": chosen.key,
            "dose_mg": str(dose.value),
            "cautions": [above.code] if above else [],
        },
    )
    if above is not None:
        noted = SessionEvent.objects.create(
            session=row,
            kind=EventKind.NOTE,
            text=above.sentence,
            data={"medicine": str(given.public_id), "seen": above.seen, "limit": above.limit},
            at=when,
            recorded_at=at,
            by=by,
            key=uuid.uuid5(key, "above-usual"),
        )
        tell("event-recorded", session=row, subject=noted, by=by, at=at, detail={"kind": "note"})
    rejudge(row, at=at)
    said = above and caution(above.code, above.sentence, seen=above.seen, limit=above.limit)
    return Done(given, Decision.from_reasons(said))


def _named(allowed: list[str]) -> list[str]:
    """Return what an order allows by need as its label says it; a medicine stays its own name."""
    names = dict(Product.objects.filter(key__in=allowed).values_list("key", "name"))
    return [names.get(each, each) for each in allowed]


def _time_refused(session: TreatmentSession, when: datetime, at: datetime) -> Decision | None:
    """Refuse a clinical time in the future or before the patient came."""
    if when > at + AHEAD:
        return Decision(
            (
                blocker(
                    "TIME_IN_FUTURE",
                    f"{clock_of(session, when)} is in the future; "
                    f"it is now {clock_of(session, at)}.",
                    seen=clock_of(session, when),
                    limit=clock_of(session, at),
                ),
            )
        )
    if when < session.checked_in_at:
        return Decision(
            (
                blocker(
                    "TIME_BEFORE_CHECK_IN",
                    f"{clock_of(session, when)} is before the patient checked in at "
                    f"{clock_of(session, session.checked_in_at)}.",
                    seen=clock_of(session, when),
                    limit=clock_of(session, session.checked_in_at),
                ),
            )
        )
    return None
