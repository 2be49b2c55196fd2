"""Small frozen values that components draw. Apps build them; templates only show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from django.utils.functional import Promise

Words = str | Promise


class Sign(StrEnum):
    """A vital sign as the screens draw it: each has a colour and a shape."""

    PRESSURE = "pressure"
    HEART = "heart"
    OXYGEN = "oxygen"
    BREATH = "breath"
    CO2 = "co2"
    TEMPERATURE = "temperature"


class AlarmLevel(StrEnum):
    """How an alarm is drawn: octagon, triangle, square."""

    RED = "red"
    AMBER = "amber"
    TECHNICAL = "technical"


@dataclass(frozen=True, slots=True)
class PatientCard:
    """The patient banner: two identifiers first, then what changes a dose.

    ``allergies`` empty together with ``allergies_asked`` reads "No known allergies"; not asked
    reads "Allergies not asked". ``weight_kg`` None reads "No weight today".
    """

    name: str
    born: date
    age: int
    mrn: str
    weight_kg: Decimal | None = None
    weighed_at: datetime | None = None
    allergies: tuple[str, ...] = ()
    allergies_asked: bool = True
    known_as: str = ""
    same_name: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class AlarmCard:
    """One alarm band: the word first, then value, limit and since when."""

    level: AlarmLevel
    word: Words
    value: str = ""
    limit: str = ""
    since: datetime | None = None
    alarm_id: str = ""
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    acknowledge_url: str = ""
    silence_url: str = ""
    silence_words: Words = ""  # "Silence 2 min": the length comes from the protocol
    facts: Words = ""  # what else is to be said of it
    is_gone: bool = False  # its condition came and went, and nobody has seen it


@dataclass(frozen=True, slots=True)
class VitalCard:
    """One big number: a sign, its latest value as text, its unit and how old it is."""

    sign: Sign
    label: Words
    value: str = ""
    unit: str = ""
    detail: str = ""
    at: datetime | None = None
    alarm: AlarmLevel | None = None
    stale: bool = False
    element_id: str = ""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened, when, and who did it."""

    at: datetime
    words: Words
    by: str = ""
    icon: str = ""
    detail: Words = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: a word and the page or panel it opens."""

    label: Words
    url: str
    current: bool = False
    count: int | None = None


class DrugClass(StrEnum):
    """ISO 26825 label classes that this practice uses; the colour is the class's."""

    INDUCTION = "induction"
    TRANQUILLISER = "tranquilliser"
    OPIOID = "opioid"
    VASOPRESSOR = "vasopressor"
    HYPOTENSIVE = "hypotensive"
    ANTICHOLINERGIC = "anticholinergic"
    ANTIEMETIC = "antiemetic"
    OTHER = "other"
