"""Facts: the small frozen values that an app gathers and the rules judge.

Times are aware. Ids are opaque text (a public id), never a name. ``None`` means "not recorded".
``more`` carries the facts of a later subject, which its own rules look up by type.
"""

from afterglow.core.treatment.facts.common import (
    CssrsLevel,
    Extensible,
    ProductFacts,
    SuicideFacts,
)
from afterglow.core.treatment.facts.day import (
    Antihypertensive,
    Cpap,
    DayFacts,
    PregnancyTest,
)
from afterglow.core.treatment.facts.discharge import (
    AldreteFacts,
    DischargeFacts,
    EscortAtDischarge,
    LatestVitals,
    MpadssFacts,
    RecoveryFacts,
)
from afterglow.core.treatment.facts.draw import DrawFacts, VialFacts
from afterglow.core.treatment.facts.readiness import (
    BaselineReading,
    ClinicianFacts,
    ConsentFacts,
    CourseFacts,
    CredentialFacts,
    EscortState,
    Identifier,
    OrderFacts,
    PreparationFacts,
    ProtocolFacts,
    ReadinessFacts,
    SiteFacts,
    WeightFacts,
)
from afterglow.core.treatment.facts.sign import AmountFacts, OverrideShown, SignFacts

__all__ = [
    "AldreteFacts",
    "AmountFacts",
    "Antihypertensive",
    "BaselineReading",
    "ClinicianFacts",
    "ConsentFacts",
    "CourseFacts",
    "Cpap",
    "CredentialFacts",
    "CssrsLevel",
    "DayFacts",
    "DischargeFacts",
    "DrawFacts",
    "EscortAtDischarge",
    "EscortState",
    "Extensible",
    "Identifier",
    "LatestVitals",
    "MpadssFacts",
    "OrderFacts",
    "OverrideShown",
    "PregnancyTest",
    "PreparationFacts",
    "ProductFacts",
    "ProtocolFacts",
    "ReadinessFacts",
    "RecoveryFacts",
    "SignFacts",
    "SiteFacts",
    "SuicideFacts",
    "VialFacts",
    "WeightFacts",
]
