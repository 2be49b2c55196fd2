"""The open alarms as bands: word first, then value, limit, since; the worst on top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from afterglow.apps.accounts.models import Account
from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.monitoring.alarms import pressure_codes
from afterglow.core.monitoring.catalogue import CATALOGUE
from afterglow.core.monitoring.conditions import (
    LATE_READING,
    NOTICES,
    AlarmKind,
    AlarmPriority,
)
from afterglow.core.monitoring.limits import SCORE_NAMES, sign_name
from afterglow.core.monitoring.rules import MonitoringRules
from afterglow.core.monitoring.technical import ZERO_OR_PROBE_OFF
from afterglow.web.cards import AlarmLevel, Words
from afterglow.web.sentences import alarm_sentence, name_words, value_words

WORDS: dict[str, Words] = {
    "SYSTOLIC_HIGH": _("Systolic high"),
    "SYSTOLIC_RISE": _("Systolic up from baseline"),
    "SYSTOLIC_LOW": _("Systolic low"),
    "DIASTOLIC_HIGH": _("Diastolic high"),
    "DIASTOLIC_RISE": _("Diastolic up from baseline"),
    "DIASTOLIC_LOW": _("Diastolic low"),
    "HEART_RATE_HIGH": _("Heart rate high"),
    "HEART_RATE_LOW": _("Heart rate low"),
    "PULSE_RATE_HIGH": _("Pulse high"),
    "PULSE_RATE_LOW": _("Pulse low"),
    "SPO2_LOW": _("SpO2 low"),
    "RESPIRATORY_RATE_LOW": _("Breathing slow"),
    "RESPIRATORY_RATE_HIGH": _("Breathing fast"),
    "ETCO2_HIGH": _("EtCO2 high"),
    "ETCO2_RISE": _("EtCO2 up from baseline"),
    "ETCO2_LOW": _("EtCO2 low"),
    "SEDATION_DEEP": _("Hard to rouse"),
    "RASS_LOW": _("RASS low"),
    "RASS_HIGH": _("RASS high"),
    "DEVICE_NOT_ASSIGNED": _("Device not assigned"),
    "DEVICE_CLOCK_DRIFT": _("Device clock wrong"),
    "MONITOR_SILENT": _("Monitor silent"),
    "PUMP_SILENT": _("Pump silent"),
    "PROBE_OFF": _("Probe off"),
    "ZERO_OR_PROBE_OFF": _("Zero, or probe off"),
    "SIGNAL_LOST": _("Signal lost"),
    "READING_OVERDUE": _("Reading overdue"),
    "PUMP_STILL_RUNNING": _("Pump still running"),
    "PUMP_NOT_RUNNING": _("Pump not running"),
    "PUMP_FINISHED": _("Planned volume is in"),
    "PUMP_RATE_DIFFERS": _("Pump rate differs"),
    "PUMP_RAN_TOO_FAST": _("Pump above the limit"),
    "PUMP_VOLUME_DIFFERS": _("Pump volume differs"),
    "PUMP_DRUG_DIFFERS": _("Pump names another drug"),
    "SECOND_SOURCE": _("Two devices, one sign"),
    "PUMP_TARGET_DIFFERS": _("Pump is set to another volume"),
    "DEVICE_ALARM": _("A device alarms"),
    "ACLS_LEFT_SITE": _("Nobody with ACLS on site"),
    "PRESCRIBER_LEFT_SITE": _("No prescriber on site"),
    "NOBODY_WITH_PATIENT": _("Nobody with the patient"),
    "BREAK_OVERRUN": _("Break is over"),
    "RECOVERY_RATIO_EXCEEDED": _("Too many in recovery for one"),
    "PRESENCE_NOT_CERTAIN": _("Is somebody with the patient?"),
    "ROOM_NOT_HEARD": _("Tablet of the room not heard"),
    LATE_READING: _("Entered late"),
}
"""The short word of each condition. A symptom's word is the protocol's own name for it."""

_BESIDE: Mapping[str, Words] = {
    "PUMP_RATE_DIFFERS": _("chart"),
    "PUMP_NOT_RUNNING": _("chart"),
    "PUMP_STILL_RUNNING": _("chart"),
    "PUMP_VOLUME_DIFFERS": _("chart"),
    "PUMP_FINISHED": _("plan"),
    "PUMP_TARGET_DIFFERS": _("plan"),
    "PUMP_DRUG_DIFFERS": _("bag"),
}
"""What stands beside the value where it is no limit."""
_OF_A_SIGN = {
    "SIGNAL_LOST": gettext_noop("Signal lost: %(sign)s"),
    "PROBE_OFF": gettext_noop("Probe off: %(sign)s"),
    "ZERO_OR_PROBE_OFF": gettext_noop("Zero or probe off: %(sign)s"),
    LATE_READING: gettext_noop("Measure again: %(sign)s"),
}
MILDER: dict[str, Words] = {"SEDATION_DEEP": _("Drowsy")}
"""The word below the high priority, where the protocol's milder limit means something milder."""

SHOWN = 2
"""Bands drawn in full; the rest is one line each."""


@dataclass(frozen=True, slots=True)
class Band:
    """One open alarm. ``asks_symptoms``: a red pressure, and nobody has answered yet.

    ``also``: other limits of the same sign and source, word and limit, seen in the same look.
    ``repeat_in`` and ``repeat_late``: a red value waits for its repeat, or has waited too long.
    ``action``: what the protocol asks for. ``seen_by``: who saw it before it asked again. ``back``:
    within its limit, and not yet for long enough; ``gone``: over, and not seen since it last rose.
    """

    row: Alarm
    level: AlarmLevel
    word: Words
    seen: Words
    limit: Words
    limit_word: Words
    sentence: Words
    proposed: str
    asks_symptoms: bool
    silence_min: int
    silenced: bool
    gone: bool
    back: bool
    repeat_in: bool
    repeat_late: bool
    repeat_says: Words
    action: Words
    seen_by: str
    also: tuple[tuple[Words, Words], ...] = ()

    @property
    def asks_probe(self) -> bool:
        """Whether somebody may say that it is only the probe."""
        return self.row.condition == ZERO_OR_PROBE_OFF and self.row.ended_at is None

    @property
    def is_notice(self) -> bool:
        """Whether it is a number of then, which is only to be read: measured then, entered now."""
        return self.row.condition in NOTICES

    @property
    def waits(self) -> bool:
        """Whether nobody has acknowledged it and nobody keeps it silent."""
        return self.row.acknowledged_at is None and not self.silenced


@dataclass(frozen=True, slots=True)
class AlarmStrip:
    """The strip. ``sound`` is the level that is to be heard now, or nothing."""

    bands: tuple[Band, ...]
    more: tuple[Band, ...]
    sound: str


GONE: Final = "gone"
"""The sound of what came and went and nobody has seen: once, and soft."""


def alarm_strip(session: TreatmentSession, *, at: datetime) -> AlarmStrip:
    """Return the open alarms of a session at ``at``."""
    rules = rules_of(session)
    signs = {limit.code: limit.sign for limit in rules.limits}
    rows = list(monitoring.open_alarms(session))
    seen_by = monitoring.last_acknowledged_by(
        [
            row.pk
            for row in rows
            if row.acknowledged_at is None and (row.reminded_at or row.condition_gone_at)
        ]
    )
    found = [_band(row, rules, at, seen_by.get(row.pk, "")) for row in rows]
    # What nobody has seen yet stands above what somebody has; of one level, what lasts on top.
    found.sort(
        key=lambda band: (
            band.row.acknowledged_at is not None and not band.asks_symptoms,
            band.level is not AlarmLevel.RED,
            band.is_notice,
            band.gone,
        )
    )
    loud = [band for band in found if band.waits and not band.gone and not band.is_notice]
    gone = [band for band in found if band.waits and band.gone]
    shown = _one_question(_one_a_sign(found, signs))
    return AlarmStrip(
        bands=tuple(shown[:SHOWN]),
        more=tuple(shown[SHOWN:]),
        sound=loud[0].level.value if loud else GONE if gone else "",
    )


def _band(row: Alarm, rules: MonitoringRules, at: datetime, seen_by: str) -> Band:
    limits = {limit.code: limit.status for limit in rules.limits}
    priority = AlarmPriority(row.priority)
    return Band(
        row=row,
        level=level_of(row),
        word=word_of(row),
        seen=name_words(row.seen) if _is_symptom(row) else value_words(row.seen),
        limit=value_words(row.limit),
        limit_word=_BESIDE.get(row.condition, _("limit")),
        sentence=alarm_sentence(
            row.condition,
            sentence=row.sentence,
            about=row.about,
            seen=row.seen,
            limit=row.limit,
        ),
        proposed=str(limits[row.condition]) if row.condition in limits else "",
        asks_symptoms=(
            row.condition in pressure_codes(rules)
            and row.highest_priority == AlarmPriority.HIGH
            and row.symptomatic is None
        ),
        silence_min=int(rules.alarms.silence_at_most[priority].total_seconds() // 60),
        silenced=row.silenced_until is not None and row.silenced_until > at,
        gone=row.condition_gone_at is not None,
        back=row.back_since is not None and row.condition_gone_at is None,
        repeat_in=row.repeat_by is not None and row.repeat_by > at,
        repeat_late=row.repeat_by is not None and row.repeat_by <= at,
        repeat_says=value_words(row.repeat_says) if row.repeat_says else "",
        action=name_words(rules.alarms.action[AlarmPriority(row.present_priority)])
        if row.condition in limits and row.present_priority in rules.alarms.action
        else "",
        seen_by=seen_by,
    )


def _state(band: Band) -> tuple[bool, bool]:
    return (band.row.acknowledged_at is None, band.gone)


def _one_a_sign(found: list[Band], signs: Mapping[str, str]) -> list[Band]:
    """Put what other limits say of the same value into the band of the worst of them."""
    kept: dict[tuple[str, ...], Band] = {}
    for band in found:
        sign = signs.get(band.row.condition, band.row.condition)
        key = (sign, band.row.about)
        first = kept.get(key)
        if first is None or _state(first) != _state(band):
            kept[key if first is None else (*key, band.row.condition)] = band
        else:
            kept[key] = replace(first, also=(*first.also, (band.word, band.limit)))
    return list(kept.values())


def _one_question(found: list[Band]) -> list[Band]:
    """Ask for symptoms once: an answer is one about every red pressure."""
    asked = False
    shown = []
    for band in found:
        shown.append(replace(band, asks_symptoms=False) if asked else band)
        asked = asked or band.asks_symptoms
    return shown


def level_of(row: Alarm) -> AlarmLevel:
    """Return how an alarm is drawn."""
    if row.kind == AlarmKind.TECHNICAL:
        return AlarmLevel.RED if row.priority == AlarmPriority.HIGH else AlarmLevel.TECHNICAL
    return AlarmLevel.RED if row.priority == AlarmPriority.HIGH else AlarmLevel.AMBER


def word_of(row: Alarm) -> Words:
    """Return the word an alarm starts with."""
    if _is_symptom(row):
        return name_words(row.seen or row.sentence.split(".")[0])
    if row.priority != AlarmPriority.HIGH and row.condition in MILDER:
        return MILDER[row.condition]
    if row.condition in _OF_A_SIGN and (row.about in CATALOGUE or row.about in SCORE_NAMES):
        return gettext(_OF_A_SIGN[row.condition]) % {"sign": name_words(sign_name(row.about))}
    return WORDS.get(row.condition) or row.condition.replace("_", " ").capitalize()


def _is_symptom(row: Alarm) -> bool:
    return row.condition.startswith("SYMPTOM_")


def acknowledged_by(row: Alarm) -> str:
    """Return who has seen it, or nothing."""
    who: Account | None = row.acknowledged_by
    return who.get_short_name() if who else ""
