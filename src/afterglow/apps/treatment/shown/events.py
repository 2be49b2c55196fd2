"""What happened, numbered on the time axis: pump, medicines, marks, symptoms, emergencies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.emergencies import SAYS, UNSIGNED
from afterglow.apps.treatment.models import (
    ChartMistake,
    MedicineGiven,
    PumpAction,
    SessionEvent,
)
from afterglow.apps.treatment.models.infusion import EventKind, PumpActionKind
from afterglow.apps.treatment.services.charting import why_it_stands
from afterglow.apps.treatment.services.unsigned import SAID as PRESSED
from afterglow.apps.treatment.shown.grid import LATE, TWO_TIMES
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.treatment.codes.pump import RATE_RAN_ABOVE_HARD_LIMIT
from afterglow.web.cards import Words
from afterglow.web.formats import mg, number
from afterglow.web.sentences import TYPED_OFFLINE, name_words, recorded_words, sentence_of

KIND_WORDS: dict[EventKind, Words] = {
    EventKind.MARK: gettext_lazy("Mark"),
    EventKind.NOTE: gettext_lazy("Note"),
    EventKind.SYMPTOM: gettext_lazy("Symptom"),
    EventKind.HAND_OVER: gettext_lazy("Handed over to"),
    EventKind.LEFT_ALONE: gettext_lazy("Left alone by"),
    EventKind.PRESENCE_CONFIRMED: gettext_lazy("With the patient"),
    EventKind.SOUND_TEST: gettext_lazy("Sound test"),
    EventKind.EMERGENCY_CALLED: gettext_lazy("Emergency: time zero"),
    EventKind.EMERGENCY_STEP: gettext_lazy("Emergency"),
    EventKind.EMERGENCY_OVER: gettext_lazy("Emergency over"),
    EventKind.ADVERSE_EVENT: gettext_lazy("Adverse event"),
    EventKind.FALL: gettext_lazy("Fall"),
    EventKind.EXTRAVASATION: gettext_lazy("Extravasation at the IV site"),
    EventKind.SUICIDAL_STATEMENT: gettext_lazy("Spoke of suicide"),
    EventKind.DOWNTIME_ENTRY: gettext_lazy("From paper"),
    EventKind.CALLED_BACK: gettext_lazy("Called back after discharge"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One mark on the axis. ``event`` is its public id where it can be named or withdrawn."""

    number: int
    at: datetime
    words: str
    text: str
    by: str
    late: datetime | None
    event: str = ""
    kind: str = ""
    needs_name: bool = False
    can_withdraw: bool = False
    undo: str = ""
    """The name of the address that takes it back, with ``undo_id`` of what is taken back."""
    undo_id: str = ""
    withdrawn: bool = False
    key: UUID | None = None
    paper: str = ""
    """Who wrote it on paper, where it was copied from there."""
    is_late: bool = False
    """It was entered so long after it happened that it looks late, not only says both times."""
    grave: bool = False
    is_private: bool = False


def entries(session: TreatmentSession) -> tuple[Entry, ...]:
    """Return everything that happened since check-in, in order of clinical time, numbered."""
    found: list[Entry] = []
    infusion = queries.infusion_of(session)
    nobodys = queries.unsigned_keys(session)
    before: PumpAction | None = None
    going_on = infusion is not None and infusion.ended_at is None
    last = queries.actions_of(infusion)[-1] if infusion else None
    for action in queries.every_action(infusion) if infusion else ():
        can = going_on and last is not None and action.pk == last.pk
        entry = _pump_entry(action, before, can_withdraw=can and action.kind not in _FIRM)
        found.append(replace(entry, by=_("nobody signed in")) if action.key in nobodys else entry)
        if not hasattr(action, "mistake"):
            before = action
    for given in queries.every_medicine(session):
        found.append(_medicine_entry(given))
    names = {rule.code: rule.name for rule in rules_of(session).symptoms.values()}
    for shown in queries.shown_events(session):
        found.append(_event_entry(shown.event, shown.label, shown.withdrawn, names))
    found.sort(key=lambda entry: entry.at)
    paper = queries.kept_on_paper(session)
    return tuple(
        replace(_numbered(entry, index), paper=paper.get(entry.key, "") if entry.key else "")
        for index, entry in enumerate(found, start=1)
    )


_FIRM = (PumpActionKind.START, PumpActionKind.STOP)


def _medicine_entry(given: MedicineGiven) -> Entry:
    mistake: ChartMistake | None = getattr(given, "mistake", None)
    dose = f"{given.product.medicine.capitalize()} {mg(given.dose_mg)} {given.route}".strip()
    return Entry(
        0,
        given.at,
        dose,
        _with_mistake(given.indication, mistake),
        given.by.get_short_name(),
        given.recorded_at if given.recorded_at - given.at > TWO_TIMES else None,
        kind="medicine",
        grave=given.is_sedative and mistake is None,
        withdrawn=mistake is not None,
        can_withdraw=mistake is None,
        key=given.key,
        undo="treatment:infusion-medicine-error",
        undo_id=str(given.public_id),
    )


def _with_mistake(text: str, mistake: ChartMistake | None) -> str:
    """Return an entry's words with why and by whom it was taken back."""
    if mistake is None:
        return text
    why = _("entered in error: %(reason)s (%(who)s)") % {
        "reason": mistake.reason,
        "who": mistake.by.get_short_name(),
    }
    return f"{text}; {why}" if text else why


def _numbered(entry: Entry, index: int) -> Entry:
    is_late = entry.late is not None and entry.late - entry.at > LATE
    return replace(entry, number=index, is_late=is_late)


def _pump_entry(action: PumpAction, before: PumpAction | None, *, can_withdraw: bool) -> Entry:
    mistake: ChartMistake | None = getattr(action, "mistake", None)
    rate = number(action.rate_ml_per_h)
    last = number(before.rate_ml_per_h) if before else ""
    words = {
        PumpActionKind.START: _("Started, %(rate)s mL/h"),
        PumpActionKind.CHANGE_RATE: _("Rate %(last)s to %(rate)s mL/h"),
        PumpActionKind.PAUSE: _("Paused"),
        PumpActionKind.RESUME: _("Resumed, %(rate)s mL/h"),
        PumpActionKind.STOP: _("Pump stopped"),
    }[PumpActionKind(action.kind)] % {"rate": rate, "last": last}
    late = action.recorded_at - action.at > TWO_TIMES
    return Entry(
        0,
        action.at,
        words,
        _with_mistake(action.reason, mistake),
        action.by.get_short_name(),
        action.recorded_at if late else None,
        kind="pump",
        withdrawn=mistake is not None,
        can_withdraw=can_withdraw and mistake is None,
        key=action.key,
        undo="treatment:infusion-pump-error",
        undo_id=str(action.public_id),
    )


def _event_entry(event: SessionEvent, label: str, withdrawn: bool, names: dict[str, str]) -> Entry:
    kind = EventKind(event.kind)
    code = str(event.data.get("code", ""))
    if kind is EventKind.SYMPTOM:
        words = name_words(names.get(code, label or code))
        if event.data.get("over"):
            words = _("%(symptom)s: over") % {"symptom": words}
    elif kind is EventKind.MARK:
        words = name_words(label) or _("Mark, not named yet")
    elif kind in (
        EventKind.HAND_OVER,
        EventKind.LEFT_ALONE,
        EventKind.ADVERSE_EVENT,
        EventKind.SOUND_TEST,
        EventKind.PRESENCE_CONFIRMED,
    ):
        words = f"{KIND_WORDS[kind]} {name_words(label)}".strip()
    elif kind is EventKind.EMERGENCY_STEP:
        words = _(label) if label in SAYS.values() else name_words(label)
    else:
        words = str(KIND_WORDS[kind])
    late = event.recorded_at - event.at > TWO_TIMES
    ours = kind is EventKind.DOWNTIME_ENTRY or event.text.startswith(TYPED_OFFLINE)
    text = recorded_words(event.text) if ours else event.text
    if event.data.get("sheet_unknown"):
        text = f"{text}; {_('nobody is known to have printed this sheet for the patient')}"
    if "pump_action" in event.data:
        words, text = _deviation(event)
    if UNSIGNED in event.data:
        text = _(text) if text in PRESSED.values() else text
    if kind is EventKind.EMERGENCY_CALLED and late:
        text = f"{text}; {_('nobody else was called before')}".removeprefix("; ")
    return Entry(
        0,
        event.at,
        words,
        text,
        _("nobody signed in") if UNSIGNED in event.data else event.by.get_short_name(),
        event.recorded_at if late else None,
        event=str(event.public_id),
        kind=str(kind),
        needs_name=kind is EventKind.MARK and not label and not withdrawn,
        can_withdraw=not why_it_stands(event) and not withdrawn,
        key=event.key,
        undo="treatment:infusion-undo",
        undo_id=str(event.public_id),
        withdrawn=withdrawn,
        grave=kind
        in (
            EventKind.SUICIDAL_STATEMENT,
            EventKind.LEFT_ALONE,
            EventKind.FALL,
            EventKind.EXTRAVASATION,
            EventKind.EMERGENCY_CALLED,
            EventKind.ADVERSE_EVENT,
        ),
        is_private=kind
        in (EventKind.NOTE, EventKind.SUICIDAL_STATEMENT, EventKind.MARK, EventKind.HAND_OVER),
    )


def _deviation(event: SessionEvent) -> tuple[str, str]:
    """Return the note of a rate past the hard limit in the reader's language: heading and words.

    The record keeps it in English, with what was seen and the limit beside it.
    """
    seen, limit = str(event.data.get("seen", "")), str(event.data.get("limit", ""))
    said = RATE_RAN_ABOVE_HARD_LIMIT.reason(seen=seen, limit=limit)
    typed = event.text.removeprefix(said.sentence)
    if typed == event.text:  # kept in words that the sentence has lost since
        return _("Deviation"), event.text
    return _("Deviation"), f"{sentence_of(said, event.session.site)}{typed}"


def as_locked(found: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return the entries as a locked or kept screen may show them: no free words of anybody.

    What was typed (a note, a mark's name, an indication, a reason) may name the patient; the
    catalogue's words (a rate, a symptom, a medicine) do not.
    """
    return tuple(
        replace(entry, text="", words=_("Entry") if entry.is_private else entry.words)
        for entry in found
    )


def axis_marks(found: tuple[Entry, ...]) -> list[dict[str, Any]]:
    """Return the marks as the graph takes them; a withdrawn one has left the axis."""
    return [
        {"at": entry.at.isoformat(), "mark": entry.number, "words": entry.words}
        for entry in found
        if not entry.withdrawn
    ]
