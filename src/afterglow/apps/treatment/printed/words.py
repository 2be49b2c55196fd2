"""How the printed record says things: one language, exact numbers, the site's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from afterglow.core.treatment.endings import InfusionEnding, SessionEnding
from afterglow.web.formats import NBSP, date_words, number

Content = Mapping[str, Any]
"""The signed content, or a part of it."""

NONE: Final = "–"
_KEPT: Final = Decimal("0.0001")

ENDINGS: Final[Mapping[str, str]] = {
    SessionEnding.COMPLETED: "went home, treatment completed",
    SessionEnding.STOPPED_BY_PATIENT: "went home, the patient stopped early",
    SessionEnding.ABORTED: "went home, stopped early by us",
    SessionEnding.ESCORT_DID_NOT_COME: "the escort did not come",
    SessionEnding.LEFT_AGAINST_ADVICE: "left against advice",
    SessionEnding.TRANSFERRED_TO_HOSPITAL: "transferred to hospital",
    SessionEnding.CANCELLED_BEFORE_START: "called off before the start",
    SessionEnding.DIED: "died",
}
INFUSION_ENDINGS: Final[Mapping[str, str]] = {
    InfusionEnding.COMPLETED: "completed",
    InfusionEnding.STOPPED_BY_CLINICIAN: "stopped by the clinician",
    InfusionEnding.STOPPED_BY_PATIENT: "stopped by the patient",
    InfusionEnding.STOPPED_IN_EMERGENCY: "stopped in an emergency",
    InfusionEnding.EQUIPMENT_FAILED: "equipment failed",
}
SIGNS: Final[Mapping[str, str]] = {
    "systolic": "systolic pressure",
    "diastolic": "diastolic pressure",
    "mean": "mean pressure",
    "spo2": "SpO2",
    "etco2": "EtCO2",
}
DILUENTS: Final[Mapping[str, str]] = {
    "sodium_chloride_0_9": "sodium chloride 0.9 %",
    "dextrose_5": "dextrose 5 %",
}


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of the site. Another day than the session's is named before the time."""

    zone: ZoneInfo
    day: date

    @classmethod
    def of(cls, content: Content) -> Clock:
        """Return the clock of a signed content."""
        return cls(
            ZoneInfo(content["site"]["time_zone"]), date.fromisoformat(content["session"]["date"])
        )

    def local(self, text: str) -> datetime:
        """Return an instant on this clock."""
        return datetime.fromisoformat(text).astimezone(self.zone)

    def time(self, text: str | None, *, seconds: bool = False) -> str:
        """Return ``14:32``, or ``25 Nov 2026 09:10`` on another day than the session's."""
        if not text:
            return ""
        at = self.local(text)
        clock = f"{at:%H:%M:%S}" if seconds else f"{at:%H:%M}"
        return clock if at.date() == self.day else f"{date_words(at.date())} {clock}"

    def exact(self, text: str | None) -> str:
        """Return the time with its seconds."""
        return self.time(text, seconds=True)

    def full(self, text: str | None) -> str:
        """Return ``24 Nov 2026, 14:32``."""
        if not text:
            return ""
        at = self.local(text)
        return f"{date_words(at.date())}, {at:%H:%M}"

    def zone_words(self, text: str) -> str:
        """Return the zone's name and what it was apart from UTC at an instant."""
        at = self.local(text)
        apart = f"{at:%z}".replace("-", "−")
        return f"{self.zone.key} ({at:%Z}, UTC{apart[:3]}:{apart[3:5]})"


def exact(text: str | int | Decimal | None, unit: str = "") -> str:
    """Return a stored number with its unit, at most four digits after the point."""
    if text is None or text == "":
        return NONE
    value = Decimal(text)
    if int(value.as_tuple().exponent) < -4:
        value = value.quantize(_KEPT)
    return f"{number(value)}{NBSP}{unit}" if unit else number(value)


def day_words(text: str | None) -> str:
    """Return ``24 Nov 2026`` for a stored day."""
    return date_words(date.fromisoformat(text)) if text else ""


def words(code: object) -> str:
    """Return a code as words: ``record_pump_stopped`` reads "record pump stopped"."""
    return str(code).replace("_", " ").replace("-", " ")


def sign_words(code: str) -> str:
    """Return what a vital sign is called."""
    return SIGNS.get(code, words(code))


def diluent_words(code: str) -> str:
    """Return what a diluent is called on a bag."""
    return DILUENTS.get(code, words(code))


def answer(value: Any, *, blank: str = "not asked") -> str:
    """Return an answer: yes, no, the words of a code, or that nobody asked."""
    if value is None or value == "" or value == []:
        return blank
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(words(each) for each in value)
    return words(value)


def beside(signed: Content | None) -> str:
    """Return the second person of an act and when they signed; nothing where nobody did."""
    return signed["who"] if signed else ""


def facts(title: str, rows: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return a section of labelled facts; what is empty is left out."""
    return {"kind": "facts", "title": title, "rows": [list(row) for row in rows if row[1]]}


def table(
    title: str,
    head: list[str],
    rows: list[list[Any]],
    *,
    widths: list[float],
    empty: str = "",
) -> dict[str, Any]:
    """Return a section with a table. ``widths``: shares of the page, 0 for as wide as needed.

    ``empty`` is said where there is no row; without it the section is left out.
    """
    return {
        "kind": "table",
        "title": title,
        "head": head,
        "rows": rows,
        "widths": widths,
        "empty": empty,
    }


def toned(text: str, tone: str) -> dict[str, str]:
    """Return a cell in the colour of an alarm: ``red``, ``amber`` or nothing."""
    return {"text": text, "tone": tone}
