"""Charting one entry that a tablet kept: in a savepoint, and whatever goes wrong has its reason."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import OperationalError, transaction

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import PumpAction
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.models.offline import OfflineOutcome
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services.acting import OfAnotherSession
from afterglow.apps.treatment.services.charting import AHEAD
from afterglow.apps.treatment.services.clocks import clock_of
from afterglow.apps.treatment.services.lines import LateLine, PumpLine, chart_line
from afterglow.apps.treatment.services.offline_lines import line_of, storable
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, blocker
from afterglow.core.errors import AfterglowError, RecordLocked
from afterglow.core.permission import Forbidden
from afterglow.db.models import StaleRow

_log = logging.getLogger(__name__)


def chart(
    session: TreatmentSession,
    *,
    key: UUID,
    kind: str,
    body: Mapping[str, Any],
    happened_at: datetime,
    by: Account,
    at: datetime,
) -> tuple[OfflineOutcome, Decision]:
    """Chart an entry, and say what became of it; the session is locked.

    What the page itself charted under this key, before its answer was lost, is charted.
    """
    if PumpAction.objects.filter(key=key, infusion__session=session).exists():
        return OfflineOutcome.CHARTED, Decision()
    against: list[Decision] = []

    def verb() -> Done[Any] | Refused:
        # A clock that was put right by the last answer may still be a moment ahead.
        when = min(happened_at, at) if happened_at <= at + AHEAD else happened_at
        line, seen = line_of(kind, body, when)
        if (both := _conflict(session, line)) is not None:
            against.append(both)
            return Refused(both)
        if (after := body.get("after")) and isinstance(line, PumpLine):
            step = _own_step(session, UUID(str(after)))
            if step is None and line.kind is not PumpActionKind.STOP:
                against.append(_own_not_charted())
                return Refused(against[-1])
            seen = step.sequence if step else seen
        return chart_line(session, line, by=by, at=at, key=key, seen=seen)

    outcome, decision = attempt(verb, about=key)
    return (OfflineOutcome.CONFLICT, against[-1]) if against else (outcome, decision)


def attempt(
    verb: Callable[[], Done[Any] | Refused], *, about: UUID
) -> tuple[OfflineOutcome, Decision]:
    """Run a verb in a savepoint, and say what became of the entry ``about``.

    Whatever is wrong with the entry is a refusal, a mistake of ours too: an entry that stood in the
    way of a stop would be worse. Raises OperationalError, which is the database's and no entry's.
    """
    try:
        with transaction.atomic():
            done = verb()
    except StaleRow as stale:
        return OfflineOutcome.CONFLICT, _meanwhile(str(stale.seen), str(stale.current))
    except RecordLocked:
        return OfflineOutcome.REFUSED, signed_before()
    except Forbidden as no:
        return OfflineOutcome.REFUSED, no.decision
    except OfAnotherSession:
        return OfflineOutcome.REFUSED, of_another_session()
    except (
        AfterglowError,
        LookupError,
        TypeError,
        ValueError,
        ArithmeticError,
        ObjectDoesNotExist,
    ) as problem:
        return OfflineOutcome.REFUSED, _not_understood(str(problem))
    except OperationalError:
        raise
    except Exception as problem:  # the words of a database error may hold what was typed
        _log.error("offline entry %s: %s", about, type(problem).__name__)
        return OfflineOutcome.REFUSED, _not_charted()
    if isinstance(done, Refused):
        return OfflineOutcome.REFUSED, done.decision
    return OfflineOutcome.CHARTED, done.decision


def signed_before() -> Decision:
    """Say that the record was signed before what was written elsewhere came to it."""
    why = blocker(
        "RECORD_SIGNED_BEFORE", "The record was signed before this arrived; add an addendum."
    )
    return Decision((why,))


def of_another_session() -> Decision:
    """Say that the key of an entry belongs to another patient's session."""
    why = blocker(
        "OFFLINE_ENTRY_OF_ANOTHER_SESSION",
        "An entry of this key was typed for another patient; this one is not charted by itself.",
    )
    return Decision((why,))


def _conflict(session: TreatmentSession, line: LateLine) -> Decision | None:
    """Return why a stop does not fit what other screens charted, or None.

    At the screen a stop is never refused. One that arrives late may meet an entry made after it:
    two people saw two pumps, and only they know which was so.
    """
    infusion = queries.infusion_of(session)
    if not isinstance(line, PumpLine) or line.kind is not PumpActionKind.STOP or infusion is None:
        return None
    last = queries.actions_of(infusion)[-1]
    if line.at > last.at:
        return None
    return _meanwhile(clock_of(session, line.at), clock_of(session, last.at))


def _own_step(session: TreatmentSession, key: UUID) -> PumpAction | None:
    """Return the pump entry that the tablet's own entry of this key became, or None."""
    keys = (key, uuid.uuid5(key, "charted"))
    return PumpAction.objects.filter(infusion__session=session, key__in=keys).first()


def _own_not_charted() -> Decision:
    why = blocker(
        "OFFLINE_ENTRY_BEFORE_NOT_CHARTED",
        "The pump entry that this tablet typed before this one is not charted.",
    )
    return Decision((why,))


def _meanwhile(seen: str, limit: str) -> Decision:
    why = blocker(
        "PUMP_CHARTED_MEANWHILE",
        "Another screen charted the pump after this tablet went offline.",
        seen=seen,
        limit=limit,
    )
    return Decision((why,))


def _not_understood(seen: str) -> Decision:
    why = blocker(
        "OFFLINE_ENTRY_NOT_UNDERSTOOD",
        "What the tablet kept could not be read.",
        seen=storable(seen)[:60],
    )
    return Decision((why,))


def _not_charted() -> Decision:
    why = blocker(
        "OFFLINE_ENTRY_NOT_CHARTED",
        "The server could not chart this entry. It is kept as it was typed; say what holds.",
    )
    return Decision((why,))
