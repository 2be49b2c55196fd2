"""What can be wrong with a message or a reading, in the words of HL7 table 0357."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class ErrorCode(StrEnum):
    """HL7 table 0357, message error conditions."""

    SEGMENT_SEQUENCE = "100"
    MISSING_FIELD = "101"
    DATA_TYPE = "102"
    TABLE_VALUE = "103"
    MESSAGE_TYPE = "200"
    EVENT = "201"
    PROCESSING_ID = "202"
    VERSION = "203"
    UNKNOWN_KEY = "204"
    INTERNAL = "207"


ERROR_TEXTS = {
    ErrorCode.SEGMENT_SEQUENCE: "Segment sequence error",
    ErrorCode.MISSING_FIELD: "Required field missing",
    ErrorCode.DATA_TYPE: "Data type error",
    ErrorCode.TABLE_VALUE: "Table value not found",
    ErrorCode.MESSAGE_TYPE: "Unsupported message type",
    ErrorCode.EVENT: "Unsupported event code",
    ErrorCode.PROCESSING_ID: "Unsupported processing id",
    ErrorCode.VERSION: "Unsupported version id",
    ErrorCode.UNKNOWN_KEY: "Unknown key identifier",
    ErrorCode.INTERNAL: "Application internal error",
}


class ErrorSeverity(StrEnum):
    """HL7 table 0516."""

    ERROR = "E"
    WARNING = "W"
    INFORMATION = "I"


class Problem(NamedTuple):
    """One thing wrong, in a sentence without patient data. ``location`` is like ``OBX[3]-5``."""

    code: ErrorCode
    sentence: str
    location: str = ""
    severity: ErrorSeverity = ErrorSeverity.WARNING
