"""What a room's screen may do while nobody is signed in there: record the stop, call an emergency.

Whoever stands at the screen may be anybody, so little is taken on their word: the screen must hold
a ticket to this session (tickets.py), chart and record say of the act that nobody was signed in,
beside a mark that a signed-in person names afterwards, it bears out nobody's presence here or
elsewhere, and an emergency that is called again and again is held after a number in a data file.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import services as audit
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.emergencies import PRESSED_KEYS, UNSIGNED, emergency_of
from afterglow.apps.treatment.facts.presence import PRESSED_UNSIGNED
from afterglow.apps.treatment.models import SessionEvent
from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import lock_session, refuse
from afterglow.apps.treatment.services.charting import record_event
from afterglow.apps.treatment.services.emergency import declare_emergency, stop_key
from afterglow.apps.treatment.services.infusions import record_pump_stopped
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.cited import Section
from afterglow.core.decisions import Decision, blocker
from afterglow.core.roles import Action


class Press(StrEnum):
    """What is pressed without a sign-in."""

    STOP = "stop"
    EMERGENCY = "emergency"


SAID: Final = {
    Press.STOP: gettext_noop("Pump stop pressed where nobody was signed in: who was it?"),
    Press.EMERGENCY: gettext_noop("Emergency pressed where nobody was signed in: who was it?"),
}
"""How the mark beside it stands in the record; translated where it is shown."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many emergencies may be called so within how long."""

    at_most: int
    within: timedelta


@lru_cache(maxsize=1)
def limits() -> Limits:
    """Return the limits as the data file gives them."""
    file = resources.files("afterglow") / "data" / "emergency" / "unsigned" / "1.json"
    root = Section("unsigned", json.loads(file.read_text(encoding="utf-8")))
    return Limits(
        at_most=int(root.number("emergencies_at_most", unit="1")),
        within=timedelta(minutes=float(root.number("within", unit="min"))),
    )


@transaction.atomic
def press_unsigned(
    *, session: UUID, press: Press, ticket_of: Account, at: datetime, key: UUID
) -> Done[Any] | Refused:
    """Record a stop or call an emergency for whoever stands at the room's screen.

    ``ticket_of``: whoever left the room's ticket; it is their right that is asked, and not their
    act. Safe to repeat with the same key. Raises Forbidden, RecordLocked or DoesNotExist.
    """
    row = lock_session(session, action=Action.STOP_INFUSION, by=ticket_of, at=at)
    audit.record(
        PRESSED_UNSIGNED,
        subject=row,
        by=None,
        at=at,
        site=row.site,
        patient=row.patient,
        detail={
            "session": str(session),
            "press": str(press),
            "ticket_of": str(ticket_of.public_id),
        },
    )
    if press is Press.EMERGENCY and (held := _called_too_often(row, at)) is not None:
        return refuse("emergency-unsigned", session=row, decision=held, by=ticket_of, at=at)
    done = _act(row, press, by=ticket_of, at=at, key=key)
    if isinstance(done, Done) and not done.repeated:
        mark_unsigned(session, press, by=ticket_of, at=at, key=key)
    return done


def mark_unsigned(
    session: UUID,
    press: Press,
    *,
    by: Account,
    at: datetime,
    key: UUID,
    happened_at: datetime | None = None,
) -> None:
    """Set the mark beside what was charted under ``key``, so that chart and record name nobody."""
    record_event(
        session=session,
        kind=EventKind.MARK,
        by=by,
        at=at,
        key=uuid.uuid5(key, "unsigned"),
        happened_at=happened_at,
        text=SAID[press],
        data={UNSIGNED: str(press), PRESSED_KEYS: [str(each) for each in _charted(press, key)]},
    )


def _charted(press: Press, key: UUID) -> tuple[UUID, ...]:
    """Return the keys under which a press charts; nothing may stand under the stop's."""
    return (key, stop_key(key)) if press is Press.EMERGENCY else (key,)


def _act(
    row: TreatmentSession, press: Press, *, by: Account, at: datetime, key: UUID
) -> Done[Any] | Refused:
    if press is Press.EMERGENCY:
        return declare_emergency(session=row.public_id, by=by, at=at, key=key, unsigned=True)
    ending = queries.ending_of_a_stop(row, at=at)
    return record_pump_stopped(session=row.public_id, ending=ending, by=by, at=at, key=key)


def _called_too_often(session: TreatmentSession, at: datetime) -> Decision | None:
    current = emergency_of(session)
    if current is not None and current.is_open:
        return None  # a second press finds the first
    rules = limits()
    called = SessionEvent.objects.filter(
        session=session,
        kind=EventKind.MARK,
        data__unsigned=str(Press.EMERGENCY),
        at__gt=at - rules.within,
    ).count()
    if called < rules.at_most:
        return None
    limit = f"{rules.at_most} in {rules.within.total_seconds() / 60:g} min"
    why = blocker(
        "UNSIGNED_EMERGENCY_TOO_OFTEN",
        f"An emergency was called on this screen {called} times with nobody signed in; the limit "
        f"is {limit}. Sign in to call the site again. Call for help aloud, and the emergency "
        "services by telephone.",
        seen=str(called),
        limit=limit,
    )
    return Decision((why,))
