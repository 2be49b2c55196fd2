"""Facts about the day of treatment: what was taken, eaten, felt. ``None`` means "not asked"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class PregnancyTest(StrEnum):
    """The pregnancy test of the day. DONE needs a result: positive or negative."""

    NOT_DUE = "not_due"
    DUE = "due"
    NEGATIVE = "negative"
    POSITIVE = "positive"


class Antihypertensive(StrEnum):
    """Whether the morning dose of a blood-pressure medicine was taken."""

    NOT_PRESCRIBED = "not_prescribed"
    TAKEN = "taken"
    MISSED = "missed"


class Cpap(StrEnum):
    """Whether someone with sleep apnoea has the CPAP machine here."""

    NOT_NEEDED = "not_needed"
    BROUGHT = "brought"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFacts:
    """The answers given at check-in.

    ``…_asked`` with no time beside it means "asked, and none". The benzodiazepine dose is in mg of
    diazepam equivalent a day; 0 means none.
    """

    alcohol_or_drugs_asked: bool = False
    alcohol_or_drugs_last_at: datetime | None = None
    appears_intoxicated: bool | None = None
    cannabis_asked: bool = False
    cannabis_last_at: datetime | None = None
    theophylline: bool | None = None
    maoi: bool | None = None
    benzodiazepine_diazepam_mg_per_day: Decimal | None = None
    benzodiazepine_taken_today: bool | None = None
    opioid_taken_today: bool | None = None
    sedative_taken_today: bool | None = None
    """Z-drugs, gabapentinoids, barbiturates."""
    stimulant_taken_today: bool | None = None
    decongestant_taken_today: bool | None = None
    antihypertensive: Antihypertensive | None = None
    pregnancy: PregnancyTest | None = None
    pregnancy_tested_on: date | None = None
    last_solid_at: datetime | None = None
    last_clear_fluid_at: datetime | None = None
    glp1_agonist: bool | None = None
    acutely_ill: bool | None = None
    cpap: Cpap | None = None
