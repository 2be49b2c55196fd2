"""Facts that decide whether an infusion may start."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from afterglow.core.courses.phases import CoursePhase
from afterglow.core.decisions import Decision
from afterglow.core.treatment.facts.common import Extensible, ProductFacts, SuicideFacts
from afterglow.core.treatment.facts.day import DayFacts


class Identifier(StrEnum):
    """What a patient was identified by."""

    FULL_NAME = "full_name"
    DATE_OF_BIRTH = "date_of_birth"
    PHOTO = "photo"
    RECORD_NUMBER = "record_number"
    WRISTBAND = "wristband"
    PHONE = "phone"
    ADDRESS = "address"


class EscortState(StrEnum):
    """Who will take the patient home."""

    NONE = "none"
    ON_THE_WAY = "on_the_way"
    """Named, and not yet reached or here."""
    CONFIRMED = "confirmed"
    """Here, or reached by phone and has promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseFacts:
    """The course that the session belongs to."""

    phase: CoursePhase
    accepted_at: datetime | None
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentFacts:
    """The latest consent. ``version_in_force`` is False once a newer text must be signed."""

    version: str
    signed_at: datetime | None
    version_in_force: bool
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """The infusion order. ``within_protocol`` says it was written under the session's version."""

    order_id: str
    for_date: date
    signed_at: datetime | None
    within_protocol: bool
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightFacts:
    """The body weight that the dose is planned with. ``measured_on`` is the site's date."""

    kg: Decimal
    measured_on: date
    measured_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparationFacts:
    """The bag or syringe that was prepared. ``read_back_by`` is the second person."""

    order_id: str
    prepared_at: datetime
    prepared_by: str
    read_back_by: str | None
    beyond_use_at: datetime
    discarded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineReading:
    """One set of vital signs before the start. Artefact is left out by who gathers the facts."""

    at: datetime
    systolic_mmhg: int | None = None
    diastolic_mmhg: int | None = None
    heart_rate_per_min: int | None = None
    spo2_percent: int | None = None
    respiratory_rate_per_min: int | None = None
    moaas: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialFacts:
    """A licence or certificate that the work needs. It holds to the end of ``expires_on``."""

    kind: str
    expires_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicianFacts:
    """The one clinician who will watch this infusion.

    ``covered_on_break``: somebody else watches a patient of theirs until they are back.
    """

    clinician_id: str
    other_running_infusions: int
    recovering_patients: int = 0
    covered_on_break: bool = False
    credentials: tuple[CredentialFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """Who and what is on site now."""

    acls_certified_on_site: bool
    prescriber_on_site: bool
    equipment_checked_on: date | None
    equipment_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolFacts:
    """The dosing protocol version that the session runs under."""

    key: str
    version: str
    in_force: bool
    approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessFacts(Extensible):
    """Everything that decides whether an infusion may start at ``at``.

    ``session_date`` is the check-in date at the site, which the session keeps past midnight.
    ``dose_decision`` is what ``core.dosing`` said about the plan; its reasons are passed on.
    ``credentials_needed`` are the kinds the clinician must hold in date.
    """

    at: datetime
    session_date: date
    protocol: ProtocolFacts
    course: CourseFacts | None
    consent: ConsentFacts | None
    order: OrderFacts | None
    dose_decision: Decision | None
    weight: WeightFacts | None
    product: ProductFacts | None
    preparation: PreparationFacts | None
    baseline: tuple[BaselineReading, ...]
    identifiers: frozenset[Identifier]
    allergies_reviewed: bool
    allergies: frozenset[str]
    """Substances the patient is allergic to."""
    escort: EscortState
    room_assigned: bool
    room_occupied: bool
    """Whether another patient is infused or recovers in the room."""
    clinician: ClinicianFacts | None
    credentials_needed: frozenset[str]
    monitor_assigned: bool
    patient_has_running_infusion: bool
    site: SiteFacts
    suicide: SuicideFacts = field(default_factory=SuicideFacts)
    day: DayFacts = field(default_factory=DayFacts)
