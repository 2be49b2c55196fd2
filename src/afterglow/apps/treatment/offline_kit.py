"""What a tablet keeps beside the page so that it can go on recording: rules, limits, addresses.

Nothing in it says who the patient is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from afterglow.apps.accounts.models import Account
from afterglow.apps.accounts.services.sealing import public_key
from afterglow.apps.assessments import queries as assessments
from afterglow.apps.monitoring import extension
from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.coverages import open_coverage
from afterglow.apps.treatment.favourites import favourites_for
from afterglow.apps.treatment.forms.infusion import usual_doses
from afterglow.apps.treatment.models import Coverage, Infusion, PumpAction
from afterglow.apps.treatment.outcomes import from_json
from afterglow.apps.treatment.services.rates import fastest_rate
from afterglow.apps.treatment.shown.drug import urgent_of
from afterglow.apps.treatment.shown.grid import SCALES, lines_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.catalogue import VitalSignCode, definition
from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.core.monitoring.schedule import SlotState, overdue_from
from afterglow.core.quantities import plain
from afterglow.core.treatment.lifecycles import BEFORE_START, SessionState
from afterglow.web import kept
from afterglow.web.cards import AlarmLevel
from afterglow.web.sentences import name_words, sentence_of

KEEP_FOR: Final = timedelta(hours=12)
"""How long a page is kept without hearing from the server: as long as a sign-in lasts."""
RECOVERY_SCALES: Final = ("moaas", "aldrete", "dissociation")
"""The scales that are answered while the patient recovers."""
_RUNS: Final = (SessionState.INFUSING, SessionState.RECOVERY)


def why_not_kept(session: TreatmentSession, account: Account) -> str:
    """Return why this person's tablet keeps nothing of a session: "over", "handed_over", or "".

    Who had the patient, and has given them to somebody else or left, keeps nothing any more.
    Before the start there is no page to keep yet; what is kept then is only the files.
    """
    if session.state not in (*_RUNS, *BEFORE_START):
        return "over"
    now = open_coverage(session)
    if now is None or now.clinician_id == account.pk or now.covers_for_id == account.pk:
        return ""
    was_with = Coverage.objects.filter(session=session, clinician=account).exists()
    return "handed_over" if was_with else ""


def kit(session: TreatmentSession, account: Account, *, at: datetime) -> dict[str, Any]:
    """Return what a tablet needs to record a session without a connection, as JSON holds it."""
    infusion = queries.infusion_of(session)
    actions = queries.actions_of(infusion) if infusion else ()
    last = actions[-1] if actions else None
    rules = rules_of(session)
    marks = favourites_for(session.protocol).marks
    return {
        "session": str(session.public_id),
        "state": str(session.state),
        "account": str(account.public_id),
        "zone": str(session.site.zone),
        "now": at.isoformat(),
        "since": session.checked_in_at.isoformat(),
        "room": session.room.name if session.room else "",
        "why_not": why_not_kept(session, account),
        "seal": public_key(),
        "pump": _pump(infusion, last) if infusion and last else None,
        "lines": [_line(each) for each in lines_of(at=at)],
        "signs": _signs(),
        "scales": _scales(at),
        "scores": _scores(at),
        "medicines": _medicines(session),
        "favourites": {each.code: str(each.label) for each in marks},
        "symptoms": {rule.code: str(name_words(rule.name)) for rule in rules.symptoms.values()},
        "slots": _slots(session, at),
        "every_s": {
            "infusing": int(rules.schedule.infusing_every.total_seconds()),
            "recovery": int(rules.schedule.recovery_every.total_seconds()),
        },
        "presence": _presence(session, at),
        "overdue_level": _level(rules.technical.overdue_priority),
        "unsettled": _unsettled(session),
        "files": kept.files() if session.state in (*_RUNS, *BEFORE_START) else {},
        "version": kept.version(),
    }


def _pump(infusion: Infusion, last: PumpAction) -> dict[str, Any]:
    """Return the pump's last entry, and the fastest rate (mL/h) its bag may run at."""
    return {
        "sequence": last.sequence,
        "kind": str(last.kind),
        "at": last.at.isoformat(),
        "fastest": plain(fastest_rate(infusion).value),
    }


def _presence(session: TreatmentSession, at: datetime) -> dict[str, Any] | None:
    """Return whom the tablet asks after, since when, and how long it waits before it asks."""
    known = extension.presence_of([session.pk], at).get(session.pk)
    if known is None:
        return None
    rules = rules_of(session).technical.presence
    return {
        "who": known.who,
        "last_sign": known.last_sign_at.isoformat(),
        "ask_after_s": int(rules.ask_after.total_seconds()),
    }


def _level(priority: AlarmPriority) -> str:
    return str(AlarmLevel.RED if priority is AlarmPriority.HIGH else AlarmLevel.TECHNICAL)


def _line(line: Any) -> dict[str, Any]:
    return {"field": line.field, "label": str(line.label), "codes": [str(c) for c in line.codes]}


def _signs() -> dict[str, Any]:
    """Return the plausible range of each sign that is typed: a slip of the hand is said at once."""
    found = {}
    for code in (
        VitalSignCode.SYSTOLIC,
        VitalSignCode.DIASTOLIC,
        VitalSignCode.HEART_RATE,
        VitalSignCode.SPO2,
        VitalSignCode.RESPIRATORY_RATE,
        VitalSignCode.ETCO2,
        VitalSignCode.TEMPERATURE,
    ):
        sign = definition(code)
        if sign.plausible is not None:
            found[str(code)] = {
                "low": plain(sign.plausible.lowest),
                "high": plain(sign.plausible.highest),
                "decimals": sign.decimals,
                "unit": sign.shown_unit,
            }
    return found


def _scales(at: datetime) -> dict[str, Any]:
    found = assessments.instruments_in_use(tuple(SCALES), at=at)
    items = {key: instrument.items[0] for key, (_row, instrument) in found.items()}
    return {
        key: {"item": item.key, "low": item.lowest, "high": item.highest}
        for key, item in items.items()
    }


def _scores(at: datetime) -> dict[str, Any]:
    """Return the scales of the recovery page with all their items."""
    known = assessments.instruments_in_use(RECOVERY_SCALES, at=at)
    return {
        key: {
            "name": str(name_words(instrument.name)),
            "items": {
                item.key: {"low": item.lowest, "high": item.highest} for item in instrument.items
            },
        }
        for key, (_row, instrument) in known.items()
    }


def _medicines(session: TreatmentSession) -> dict[str, Any]:
    usual: Mapping[str, Mapping[str, Any]] = usual_doses(queries.medicines_by_need(session))
    return {
        code: {
            "product": str(one["product"].public_id),
            "medicine": one["product"].medicine.capitalize(),
            "dose": None if one["dose"] is None else str(one["dose"]),
            "route": str(one["route"]),
            "for": str(one["for"]),
        }
        for code, one in usual.items()
    }


def _slots(session: TreatmentSession, at: datetime) -> list[dict[str, Any]]:
    """Return what waits and what is to come: an overdue reading is said without a server."""
    rules = rules_of(session).schedule
    return [
        {
            "due_at": slot.due_at.isoformat(),
            "opens_at": slot.opens_at.isoformat(),
            "closes_at": slot.closes_at.isoformat() if slot.closes_at else None,
            "overdue_at": overdue_from(slot, rules).isoformat(),
            "needs": list(slot.lacking),
        }
        for slot in monitoring.schedule(session, at=at)
        if slot.state in (SlotState.UPCOMING, SlotState.DUE, SlotState.OVERDUE)
    ]


def _unsettled(session: TreatmentSession) -> list[dict[str, Any]]:
    return [
        {
            "key": str(entry.key),
            "kind": entry.kind,
            "urgent": urgent_of(entry),
            "happened_at": entry.happened_at.isoformat(),
            "reasons": [
                sentence_of(why) for why in from_json(entry.reasons, overridden=False).blockers
            ],
        }
        for entry in queries.offline_unsettled(session).order_by("happened_at")
    ]
