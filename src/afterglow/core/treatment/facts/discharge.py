"""Facts that decide whether a patient may be moved to recovery and sent home."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from afterglow.core.errors import InvalidValue
from afterglow.core.treatment.endings import EndingField, InfusionEnding, SessionEnding
from afterglow.core.treatment.facts.common import Extensible, SuicideFacts


def _refuse_outside(name: str, points: tuple[int, ...]) -> None:
    for each in points:
        if not 0 <= each <= 2:
            raise InvalidValue(f"{name} gives 0, 1 or 2 points to each domain, not {each}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AldreteFacts:
    """The modified Aldrete score: 0 to 2 for each domain."""

    activity: int
    respiration: int
    circulation: int
    consciousness: int
    spo2: int

    def __post_init__(self) -> None:
        _refuse_outside("The Aldrete score", self.points)

    @property
    def points(self) -> tuple[int, ...]:
        """The points of each domain."""
        return (
            self.activity,
            self.respiration,
            self.circulation,
            self.consciousness,
            self.spo2,
        )

    @property
    def total(self) -> int:
        """The sum, 0 to 10."""
        return sum(self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class MpadssFacts:
    """The modified post-anaesthetic discharge score: 0 to 2 for each domain."""

    vital_signs: int
    ambulation: int
    nausea: int
    pain: int
    bleeding: int

    def __post_init__(self) -> None:
        _refuse_outside("The modified PADSS", self.points)

    @property
    def points(self) -> tuple[int, ...]:
        """The points of each domain."""
        return (self.vital_signs, self.ambulation, self.nausea, self.pain, self.bleeding)

    @property
    def total(self) -> int:
        """The sum, 0 to 10."""
        return sum(self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestVitals:
    """The last vital signs in recovery, beside the baseline (mean of the two before the start).

    ``at`` is when the pressure was taken, ``spo2_at`` when the saturation was: each has its age.
    ``on_oxygen`` is None while nobody has said whether the patient breathes room air.
    """

    at: datetime
    systolic_mmhg: int
    diastolic_mmhg: int
    baseline_systolic_mmhg: Decimal
    baseline_diastolic_mmhg: Decimal
    spo2_percent: int
    spo2_at: datetime
    on_oxygen: bool | None

    def __post_init__(self) -> None:
        baseline = (self.baseline_systolic_mmhg, self.baseline_diastolic_mmhg)
        if min(baseline) <= 0:
            raise InvalidValue(f"A baseline pressure is above zero, not {min(baseline)} mmHg.")


@dataclass(frozen=True, slots=True, kw_only=True)
class EscortAtDischarge:
    """The responsible adult who takes the patient home: what is recorded, never the words."""

    present: bool
    adult: bool
    name_recorded: bool
    relation_recorded: bool
    phone_recorded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeFacts(Extensible):
    """Everything that decides whether the session may end at ``at`` in the way ``ending`` names.

    ``pump_stopped_at`` is None where no drug ran. ``oriented`` counts person, place and time.
    ``dissociation_above_baseline`` is on the CADSS-6; the clinician's statement may stand for it.
    """

    at: datetime
    ending: SessionEnding
    infusion_started: bool
    pump_stopped_at: datetime | None
    last_sedative_at: datetime | None
    aldrete: AldreteFacts | None
    mpadss: MpadssFacts | None
    moaas: int | None
    oriented: int | None
    vitals: LatestVitals | None
    dissociation_above_baseline: int | None
    clinician_states_dissociation_resolved: bool
    gait_steady: bool | None
    first_walk_accompanied: bool | None
    drinks_fluid: bool | None
    nausea_controlled: bool | None
    iv_removed: bool | None
    iv_site_checked: bool | None
    escort: EscortAtDischarge | None
    no_driving_told: bool
    written_instructions_given: bool
    phone_24_h_given: bool
    suicide: SuicideFacts = field(default_factory=SuicideFacts)
    infusion_ending: InfusionEnding | None = None
    """How the infusion ended, where one ran."""
    prescriber_agrees: bool = False
    """A prescriber decides this ending, or has signed in for it as the second person."""
    ending_fields: frozenset[EndingField] = frozenset()
    """What the ending demands and is on record."""
    called_back_at: datetime | None = None
    """When the patient was last called back after a discharge: the recovery begins anew then."""

    @property
    def recovering_since(self) -> datetime | None:
        """When the recovery that counts began; None where no drug ran."""
        return max(filter(None, (self.pump_stopped_at, self.called_back_at)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryFacts(Extensible):
    """Who watches a patient in recovery."""

    watched_by: str | None
    other_recovering_patients: int
    running_infusions: int
