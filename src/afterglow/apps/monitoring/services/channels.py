"""Two probes of one device that measure the same sign: one is the sign, the other stands beside it.

Their readings may have different times and come in different messages. Which probe was believed is
kept, so that one line never holds both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from afterglow.apps.monitoring import lines
from afterglow.apps.monitoring.models import SECOND_CHANNEL, SignChannel, VitalSign
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.monitoring.services.charting import Charted, Probe, SignOf
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.errors import AfterglowError
from afterglow.core.monitoring.catalogue import BLOOD_PRESSURE
from afterglow.core.monitoring.readings import Source

_KEPT = """
SELECT session_id, device_id, code, channel FROM monitoring_signchannel
WHERE session_id = ANY(%s::bigint[])
"""


def channels_of(sessions: Iterable[int]) -> tuple[str, Sequence[Any]]:
    """Return what asks which probe gives each sign in some sessions."""
    return _KEPT, [sorted(set(sessions))]


def keep_probes_apart(
    outcomes: Iterable[Charted],
    sessions: Mapping[int, TreatmentSession],
    *,
    kept: Mapping[SignOf, str],
) -> None:
    """Flag what a second probe of a device says of a sign that another one gives.

    Whoever gave the sign first goes on giving it, until nothing usable came from it for as long as
    the protocol calls a lost signal; one that the device's profile believes gives it at once.
    ``kept``: who gives each sign so far; what changes is written. A pressure has its own time and
    is never summed up, so its sources need no such rule.
    """
    said = [
        (row, probe)
        for each in outcomes
        for row, probe in zip(each.vital_signs, each.probes, strict=True)
        if not row.flag and probe.channel and row.code not in BLOOD_PRESSURE
    ]
    now = dict(kept)
    last: dict[SignOf, datetime] = {}
    for row, probe in sorted(said, key=lambda pair: pair[0].taken_at):
        sign = SignOf(row.session_id, row.device_id or 0, str(row.code))
        if _gives(row, probe, now.get(sign), last.get(sign), sessions):
            now[sign], last[sign] = probe.channel, row.taken_at
        else:
            row.flag = SECOND_CHANNEL
    changed = [sign for sign, channel in now.items() if kept.get(sign) != channel]
    if changed:
        SignChannel.objects.bulk_create(
            [
                SignChannel(
                    session_id=sign.session,
                    device_id=sign.device,
                    code=sign.code,
                    channel=now[sign][:60],
                )
                for sign in changed
            ],
            update_conflicts=True,
            unique_fields=["session", "device", "code"],
            update_fields=["channel"],
        )


def _gives(
    row: VitalSign,
    probe: Probe,
    believed: str | None,
    last: datetime | None,
    sessions: Mapping[int, TreatmentSession],
) -> bool:
    """Whether a reading is its sign: of the probe that gives it, or of one that takes over."""
    if believed in (None, probe.channel[:60]) or probe.is_preferred:
        return True
    try:
        lost_after = rules_of(sessions[row.session_id]).technical.signal_lost_after
    except AfterglowError:  # rules that cannot be read never cost a reading its place
        return True
    allowed = lost_after.get(row.code)
    if allowed is None:
        return True
    last = last or _last_of(row)
    return last is None or row.taken_at - last > allowed


def _last_of(row: VitalSign) -> datetime | None:
    """When the device last gave the sign, before a reading of it."""
    line = lines.every_line([row.session_id], until=row.taken_at, sources=(Source.DEVICE,))
    found = lines.last_of(each for each in line if each.code == row.code)
    return next((each.taken_at for each in found if each.device == row.device_id), None)
