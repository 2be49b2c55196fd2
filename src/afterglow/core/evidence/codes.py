"""The reason codes of the evidence library."""

from __future__ import annotations

from afterglow.core.reason_codes import Subject

evidence = Subject("evidence")

# What a text cites.
RECORD_UNKNOWN = evidence.blocker(
    "EVIDENCE_RECORD_UNKNOWN", "There is no evidence record {seen}; cite one that exists."
)
FIGURE_UNKNOWN = evidence.blocker(
    "EVIDENCE_FIGURE_UNKNOWN", "The record has no figure {seen}; its figures are: {limit}."
)
RECORD_NOT_APPROVED = evidence.blocker(
    "EVIDENCE_RECORD_NOT_APPROVED",
    "{seen} has no approved version; its numbers are published only after medical approval.",
)
VERDICT_BLOCKS = evidence.blocker(
    "EVIDENCE_VERDICT_BLOCKS", "{seen}; a claim that is {limit} is never published."
)
FIGURE_FROM_MEMORY = evidence.blocker(
    "EVIDENCE_FIGURE_FROM_MEMORY",
    "{seen} was written from memory and not read in its source; it is not published as it stands.",
)
CITES_OLD_VERSION = evidence.blocker(
    "EVIDENCE_CITES_OLD_VERSION",
    "{seen} was cited, and the approved version is now {limit}: read it and review again.",
)
ONLY_CORRECTION = evidence.caution(
    "EVIDENCE_ONLY_CORRECTION",
    "{seen}: show the corrected wording, not the claim as it is often heard.",
)
REVIEW_OVERDUE = evidence.caution(
    "EVIDENCE_REVIEW_OVERDUE", "{seen}: its review was due on {limit}."
)
PARTLY_CONFIRMED = evidence.caution(
    "EVIDENCE_PARTLY_CONFIRMED", "{seen}: part of the record was not read in its source."
)
# What a text says without citing.
BARE_NUMBER = evidence.blocker(
    "EVIDENCE_BARE_NUMBER",
    "“{seen}” stands in the text without a record behind it; cite the figure instead.",
)
LOOSE_NUMBER = evidence.blocker(
    "EVIDENCE_LOOSE_NUMBER",
    "“{seen}” is no dose, time, date, price or address that we know: cite the figure it comes "
    "from, or say it without a number.",
)
ABSOLUTE_CLAIM = evidence.blocker(
    "EVIDENCE_ABSOLUTE_CLAIM", "“{seen}” promises what no study can show; say what is known."
)
PICTURE_UNREAD = evidence.caution(
    "EVIDENCE_PICTURE_UNREAD",
    "No rule can read the picture {seen}: look at it, and return the text if it shows a result.",
)
# Side by side.
ENDPOINT_DIFFERS = evidence.blocker(
    "COMPARISON_ENDPOINT_DIFFERS", "Not the same endpoint: {seen} beside {limit}."
)
DEFINITION_DIFFERS = evidence.blocker(
    "COMPARISON_DEFINITION_DIFFERS", "Not defined in the same way: {seen} beside {limit}."
)
TIME_DIFFERS = evidence.blocker(
    "COMPARISON_TIME_DIFFERS", "Not measured at the same time: {seen} beside {limit}."
)
POPULATION_DIFFERS = evidence.blocker(
    "COMPARISON_POPULATION_DIFFERS", "Not the same kind of patients: {seen} beside {limit}."
)
MEASURE_DIFFERS = evidence.blocker(
    "COMPARISON_MEASURE_DIFFERS", "Not the same kind of number: {seen} beside {limit}."
)
COMPARISON_UNDEFINED = evidence.blocker(
    "COMPARISON_UNDEFINED", "{seen} does not say its {limit}, so nothing can stand beside it."
)
INDIRECT = evidence.caution(
    "COMPARISON_INDIRECT",
    "{seen} and {limit} come from different studies: this is an indirect comparison.",
)
DESIGN_DIFFERS = evidence.caution(
    "COMPARISON_DESIGN_DIFFERS", "The studies differ in design: {seen} beside {limit}."
)
COMPARATOR_MISSING = evidence.blocker(
    "EVIDENCE_COMPARATOR_MISSING",
    "{seen} was measured beside a control that is not in this block: cite both, or neither.",
)
ALONE_BESIDE_OTHER = evidence.blocker(
    "EVIDENCE_ALONE_BESIDE_OTHER",
    "{seen} stands without its control, and {limit} is of another treatment: a reader would set "
    "one against the other. Give each its control, or leave one out.",
)
COMPARED_IN_WORDS = evidence.blocker(
    "EVIDENCE_COMPARED_IN_WORDS",
    "“{seen}” compares treatments, and no figure in this block makes that comparison like with "
    "like: cite the study's own arms or its ratio, or say it without comparing.",
)
# Signing.
AUTHOR_REVIEWS_OWN_TEXT = evidence.blocker(
    "PUBLICATION_REVIEWED_BY_AUTHOR", "{seen} wrote this text; another person reviews it."
)
NOT_REVIEWED = evidence.blocker(
    "PUBLICATION_NOT_REVIEWED", "No medical reviewer has signed this text."
)
CHANGED_SINCE_REVIEW = evidence.blocker(
    "PUBLICATION_CHANGED_SINCE_REVIEW",
    "The text changed after it was reviewed ({seen}, signed {limit}); it is reviewed again.",
)
WRONG_STATE = evidence.blocker(
    "PUBLICATION_WRONG_STATE", "This text is {seen}; from there it can: {limit}."
)
NOTHING_WRITTEN = evidence.blocker("PUBLICATION_EMPTY", "There is no text yet.")
STILL_FLAGGED = evidence.blocker(
    "PUBLICATION_FLAGGED", "A record it cites changed ({seen}) and nobody has reviewed it since."
)
# Approving a record.
APPROVER_WROTE_IT = evidence.blocker(
    "RECORD_APPROVED_BY_WRITER", "{seen} wrote this version; another person approves it."
)
RECORD_FROM_MEMORY = evidence.blocker(
    "RECORD_FROM_MEMORY",
    "{seen} is from memory: read the source, write a version that says where, then approve that.",
)
RECORD_PARTLY_CONFIRMED = evidence.caution(
    "RECORD_PARTLY_CONFIRMED",
    "Not everything in {seen} was read in its source; what was not stays blocked.",
)
RECORD_WORDS_STATE_NUMBER = evidence.blocker(
    "RECORD_WORDS_STATE_NUMBER",
    "The words of {limit} state “{seen}”, which none of its figures gives beside its control: "
    "words are shown as they stand, so the number belongs into a figure.",
)
RECORD_WITHDRAWN = evidence.blocker("RECORD_WITHDRAWN", "{seen} was withdrawn.")
# A record in another language.
TRANSLATION_MISSING = evidence.blocker(
    "TRANSLATION_MISSING", "There is no translation of “{seen}” yet."
)
TRANSLATION_TOO_LONG = evidence.blocker(
    "TRANSLATION_TOO_LONG", "A translation of {seen} letters is too long; the limit is {limit}."
)
TRANSLATION_NUMBERS_DIFFER = evidence.blocker(
    "TRANSLATION_NUMBERS_DIFFER",
    "{seen} does not state the numbers of the record, which are: {limit}.",
)
TRANSLATION_OUTDATED = evidence.blocker(
    "TRANSLATION_OUTDATED",
    "The record says something else today than what {seen} translates; translate it again.",
)
TRANSLATOR_CHECKS_OWN = evidence.blocker(
    "TRANSLATION_CHECKED_BY_TRANSLATOR",
    "{seen}: whoever translated it does not check it; another person does.",
)
