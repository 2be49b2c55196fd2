"""The words of the evidence library: kinds of record, verdicts, how well a fact is founded."""

from __future__ import annotations

from enum import StrEnum

from afterglow.core.errors import InvalidValue


class RecordKind(StrEnum):
    """What sort of record it is."""

    CLAIM = "claim"
    TRIAL = "trial"
    POOLED_ESTIMATE = "pooled_estimate"
    REGULATION = "regulation"
    GUIDELINE = "guideline"
    CLASSIFICATION = "classification"
    BILLING_CODE = "billing_code"
    FIELD_LIST = "field_list"
    REQUIREMENT = "requirement"
    POOLED_CHECK = "pooled_check"
    CORRECTION = "correction"
    OPEN_CHECK = "open_check"


class ClaimVerdict(StrEnum):
    """How a claim stands against its sources."""

    SUPPORTED = "supported"
    OVERSTATED = "overstated"
    OUTDATED = "outdated"
    WRONG = "wrong"
    UNVERIFIABLE = "unverifiable"

    @property
    def blocks(self) -> bool:
        """Whether nothing may be published on the strength of such a claim."""
        return self in (ClaimVerdict.WRONG, ClaimVerdict.UNVERIFIABLE)

    @property
    def needs_correction(self) -> bool:
        """Whether only the corrected wording may be shown, never the claim itself."""
        return self is not ClaimVerdict.SUPPORTED


class FactStatus(StrEnum):
    """Whether somebody read the source."""

    CONFIRMED = "confirmed"
    PARTLY_CONFIRMED = "partly_confirmed"
    FROM_MEMORY = "from_memory"

    @classmethod
    def read(cls, words: str) -> FactStatus:
        """Return the status that the reference writes in words. Raises InvalidValue otherwise."""
        match words:
            case "confirmed":
                return cls.CONFIRMED
            case "partly confirmed":
                return cls.PARTLY_CONFIRMED
            case "from memory, unconfirmed":
                return cls.FROM_MEMORY
        raise InvalidValue(
            f"{words!r} is no status; it is confirmed, partly confirmed, "
            "or from memory, unconfirmed."
        )


class NumberKind(StrEnum):
    """What a number speaks of; the first three need an approved record behind them."""

    EFFICACY = "efficacy"
    SAFETY = "safety"
    REGULATORY = "regulatory"
    CONTEXT = "context"


class Endpoint(StrEnum):
    """What was counted or measured."""

    RESPONSE = "response"
    REMISSION = "remission"
    RELAPSE = "relapse"
    IDEATION_RESPONSE = "ideation_response"
    SYMPTOM_CHANGE = "symptom_change"
    WORSENING = "worsening"
    IDEATION_WORSENING = "ideation_worsening"
    DROP_OUT = "drop_out"
    ANALYSABLE = "analysable"
    OTHER = "other"


class FigureMeasure(StrEnum):
    """In what a figure is expressed."""

    PERCENT = "percent"
    ODDS_RATIO = "odds_ratio"
    RISK_RATIO = "risk_ratio"
    HAZARD_RATIO = "hazard_ratio"
    RISK_DIFFERENCE = "risk_difference"
    STANDARDISED_DIFFERENCE = "standardised_difference"
    MEAN_DIFFERENCE = "mean_difference"
    COUNT = "count"
    YEAR = "year"
    MILLIGRAM = "milligram"


class Anchor(StrEnum):
    """From where a time point counts."""

    FIRST_DOSE = "first_dose"
    LAST_DOSE = "last_dose"
    ENROLMENT = "enrolment"
    UNDEFINED = ""


class Design(StrEnum):
    """Where a figure comes from."""

    RANDOMISED_BLIND = "randomised_blind"
    RANDOMISED_OPEN = "randomised_open"
    POOLED_RANDOMISED = "pooled_randomised"
    UNCONTROLLED = "uncontrolled"
    STATEMENT = "statement"
    DOCUMENT = "document"
