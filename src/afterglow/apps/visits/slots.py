"""What higher apps tell the board and the chart. Visits imports none of them.

They register one function each in their ``AppConfig.ready()``::

    slots.tell_board(watches)   # monitoring: next reading due and open alarms of many sessions
    slots.tell_emergencies(cards)   # treatment: emergencies that go on
    slots.tell_orders(orders)   # treatment: the orders of a patient
    slots.tell_watchers(who)    # treatment: who is with each patient now
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from afterglow.apps.people.models import Patient
from afterglow.apps.visits.models import TreatmentSession
from afterglow.web.cards import AlarmCard


@dataclass(frozen=True, slots=True)
class Watch:
    """What is due and what is wrong in one session; alarms worst first."""

    next_due: datetime | None = None
    alarms: tuple[AlarmCard, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order as the chart lists it."""

    for_date: date
    words: str
    signed_by: str
    signed_at: datetime
    in_force: bool
    url: str = ""


EmergencyTeller = Callable[[Sequence[TreatmentSession]], Mapping[int, AlarmCard]]
BoardTeller = Callable[[Sequence[TreatmentSession], datetime], Mapping[int, Watch]]
WatcherTeller = Callable[[Sequence[TreatmentSession]], Mapping[int, str]]
OrderTeller = Callable[[Patient], Sequence[OrderLine]]

_board: BoardTeller | None = None
_emergencies: EmergencyTeller | None = None
_orders: OrderTeller | None = None
_watchers: WatcherTeller | None = None


def tell_board(teller: BoardTeller | None) -> BoardTeller | None:
    """Register who knows what is due and wrong (session pk → watch); return the one before."""
    global _board
    before, _board = _board, teller
    return before


def tell_emergencies(teller: EmergencyTeller | None) -> EmergencyTeller | None:
    """Register who knows of emergencies that go on (session pk → band); return the one before."""
    global _emergencies
    before, _emergencies = _emergencies, teller
    return before


def tell_orders(teller: OrderTeller | None) -> OrderTeller | None:
    """Register who knows a patient's orders; return the one before."""
    global _orders
    before, _orders = _orders, teller
    return before


def tell_watchers(teller: WatcherTeller | None) -> WatcherTeller | None:
    """Register who knows who is with each patient (session pk → name); return the one before."""
    global _watchers
    before, _watchers = _watchers, teller
    return before


def watchers(sessions: Sequence[TreatmentSession]) -> Mapping[int, str]:
    """Return who is with each watched patient now: a name, or nothing where nobody is.

    Sessions in which nobody is watched yet, or no longer, are left out.
    """
    return _watchers(sessions) if _watchers is not None and sessions else {}


def watch(sessions: Sequence[TreatmentSession], at: datetime) -> Mapping[int, Watch]:
    """Return what is due and wrong in each session, by primary key."""
    told = dict(_board(sessions, at)) if _board is not None and sessions else {}
    for pk, card in (
        _emergencies(sessions) if _emergencies is not None and sessions else {}
    ).items():
        seen = told.get(pk, Watch())
        told[pk] = Watch(seen.next_due, (card, *seen.alarms))  # before all alarms
    return {session.pk: told.get(session.pk, Watch()) for session in sessions}


def next_due_of(session: TreatmentSession, *, at: datetime) -> datetime | None:
    """Return when the next reading of a session is due, or None."""
    return watch([session], at)[session.pk].next_due


def orders_of(patient: Patient) -> Sequence[OrderLine]:
    """Return a patient's orders, newest first."""
    return _orders(patient) if _orders is not None else ()
