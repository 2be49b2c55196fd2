"""The reason codes of synthesis: what may not be pooled, and with what doubts the rest was."""

from __future__ import annotations

from afterglow.core.reason_codes import Subject

synthesis = Subject("synthesis")

TRIAL_UNKNOWN = synthesis.blocker("SYNTHESIS_TRIAL_UNKNOWN", "There is no trial record {seen}.")
TRIAL_EXCLUDED = synthesis.blocker("SYNTHESIS_TRIAL_EXCLUDED", "{seen} is not pooled: {limit}.")
NO_COUNTS = synthesis.blocker(
    "SYNTHESIS_NO_COUNTS", "{seen} has no counts or means for {limit}; nothing can be computed."
)
CROSSOVER_UNPAIRED = synthesis.blocker(
    "SYNTHESIS_CROSSOVER_UNPAIRED",
    "{seen} is a crossover: the same people are in both arms. "
    "Its first period or the correlation within a person is needed.",
)
CLUSTER_UNCORRECTED = synthesis.blocker(
    "SYNTHESIS_CLUSTER_UNCORRECTED",
    "{seen} randomised clusters: without their size and the ICC its people cannot be weighed.",
)
SHARED_CONTROL = synthesis.blocker(
    "SYNTHESIS_SHARED_CONTROL",
    "The control arm of {seen} would be counted {limit} times; combine its treated arms instead.",
)
ENDPOINT_DIFFERS = synthesis.blocker(
    "SYNTHESIS_ENDPOINT_DIFFERS", "{seen}; the others count {limit}."
)
NOTHING_LEFT = synthesis.blocker(
    "SYNTHESIS_NOTHING_LEFT", "No trial is left to pool out of {seen}."
)
TOO_FEW_FOR_EGGER = synthesis.blocker(
    "SYNTHESIS_TOO_FEW_FOR_EGGER",
    "{seen} trials are too few to test for missing small ones; {limit} are needed.",
)
NETWORK_NOT_CONNECTED = synthesis.blocker(
    "NETWORK_NOT_CONNECTED", "No chain of trials links {seen} to {limit}."
)
NETWORK_ONE_ARM = synthesis.blocker(
    "NETWORK_ONE_ARM", "{seen} compares nothing: it has {limit} arm."
)
NETWORK_ARMS_ALIKE = synthesis.blocker(
    "NETWORK_ARMS_ALIKE", "Two arms of {seen} are called {limit}; a network needs them apart."
)
COUNTS_FROM_MEMORY = synthesis.caution(
    "SYNTHESIS_COUNTS_FROM_MEMORY", "The counts of {seen} were not read in their source."
)
TIMES_MIXED = synthesis.caution("SYNTHESIS_TIMES_MIXED", "Time points are mixed: {seen}.")
POPULATIONS_MIXED = synthesis.caution(
    "SYNTHESIS_POPULATIONS_MIXED", "Kinds of patients are mixed: {seen}."
)
DEFINITIONS_MIXED = synthesis.caution(
    "SYNTHESIS_DEFINITIONS_MIXED", "The outcome is defined in more than one way: {seen}."
)
FEW_TRIALS = synthesis.caution(
    "SYNTHESIS_FEW_TRIALS",
    "Only {seen} trials: with fewer than {limit}, the spread between trials is hardly known.",
)
