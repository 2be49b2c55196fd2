"""What shows that somebody is really with a patient: what they did there, what they did elsewhere.

Everything is read from what is kept anyway: the audit says who did what for which session, the
shifts say who is at work. No sensor is asked, and none is pretended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from afterglow.apps.accounts.services.leaving import SIGNED_OUT_EVERYWHERE
from afterglow.apps.accounts.services.locks import ACTED_WHEN_LOCKED
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.scheduling.models import StaffShift
from afterglow.apps.treatment.emergencies import UNSIGNED
from afterglow.apps.treatment.models import Coverage, RoomShown
from afterglow.apps.treatment.models.offline import OfflineOutcome
from afterglow.core.monitoring.presence import PresenceFacts
from afterglow.core.treatment.calls import CallAct
from afterglow.core.treatment.coverage import CoveragePhase

CONFIRMED = "presence-confirmed"
"""The audit's word for somebody's answer that the clinician is with the patient."""
PRESENCE = "presence"
"""The kind of a tablet's entry that answers, without a connection, whether somebody is there."""
TAKEN_IN = "offline-entry-taken-in"
"""The audit's word for an entry that a tablet kept without a connection, once it has arrived."""
PRESSED_UNSIGNED = "pressed-where-nobody-signed-in"
"""The audit's word beside an act of whoever stood at a screen where nobody was signed in."""
REFUSED = "-refused"
"""How the audit's word for what was tried and refused ends."""


@dataclass(slots=True)
class Signs:
    """What speaks for one person being with one patient, and what against.

    ``acts``: when they did something there, one press each however many lines it charted;
    ``tried``: when they were refused something there, which is a sign of them and no act.
    """

    acts: list[datetime] = field(default_factory=list)
    tried: list[datetime] = field(default_factory=list)
    confirmed: list[datetime] = field(default_factory=list)
    elsewhere: list[datetime] = field(default_factory=list)
    signed_out: list[datetime] = field(default_factory=list)

    @property
    def of_them(self) -> list[datetime]:
        """Every time that shows somebody with the patient."""
        return [*self.acts, *self.tried, *self.confirmed]


def presence(sessions: Sequence[int], at: datetime) -> Mapping[int, PresenceFacts]:
    """Return what is known of whoever is on record with each patient now. Four queries."""
    rows = [
        row
        for row in Coverage.objects.filter(session__in=sessions, during__upper_inf=True)
        .select_related("clinician", "session__patient", "session__site")
        .order_by("pk")
        if row.clinician.is_active
    ]
    if not rows:
        return {}
    found = signs_of(rows, until=at)
    over = _shifts_over(rows, at)
    shown = dict(
        RoomShown.objects.filter(session__in=[row.session_id for row in rows]).values_list(
            "session", "at"
        )
    )
    return {
        row.session_id: _facts(row, found[row.pk], over.get(row.pk), shown.get(row.session_id))
        for row in rows
    }


def _facts(
    row: Coverage, signs: Signs, shift_over: datetime | None, shown_at: datetime | None
) -> PresenceFacts:
    last = max([row.during.lower, *signs.of_them])
    return PresenceFacts(
        who=row.clinician.get_short_name(),
        last_sign_at=last,
        one_to_one=row.phase == CoveragePhase.INFUSING,
        elsewhere_at=min((t for t in signs.elsewhere if t > last), default=None),
        shift_over_at=shift_over,
        signed_out_at=max(signs.signed_out, default=None),
        shown_at=shown_at,
    )


def signs_of(rows: Iterable[Coverage], *, until: datetime) -> Mapping[int, Signs]:
    """Return the signs within each stretch, by its primary key, up to ``until``. One query.

    The rows carry ``session`` and ``clinician``. What a tablet kept without a connection is a sign
    of its writer at the time it was typed, not at the time it arrived: a tablet sends by itself,
    and nobody need stand beside it.
    """
    rows = list(rows)
    if not rows:
        return {}
    by_person: dict[UUID, list[Coverage]] = defaultdict(list)
    by_session: dict[str, list[Coverage]] = defaultdict(list)
    for row in rows:
        by_person[row.clinician.public_id].append(row)
        by_session[str(row.session.public_id)].append(row)
    found = {row.pk: Signs() for row in rows}
    entries = list(
        AuditEntry.objects.filter(
            Q(by__in=list(by_person))
            | Q(
                action__in=(CONFIRMED, TAKEN_IN),
                patient__in=[row.session.patient.public_id for row in rows],
            )
            | Q(action=TAKEN_IN, detail__typed_by__in=[str(each) for each in by_person])
            | Q(action=PRESSED_UNSIGNED, detail__ticket_of__in=[str(each) for each in by_person]),
            at__gte=min(row.during.lower for row in rows),
            at__lte=until,
        )
        .order_by("at", "pk")
        .values_list("action", "by", "at", "detail__session", "detail")
    )
    arrived = {(session, at) for action, _, at, session, _ in entries if action == TAKEN_IN}
    # Whoever left a screen's ticket did not press there: it may have been anybody.
    arrived |= {
        (session, at) for action, _, at, session, _ in entries if action == PRESSED_UNSIGNED
    }
    for action, by, at, session, detail in entries:
        if action == TAKEN_IN:
            if (typed := _as_typed(detail, sent_by=by)) is None:
                continue
            action, by, at = typed  # when it was typed, and by whom
        elif action == ACTED_WHEN_LOCKED or (session, at) in arrived:
            continue  # a note beside an act; what the arrival charted, in the same transaction
        elif detail.get("code") == CallAct.STAYING:
            continue  # "I stay here", said of another room's emergency: no sign of being elsewhere
        if action == CONFIRMED:
            for row in by_session.get(session, ()):
                if _within(row, at):
                    found[row.pk].confirmed.append(at)
            continue
        for row in by_person.get(by, ()) if by is not None else ():
            if not _within(row, at):
                continue
            if action == SIGNED_OUT_EVERYWHERE:
                found[row.pk].signed_out.append(at)
            elif session == str(row.session.public_id):
                if at == row.during.lower:
                    continue  # the declaration itself: the start, or the signed take-over
                seen = found[row.pk].tried if action.endswith(REFUSED) else found[row.pk].acts
                if at not in seen:  # one press writes a row for each thing that it charted
                    seen.append(at)
            elif session:
                found[row.pk].elsewhere.append(at)
    return found


def _as_typed(
    detail: Mapping[str, Any], *, sent_by: UUID | None
) -> tuple[str, UUID, datetime] | None:
    """Return what a tablet kept as an entry of its writer, then; an unproved name is none.

    It is proved by a PIN, or by being the name of who sends it: anybody who may chart could name a
    colleague. An answer counts once it is charted, which only the asked person's is. The audit is
    append-only: rows from before a proof was noted say nothing of one. A stop that was pressed
    after the sign-in had ended is nobody's.
    """
    if detail.get(UNSIGNED):
        return None
    charted = detail["outcome"] == OfflineOutcome.CHARTED
    typed_by, is_answer = UUID(detail["typed_by"]), detail["kind"] == PRESENCE
    proved = detail.get("proved") or (charted and typed_by == sent_by)
    theirs = charted if is_answer else proved
    if not theirs:
        return None
    action = CONFIRMED if is_answer else TAKEN_IN
    return action, typed_by, datetime.fromisoformat(detail["happened_at"])


def _within(row: Coverage, at: datetime) -> bool:
    return bool(row.during.lower <= at and (row.during.upper is None or at < row.during.upper))


def _shifts_over(rows: Sequence[Coverage], at: datetime) -> Mapping[int, datetime]:
    """Return when the shift of each person ended, where it ended while they had the patient."""
    shifts: dict[tuple[int, int], list[StaffShift]] = defaultdict(list)
    for shift in StaffShift.objects.filter(
        account__in=[row.clinician_id for row in rows],
        site__in=[row.session.site_id for row in rows],
        during__endswith__gt=min(row.during.lower for row in rows),
        during__startswith__lte=at,
    ):
        shifts[(shift.account_id, shift.site_id)].append(shift)
    over = {}
    for row in rows:
        mine = [
            shift.during.upper
            for shift in shifts[(row.clinician_id, row.session.site_id)]
            if shift.during.upper > row.during.lower
        ]
        if mine and max(mine) <= at:
            over[row.pk] = max(mine)
    return over
