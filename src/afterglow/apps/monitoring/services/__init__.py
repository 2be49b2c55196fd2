"""The verbs of monitoring. Each is atomic, audited, published and safe to repeat."""

from afterglow.apps.monitoring.outcomes import Refused
from afterglow.apps.monitoring.services.alarms import (
    acknowledge_alarm,
    refresh_alarms,
    say_probe_is_off,
    silence_alarm,
)
from afterglow.apps.monitoring.services.artefacts import mark_stretch
from afterglow.apps.monitoring.services.assignments import (
    assign_device,
    assign_devices_of_room,
    release_devices,
    release_stale_devices,
)
from afterglow.apps.monitoring.services.common import RecordLocked
from afterglow.apps.monitoring.services.incoming import (
    MESSAGE_AT_FAULT,
    store_messages,
)
from afterglow.apps.monitoring.services.queue_chartings import InSpite, take_back_charting
from afterglow.apps.monitoring.services.readings import (
    mark_artefact,
    record_missed_reading,
    record_vital_signs_by_hand,
    take_back_entry,
)
from afterglow.apps.monitoring.services.reviews import (
    assign_group,
    assign_review,
    group_of,
    note_review_read,
    reject_group,
    reject_review,
    reread_group,
    reread_review,
)
from afterglow.apps.monitoring.services.touched import (
    TOUCHED_CHANNEL,
    judge_touched,
    tell_touched,
    told_of,
)

__all__ = [
    "MESSAGE_AT_FAULT",
    "TOUCHED_CHANNEL",
    "InSpite",
    "RecordLocked",
    "Refused",
    "acknowledge_alarm",
    "assign_device",
    "assign_devices_of_room",
    "assign_group",
    "assign_review",
    "group_of",
    "judge_touched",
    "mark_artefact",
    "mark_stretch",
    "note_review_read",
    "record_missed_reading",
    "record_vital_signs_by_hand",
    "refresh_alarms",
    "reject_group",
    "reject_review",
    "release_devices",
    "release_stale_devices",
    "reread_group",
    "reread_review",
    "say_probe_is_off",
    "silence_alarm",
    "store_messages",
    "take_back_charting",
    "take_back_entry",
    "tell_touched",
    "told_of",
]
