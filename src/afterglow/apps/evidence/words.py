"""The library's codes in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterglow.core.evidence.publishing import PublicationAct, PublicationState
from afterglow.core.evidence.vocabulary import ClaimVerdict, FactStatus, RecordKind

Words = str | Promise

KINDS: Final[dict[str, Words]] = {
    RecordKind.CLAIM: _("Claim"),
    RecordKind.TRIAL: _("Trial"),
    RecordKind.POOLED_ESTIMATE: _("Published estimate"),
    RecordKind.REGULATION: _("Regulation"),
    RecordKind.GUIDELINE: _("Guideline"),
    RecordKind.CLASSIFICATION: _("Drug classification"),
    RecordKind.BILLING_CODE: _("Billing code"),
    RecordKind.FIELD_LIST: _("Form fields"),
    RecordKind.REQUIREMENT: _("Requirement"),
    RecordKind.POOLED_CHECK: _("Pooled check"),
    RecordKind.CORRECTION: _("Correction"),
    RecordKind.OPEN_CHECK: _("Open check"),
}
VERDICTS: Final[dict[str, Words]] = {
    ClaimVerdict.SUPPORTED: _("Supported"),
    ClaimVerdict.OVERSTATED: _("Overstated"),
    ClaimVerdict.OUTDATED: _("Outdated"),
    ClaimVerdict.WRONG: _("Wrong"),
    ClaimVerdict.UNVERIFIABLE: _("Unverifiable"),
}
VERDICT_CHIPS: Final[dict[str, str]] = {
    ClaimVerdict.SUPPORTED: "good",
    ClaimVerdict.OVERSTATED: "caution",
    ClaimVerdict.OUTDATED: "caution",
    ClaimVerdict.WRONG: "danger",
    ClaimVerdict.UNVERIFIABLE: "danger",
}
STATUSES: Final[dict[str, Words]] = {
    FactStatus.CONFIRMED: _("Read in its source"),
    FactStatus.PARTLY_CONFIRMED: _("Partly read"),
    FactStatus.FROM_MEMORY: _("From memory"),
}
STATUS_CHIPS: Final[dict[str, str]] = {
    FactStatus.CONFIRMED: "good",
    FactStatus.PARTLY_CONFIRMED: "caution",
    FactStatus.FROM_MEMORY: "danger",
}
FILE_STATUSES: Final[dict[str, Words]] = {
    "confirmed": _("Read in its source"),
    "partly confirmed": _("Partly read"),
    "from memory, unconfirmed": _("From memory"),
}
STANDINGS: Final[dict[str, Words]] = {
    "approved": _("Approved"),
    "waiting": _("Waits for approval"),
    "due": _("Review due"),
    "withdrawn": _("Withdrawn"),
}
TRANSLATION_STANDINGS: Final[dict[str, Words]] = {
    "missing": _("Shown in English"),
    "waiting": _("Waits for a check"),
    "drafted": _("Drafted by machine"),
    "checked": _("Checked"),
}
TRANSLATION_CHIPS: Final[dict[str, str]] = {
    "missing": "danger",
    "waiting": "active",
    "drafted": "caution",
    "checked": "good",
}
STATES: Final[dict[str, Words]] = {
    PublicationState.DRAFT: _("Draft"),
    PublicationState.IN_REVIEW: _("In medical review"),
    PublicationState.REVIEWED: _("Reviewed"),
    PublicationState.PUBLISHED: _("Published"),
    PublicationState.SUPERSEDED: _("Superseded"),
    PublicationState.WITHDRAWN: _("Withdrawn"),
}
STATE_CHIPS: Final[dict[str, str]] = {
    PublicationState.DRAFT: "neutral",
    PublicationState.IN_REVIEW: "active",
    PublicationState.REVIEWED: "active",
    PublicationState.PUBLISHED: "good",
    PublicationState.SUPERSEDED: "done",
    PublicationState.WITHDRAWN: "done",
}
ACTS: Final[dict[str, Words]] = {
    PublicationAct.SUBMITTED: _("Submitted for review"),
    PublicationAct.RETURNED: _("Returned to the author"),
    PublicationAct.REVIEWED: _("Medically reviewed"),
    PublicationAct.PUBLISHED: _("Published"),
    PublicationAct.RE_REVIEWED: _("Reviewed again"),
    PublicationAct.SUPERSEDED: _("Superseded by a newer version"),
    PublicationAct.WITHDRAWN: _("Withdrawn"),
    "approved": _("Approved"),
    "withdrawn": _("Withdrawn"),
}
FIELDS: Final[dict[str, Words]] = {
    "article_claim": _("What is often said"),
    "corrected_wording": _("What to show instead"),
    "verdict": _("Verdict in words"),
    "verdict_class": _("Verdict"),
    "severity_if_published": _("Severity if published"),
    "citation_given": _("Citation given"),
    "topic": _("Topic"),
    "fact": _("Fact"),
    "facts": _("Facts"),
    "status": _("How well it is founded"),
    "confirmed_at": _("Read at (one address a line)"),
    "from_memory_unconfirmed": _("From memory (one a line)"),
    "study": _("Study"),
    "group": _("Group"),
    "doi": _("DOI"),
    "design": _("Design"),
    "population": _("Population"),
    "dose": _("Dose"),
    "comparator": _("Comparator"),
    "timepoint": _("Time point"),
    "scale": _("Scale"),
    "between_group": _("Between the groups"),
    "caution": _("Caution"),
    "arms": _("Arms"),
    "arm": _("Arm"),
    "n": _("Assigned"),
    "n_analysed": _("Analysed"),
    "responders": _("Responders"),
    "response_pct": _("Response %"),
    "remitters": _("Remitters"),
    "remission_pct": _("Remission %"),
    "mean_change": _("Mean change"),
    "sd": _("SD"),
    "note": _("Note"),
    "source": _("Source"),
    "scope": _("Scope"),
    "estimates": _("Estimates (one a line)"),
    "area": _("Area"),
    "citation": _("Citation"),
    "rule": _("Rule"),
    "platform_implication": _("What it means for us"),
    "body": _("Body"),
    "year": _("Year"),
    "recommendation": _("Recommendation"),
    "current_state": _("State today"),
    "name": _("Name"),
    "kind": _("Kind"),
    "schedule": _("Schedule"),
    "schedule_since": _("Scheduled since"),
    "approvals": _("Approvals"),
    "not_approved_for": _("Not approved for (one a line)"),
    "essential_medicine": _("Essential-medicine listing"),
    "based_on": _("Based on (one record a line)"),
    "text": _("Text"),
    "counts": _("Counts founded on"),
    "control": _("Control"),
    "dosing": _("Dosing"),
    "endpoint": _("Endpoint"),
    "definition": _("Definition"),
    "response_definition": _("Response is"),
    "remission_definition": _("Remission is"),
    "crossover": _("Crossover"),
    "cluster": _("Clusters were randomised"),
    "negative": _("Negative or null"),
    "excluded": _("Not pooled because"),
    "key": _("Key"),
    "words": _("In words"),
    "measure": _("Measure"),
    "value": _("Value"),
    "low": _("Lower bound"),
    "high": _("Upper bound"),
    "events": _("Events"),
    "hours": _("Hours"),
    "anchor": _("Counted from"),
    "population_words": _("Population in words"),
    "intervention": _("Treatment"),
    "certainty": _("Certainty"),
    "unit": _("Unit"),
    "jurisdiction": _("Jurisdiction"),
    "effective_on": _("Effective on"),
}
SINGULAR: Final[dict[str, Words]] = {
    "facts": _("Fact"),
    "arms": _("Arm"),
    "figures": _("Figure"),
    "approvals": _("Approval"),
}
_ORDER: Final = {name: place for place, name in enumerate(FIELDS)}


def field_words(name: str) -> Words:
    """Return what a record's field is called."""
    return FIELDS.get(name) or name.replace("_", " ").capitalize()


def in_order(body: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return a body's fields in the order people read them; the database keeps none."""
    return sorted(body.items(), key=lambda item: (_ORDER.get(item[0], len(_ORDER)), item[0]))
