"""Which device a message comes from, how its messages are read, and whom it served when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address, ip_network
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.postgres.fields import DateTimeRangeField
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from afterglow.apps.definitions import queries as definitions
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.devices.models import Device
from afterglow.apps.monitoring.incoming import HowToRead, IncomingMessage, Report
from afterglow.apps.monitoring.models import DeviceAssignment
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.device_clock import STEADY, UNKNOWN, DeviceClock
from afterglow.core.monitoring.device_profile import (
    STANDARD,
    DeviceProfile,
    Trust,
    eui64,
    parse_profile,
)
from afterglow.db.compiled import Compiled, slot
from afterglow.db.pipelines import rows_of
from afterglow.web import clock


@dataclass
class KnownDevices:
    """Devices by EUI-64 and by bed, their assignments, and how far each clock is off.

    ``offsets``: what each last message said of it, as it came; ``heard``: when that was.
    ``of_then``: the messages are old, and what is known of a clock now says nothing of them unless
    they say the same.
    """

    by_eui: Mapping[str, Device]
    assignments: Mapping[int, Sequence[DeviceAssignment]]
    clocks: dict[int, DeviceClock]
    by_bed: Mapping[tuple[str, str], Device] = field(default_factory=dict)
    profiles: Mapping[str, DeviceProfile] = field(default_factory=dict)
    offsets: dict[int, timedelta] = field(default_factory=dict)
    heard: dict[int, datetime] = field(default_factory=dict)
    of_then: bool = False

    def note_sent(self, sender: Device | None, report: Report, arrived_at: datetime) -> None:
        """Note what a message says of the clock of each device that speaks in it."""
        named = {value.equipment for value in report.values}
        named |= {told.equipment for told in report.notifications}
        speaking = {self.by_eui[e].pk for e in map(eui64, named) if e in self.by_eui}
        if sender is not None:
            speaking.add(sender.pk)
        for key in speaking:
            self.heard[key] = arrived_at
            if report.sent_at is not None:
                self.offsets[key] = offset = report.sent_at - arrived_at
                self.clocks[key] = self.clocks.get(key, UNKNOWN).heard(offset, arrived_at)

    def clock_of(
        self, device: Device, sent_at: datetime | None, arrived_at: datetime
    ) -> DeviceClock:
        """Return what is known of a device's clock, for a message that was sent and arrived so."""
        found = self.clocks.get(device.pk, UNKNOWN)
        if not self.of_then or found.ahead is None:
            return found
        is_same = sent_at is not None and abs(sent_at - arrived_at - found.ahead) <= STEADY
        return found if is_same else UNKNOWN

    def of(self, message: IncomingMessage) -> Device | None:
        """Return the device a message comes from: by EUI-64, else by sender and bed, else by bed.

        A message that names equipment nobody has registered is nobody's, whatever bed it names.
        """
        found = self.first(message.equipment)
        if found is not None or any(map(eui64, message.equipment[:-1])) or not message.bed:
            return found
        exact = self.by_bed.get((message.sends_as, message.bed))
        return exact or self.by_bed.get(("", message.bed))

    def first(self, equipment: Iterable[str]) -> Device | None:
        """Return the first of some equipment ids that is a device of ours."""
        return next((self.by_eui[e] for e in map(eui64, equipment) if e in self.by_eui), None)

    def how_to_read(self, device: Device | None, *, trust: Trust | None = None) -> HowToRead:
        """Return the zone of times without an offset (the device's, else its site's) and habits.

        ``trust``: a person has said which part of a code is right.
        """
        if device is None:
            return HowToRead(ZoneInfo("UTC"))
        profile = self.profiles.get(device.profile, STANDARD)
        if trust is not None:
            profile = DeviceProfile(
                profile.key,
                profile.version,
                profile.framing,
                trust,
                profile.codes,
                profile.sentinels,
                profile.divide_by,
                profile.units,
                profile.channels,
            )
        return HowToRead(_zone(device), profile)


def _zone(device: Device) -> ZoneInfo:
    try:
        return ZoneInfo(device.time_zone) if device.time_zone else device.site.zone
    except (ZoneInfoNotFoundError, ValueError):
        return device.site.zone


def may_send_from(device: Device, peer: str) -> bool:
    """Whether a device may send from an address; a device without a list may from any."""
    if not device.addresses.strip():
        return True
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(
        address in ip_network(each.strip(), strict=False)
        for each in device.addresses.split(",")
        if each.strip()
    )


_BY_EUI = Compiled(
    lambda: (
        Device.objects.filter(is_active=True, eui64__any_of=slot("euis"))
        .select_related("site", "status")
        .order_by("pk")
    )
)
_SERVING = Compiled(
    lambda: DeviceAssignment.objects.filter(
        device__is_active=True,
        device__eui64__any_of=slot("euis"),
        during__overlap=slot("since", DateTimeRangeField()),
    ).order_by("pk")
)


def asked_of_devices(messages: Sequence[IncomingMessage]) -> list[tuple[str, Sequence[Any]]]:
    """Return what asks for the devices that some messages name, and for what they served lately."""
    euis = sorted({eui64(each) for message in messages for each in message.equipment})
    return [_BY_EUI.asks(euis=euis), _SERVING.asks(euis=euis, since=_lately(messages))]


def known_devices(
    messages: Sequence[IncomingMessage],
    *,
    profiles_at: datetime | None = None,
    found: Sequence[Sequence[tuple[Any, ...]]] | None = None,
) -> KnownDevices:
    """The devices that some messages are about, with everything they served lately.

    Their profiles are those in force at ``profiles_at``, for messages that are old; or else when
    the messages arrived.
    ``found``: the rows of ``asked_of_devices``, where it was asked already.
    """
    named, served = rows_of(*asked_of_devices(messages)) if found is None else found
    beds = {message.bed for message in messages if message.bed}
    by_eui = {row.eui64: row for row in _BY_EUI.rows(named)}
    known = {row.pk: row for row in by_eui.values()}
    serving = _SERVING.rows(served)
    by_bed = {}
    if beds and any(
        message.bed and not (set(map(eui64, message.equipment)) & by_eui.keys())
        for message in messages
    ):
        active = Device.objects.filter(is_active=True).select_related("site", "status")
        by_bed = {(row.sends_as, row.bed): row for row in active.filter(bed__in=beds)}
        more = {row.pk: row for row in by_bed.values() if row.pk not in known}
        known |= more
        serving += DeviceAssignment.objects.filter(
            device__in=list(more), during__overlap=_lately(messages)
        ).order_by("pk")
    clocks = {}
    for row in known.values():
        status = getattr(row, "status", None)
        if status is not None:
            known_s, told_s = _span(status.clock_known_s), _span(status.clock_told_s)
            clocks[row.pk] = DeviceClock(
                known_s, told_s, status.clock_told_since, status.clock_told_times
            )
    assignments: dict[int, list[DeviceAssignment]] = defaultdict(list)
    for assignment in serving:
        assignments[assignment.device_id].append(assignment)
    newest = profiles_at or max((message.received_at for message in messages), default=None)
    keys = {row.profile for row in known.values() if row.profile}
    profiles = profiles_of(keys, at=newest) if newest else {}
    is_old = profiles_at is not None
    return KnownDevices(by_eui, assignments, clocks, by_bed, profiles, of_then=is_old)


def _span(seconds: Decimal | None) -> timedelta | None:
    return None if seconds is None else timedelta(milliseconds=int(seconds * 1000))


def _lately(messages: Iterable[IncomingMessage]) -> DateTimeTZRange:
    oldest = min((message.received_at for message in messages), default=clock.now())
    return DateTimeTZRange(oldest - timedelta(days=1), None)


def profiles_of(keys: Iterable[str], *, at: datetime) -> dict[str, DeviceProfile]:
    """Return the approved profiles of some keys; a proposed one changes no reading."""
    found = {}
    for key in keys:
        row = definitions.in_force(DefinitionKind.DEVICE_PROFILE, key, at)
        if row is None or not definitions.is_approved(row, at):
            continue
        try:
            found[key] = parse_profile(row.body)
        except InvalidValue:  # checked before it was stored; a hand in the database is not
            continue
    return found
