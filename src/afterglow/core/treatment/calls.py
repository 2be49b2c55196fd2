"""Who still has to hear that an emergency is on, and what each person of the site may answer.

One person on their way is not enough help: the others do not know whether that person arrives, and
one pair of hands resuscitates nobody. So an answer ends the sound for whoever gave it and for
nobody else. It ends everywhere when somebody who is there says that there is enough help, or when
the emergency is over. What is seen stays on every screen until it is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from afterglow.core.decisions import Decision, Reason
from afterglow.core.reason_codes import Subject
from afterglow.core.roles import CLINICAL, STAFF, Role, said_roles


class CallAct(StrEnum):
    """What is said about an open emergency. The value is the code of the step on record."""

    COMING = "COMING"
    """A clinician is on the way."""
    STAYING = "STAYING"
    """A clinician knows of it and does not leave their own patient."""
    CALLED_EMS = "CALLED_EMS"
    """The emergency services were called: by the room, or by the front desk."""
    GUIDING = "GUIDING"
    """Somebody opens the door and brings the emergency services to the room."""
    ENOUGH_HELP = "ENOUGH_HELP"
    """Somebody who is there says that nobody else has to come."""
    MORE_HELP = "MORE_HELP"
    """Somebody who is there calls everybody again."""
    AT_WORK = ""
    """Any other step: whoever times it is there."""

    @classmethod
    def of(cls, code: str) -> CallAct:
        """Return what a step's code says; every other step shows its writer at work there."""
        return next((act for act in cls if act == code), cls.AT_WORK)


ANSWERS: Final = (CallAct.COMING, CallAct.STAYING, CallAct.CALLED_EMS, CallAct.GUIDING)
"""What a screen elsewhere offers, in this order."""
FROM_THERE: Final = (CallAct.ENOUGH_HELP, CallAct.MORE_HELP)
"""What only somebody who is there may say."""
DESK: Final = STAFF - CLINICAL
TOLD_LATE: Final = timedelta(minutes=1)
"""From here on both times are said, as beside every entry."""

_SUBJECT: Final = Subject("emergency")
EMERGENCY_IS_OVER: Final = _SUBJECT.blocker("EMERGENCY_IS_OVER", "This emergency is over.")
COMING_IS_CLINICAL: Final = _SUBJECT.blocker(
    "COMING_IS_CLINICAL",
    "The room counts on a clinician who says that they are on the way; your roles here are {seen}. "
    "Call the emergency services, and bring them to the room.",
)
HELP_JUDGED_FROM_AFAR: Final = _SUBJECT.blocker(
    "HELP_JUDGED_FROM_AFAR",
    "Only who is there says whether there is enough help: who called, who is with the patient, and "
    "who said that they come.",
)


@dataclass(frozen=True, slots=True)
class CallStep:
    """One thing that somebody said or did about it. ``who``: any stable name of a person."""

    act: CallAct
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """An emergency as the rules see it. ``steps`` in the order in which they came to be known."""

    called_by: str
    steps: tuple[CallStep, ...] = ()
    is_over: bool = False

    @property
    def has_enough_help(self) -> bool:
        """Whether somebody there said so, and nobody called again since."""
        return next(
            (step.act is CallAct.ENOUGH_HELP for step in reversed(self.steps) if _judges(step)),
            False,
        )

    def has_said(self, act: CallAct, who: str | None = None) -> bool:
        """Whether ``who``, or anybody, said ``act``."""
        return any(step.act is act and who in (None, step.who) for step in self.steps)

    def sounds_for(self, who: str | None) -> bool:
        """Whether a screen of ``who`` sounds; of None where nobody is signed in there.

        Who called, and who is on the way, know. Any other answer holds until the room calls again.
        """
        if self.is_over or self.has_enough_help:
            return False
        if who is None:
            return True
        if who == self.called_by or self.has_said(CallAct.COMING, who):
            return False
        again = [index for index, step in enumerate(self.steps) if step.act is CallAct.MORE_HELP]
        return not any(step.who == who for step in self.steps[again[-1] if again else 0 :])

    def takes_part(self, who: str) -> bool:
        """Whether ``who`` called, is on the way, or timed a step: they need no row beside its page.

        Whoever only reads that page, or stays with their own patient, does.
        """
        return (
            who == self.called_by
            or self.has_said(CallAct.COMING, who)
            or self.has_said(CallAct.AT_WORK, who)
        )

    def offers(self, who: str, roles: frozenset[Role]) -> tuple[CallAct, ...]:
        """Return the answers that a screen of ``who`` offers.

        A clinician comes or stays. The front desk calls the emergency services, unless somebody
        did, and goes to the door.
        """
        if self.is_over or who == self.called_by:
            return ()
        return tuple(self._offered(who, roles))

    def _offered(self, who: str, roles: frozenset[Role]) -> Iterator[CallAct]:
        if roles & CLINICAL:
            if not self.has_said(CallAct.COMING, who):
                yield CallAct.COMING
            if self.sounds_for(who):
                yield CallAct.STAYING
        elif roles & DESK:
            if not self.has_said(CallAct.CALLED_EMS):
                yield CallAct.CALLED_EMS
            if not self.has_said(CallAct.GUIDING, who):
                yield CallAct.GUIDING


def _judges(step: CallStep) -> bool:
    return step.act in FROM_THERE


def assess_answer(call: Call, act: CallAct, *, roles: frozenset[Role]) -> Decision:
    """Decide whether somebody of these roles may answer so, with every reason if not."""
    reasons: list[Reason] = []
    if call.is_over:
        reasons.append(EMERGENCY_IS_OVER.reason())
    if act in (CallAct.COMING, CallAct.STAYING) and not roles & CLINICAL:
        reasons.append(COMING_IS_CLINICAL.reason(seen=said_roles(roles)))
    return Decision.from_reasons(reasons)


def assess_enough(call: Call, *, who: str, with_patient: str | None) -> Decision:
    """Decide whether ``who`` may say that there is enough help, or too little.

    ``with_patient``: whoever is on record with the patient now.
    """
    reasons: list[Reason] = []
    if call.is_over:
        reasons.append(EMERGENCY_IS_OVER.reason())
    is_there = who in (call.called_by, with_patient) or call.has_said(CallAct.COMING, who)
    if not is_there:
        reasons.append(HELP_JUDGED_FROM_AFAR.reason())
    return Decision.from_reasons(reasons)


def became_known_late(*, began: datetime, known: datetime) -> bool:
    """Whether an emergency arrived so long after it began that both times have to be said."""
    return known - began > TOLD_LATE
