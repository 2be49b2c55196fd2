"""Discharge criteria as a tablet kept them: read, held against what others saved, saved as found.

An answer that another screen has given otherwise meanwhile is not overwritten: a person says what
holds. ``was`` is what stood on the tablet's page when the answer was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import models

from afterglow.apps.accounts.models import Account
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.models import Recovery
from afterglow.apps.treatment.models.checkin import SuicideScreen
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import closing
from afterglow.apps.treatment.services.clocks import clock_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Reason, blocker

CRITERIA: Final = "criteria"
"""The kind of such an entry."""
_BLANK: Final = (None, "", SuicideScreen.NOT_DONE)
_YES_NO: Final = {"yes": True, "no": False}
_ORIENTED_MOST: Final = 3
_STATEMENT: Final = "suicide_statement_positive"


@dataclass(frozen=True, slots=True)
class CriteriaLine:
    """Some criteria as they were found, and what the writer's page said of them before."""

    at: datetime
    answers: Mapping[str, Any]
    was: Mapping[str, Any] = field(default_factory=dict)


def criteria_line(body: Mapping[str, Any], at: datetime) -> CriteriaLine:
    """Read what a tablet kept. Raises LookupError, TypeError or ValueError."""
    answers = {str(name): _value(str(name), text) for name, text in dict(body["answers"]).items()}
    if not answers:
        raise ValueError("no criterion was answered")
    was = {str(name): _value(str(name), text) for name, text in dict(body.get("was") or {}).items()}
    return CriteriaLine(at=at, answers=answers, was=was)


def _value(name: str, text: Any) -> Any:
    if name not in closing.CRITERIA:
        raise ValueError(f"{name[:40]} is not a criterion")
    kind = Recovery._meta.get_field(name)
    if isinstance(kind, models.BooleanField):
        return _YES_NO[text]
    if isinstance(kind, models.PositiveSmallIntegerField):
        number = int(text)
        if not 0 <= number <= _ORIENTED_MOST:
            raise ValueError(f"{name} {number} is not from 0 to {_ORIENTED_MOST}")
        return number
    if name == "suicide_level":
        return SuicideScreen(text)
    words = str(text).strip()
    most = getattr(kind, "max_length", None) or 0
    if not 0 < len(words) <= most:
        raise ValueError(f"{name} has {len(words)} characters; the limit is {most}")
    return words


def save_criteria(
    row: TreatmentSession, line: CriteriaLine, *, by: Account, at: datetime
) -> Done[Recovery] | Refused:
    """Save what was found at ``line.at``, unless another screen says otherwise since.

    ``row`` is locked. Safe to repeat: what stands there already changes nothing.
    """
    since = queries.recovering_since(row)
    if since is None or line.at < since:
        return Refused(Decision((_too_early(row, line.at, since),)))
    recovery = Recovery.objects.select_for_update(of=("self",), no_key=True).get(session=row)
    differs = [each for each in line.answers if _differs(recovery, line, each)]
    if not differs:
        return _save(row, recovery, line.answers, line.at, by=by, at=at)
    if line.answers.get(_STATEMENT):  # what the patient said waits for nobody
        _save(row, recovery, {_STATEMENT: True}, line.at, by=by, at=at)
    return Refused(Decision((_meanwhile(differs),)))


def _save(
    row: TreatmentSession,
    recovery: Recovery,
    answers: Mapping[str, Any],
    happened_at: datetime,
    *,
    by: Account,
    at: datetime,
) -> Done[Recovery] | Refused:
    return closing.save_recovery(
        session=row.public_id,
        answers=answers,
        seen_version=recovery.row_version,
        by=by,
        at=at,
        happened_at=happened_at,
    )


def _differs(recovery: Recovery, line: CriteriaLine, name: str) -> bool:
    now, value = getattr(recovery, name), line.answers[name]
    if name == _STATEMENT and value:
        return False  # said is said, whatever another screen has heard
    return now not in _BLANK and now not in (value, line.was.get(name))


def says_suicide(kind: str, body: Mapping[str, Any]) -> bool:
    """Whether such an entry says that the patient spoke of suicide, charted or not."""
    answers = body.get("answers")
    return kind == CRITERIA and isinstance(answers, dict) and answers.get(_STATEMENT) == "yes"


def _too_early(session: TreatmentSession, seen: datetime, since: datetime | None) -> Reason:
    return blocker(
        "CRITERIA_BEFORE_RECOVERY",
        "These were answered before the recovery that counts began.",
        seen=clock_of(session, seen),
        limit=clock_of(session, since) if since else "",
    )


def _meanwhile(names: list[str]) -> Reason:
    return blocker(
        "CRITERIA_SAVED_MEANWHILE",
        "Another screen has answered this otherwise; say on the recovery page what holds.",
        seen=", ".join(name.replace("_", " ") for name in names),
    )


_SAID = {True: "yes", False: "no"}


def criteria_words(body: Mapping[str, Any]) -> str:
    """Return what was answered, in words."""
    said = [
        f"{name.replace('_', ' ')} {_SAID[value] if isinstance(value, bool) else value}"
        for name, value in dict(body["answers"]).items()
    ]
    return ", ".join(["discharge criteria:", *said]).replace(":,", ":")
