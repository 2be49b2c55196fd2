"""Why a message of the review queue is not charted, or not taken back."""

from __future__ import annotations

from afterglow.core.decisions import Severity
from afterglow.core.reason_codes import declare

MESSAGE_NOT_READABLE = declare(
    "MESSAGE_NOT_READABLE",
    Severity.BLOCKER,
    "The message could not be read, so it cannot be charted. Reject it, and enter by hand.",
    subject="monitoring",
)
MESSAGE_DEVICE_UNKNOWN = declare(
    "MESSAGE_DEVICE_UNKNOWN",
    Severity.BLOCKER,
    "The device that measured is not registered. Register it first, then assign the message.",
    subject="monitoring",
)
MESSAGE_OUTSIDE_SESSION = declare(
    "MESSAGE_OUTSIDE_SESSION",
    Severity.BLOCKER,
    "The message arrived at {seen}; the session is from {limit}.",
    subject="monitoring",
)
MESSAGE_HOLDS_NOTHING = declare(
    "MESSAGE_HOLDS_NOTHING",
    Severity.BLOCKER,
    "The message holds no reading that can be charted.",
    subject="monitoring",
)
REVIEW_IS_SETTLED = declare(
    "REVIEW_IS_SETTLED", Severity.BLOCKER, "The message is settled: {seen}.", subject="monitoring"
)
REVIEW_NEEDS_A_REASON = declare(
    "REVIEW_NEEDS_A_REASON",
    Severity.BLOCKER,
    "Say why the message is rejected.",
    subject="monitoring",
)
MESSAGE_STILL_WAITS = declare(
    "MESSAGE_STILL_WAITS", Severity.BLOCKER, "It still waits: {seen}.", subject="monitoring"
)
MESSAGE_NAMES_SEVERAL = declare(
    "MESSAGE_NAMES_SEVERAL",
    Severity.BLOCKER,
    "The message names {seen} patients, so nobody can say whose its readings are. Reject it, and "
    "enter by hand.",
    subject="monitoring",
)
MESSAGE_IS_ANOTHERS = declare(
    "MESSAGE_IS_ANOTHERS",
    Severity.BLOCKER,
    "The message names somebody else: {seen} of its identifiers differ from the patient of this "
    "session. Two that differ are another person, so nobody can chart it here.",
    subject="monitoring",
    source="Joint Commission, NPSG.01.01.01: two identifiers",
)
MESSAGE_DOES_NOT_PROVE_WHO = declare(
    "MESSAGE_DOES_NOT_PROVE_WHO",
    Severity.BLOCKER,
    "The message does not prove that it is about the patient of this session: identifiers that "
    "differ: {seen}. Say in words why it is charted here all the same.",
    subject="monitoring",
    source="Joint Commission, NPSG.01.01.01: two identifiers",
)
MISMATCH_READ_BACK_DIFFERS = declare(
    "MISMATCH_READ_BACK_DIFFERS",
    Severity.BLOCKER,
    "The record number that was typed is not that of the patient it would be charted to.",
    subject="monitoring",
)
MESSAGE_WAS_TAKEN_BACK = declare(
    "MESSAGE_WAS_TAKEN_BACK",
    Severity.BLOCKER,
    "The message was charted to this patient before and taken back at {seen} as another's. Take "
    "its marks back one by one on the page of readings, if that was the mistake.",
    subject="monitoring",
)
NOTHING_TO_TAKE_BACK = declare(
    "NOTHING_TO_TAKE_BACK",
    Severity.BLOCKER,
    "Nobody charted this message from the queue, so there is nothing to take back.",
    subject="monitoring",
)
TAKING_BACK_NEEDS_A_REASON = declare(
    "TAKING_BACK_NEEDS_A_REASON",
    Severity.BLOCKER,
    "Say in words how it came to the wrong patient.",
    subject="monitoring",
)
