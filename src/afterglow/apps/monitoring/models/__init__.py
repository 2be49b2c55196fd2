"""What is measured: vital signs, pump readings, alarms, and messages that wait for a person."""

from __future__ import annotations

from afterglow.apps.monitoring.models.alarms import (
    Alarm,
    AlarmAct,
)
from afterglow.apps.monitoring.models.chartings import ChartingMistake, QueueCharting
from afterglow.apps.monitoring.models.messages import (
    ArchiveAct,
    DeviceNotification,
    NotificationKind,
    ReadingsArchive,
    ReviewItem,
    ReviewReason,
    ReviewState,
)
from afterglow.apps.monitoring.models.readings import (
    SECOND_CHANNEL,
    ArtefactMark,
    BodyMassMeasurement,
    BodyMassMistake,
    DeviceAssignment,
    MissedReading,
    NoValue,
    PumpReading,
    SignChannel,
    Source,
    VitalSign,
)

__all__ = [
    "SECOND_CHANNEL",
    "Alarm",
    "AlarmAct",
    "ArchiveAct",
    "ArtefactMark",
    "BodyMassMeasurement",
    "BodyMassMistake",
    "ChartingMistake",
    "DeviceAssignment",
    "DeviceNotification",
    "MissedReading",
    "NoValue",
    "NotificationKind",
    "PumpReading",
    "QueueCharting",
    "ReadingsArchive",
    "ReviewItem",
    "ReviewReason",
    "ReviewState",
    "SignChannel",
    "Source",
    "VitalSign",
]
