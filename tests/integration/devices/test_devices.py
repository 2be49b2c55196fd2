"""Devices are registered, changed and placed; two of one EUI-64 do not exist."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.accounts.models import RoleGrant
from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.devices import queries, services
from afterglow.apps.devices.models import Device, DeviceKind
from afterglow.apps.devices.services import DeviceWords
from afterglow.apps.monitoring import services as monitoring
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.permission import Forbidden
from afterglow.core.roles import Role
from afterglow.db.models import StaleRow
from afterglow.web import clock
from factories import RoomFactory, SiteFactory, staff
from support.clinic_messages import SPO2, arrive, bed, later, oru

pytestmark = pytest.mark.django_db


def words(**changes: object) -> DeviceWords:
    values = {"kind": DeviceKind.MONITOR, "name": "Monitor A", "eui64": "00:11:aa:ff:fe:22:33:44"}
    return DeviceWords(**{**values, **changes})  # type: ignore[arg-type]


def registered(site: Site) -> Device:
    return services.register_device(
        site=site.public_id, words=words(), by=staff(Role.ADMINISTRATOR), at=later(0)
    )


def test_an_eui64_is_kept_in_one_form_however_it_was_typed() -> None:
    device = registered(SiteFactory.create())

    assert device.eui64 == "0011AAFFFE223344"
    assert AuditEntry.objects.filter(action="device-registered").exists()


@pytest.mark.parametrize("eui64", ["", "0011AAFFFE22334", "0011AAFFFE22334G", "0" * 17])
def test_what_is_no_eui64_is_refused_with_what_was_seen(eui64: str) -> None:
    with pytest.raises(InvalidValue, match="is not an EUI-64"):
        words(eui64=eui64)


def test_a_time_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidValue, match="is not a time zone"):
        words(time_zone="America/Atlantis")


def test_a_second_device_of_the_same_eui64_is_refused() -> None:
    site = SiteFactory.create()
    registered(site)

    with pytest.raises(InvalidValue, match="belongs to Monitor A already"):
        registered(site)


def test_a_clinician_does_not_edit_devices() -> None:
    device = registered(SiteFactory.create())

    with pytest.raises(Forbidden):
        services.edit_device(
            device=device.public_id, words=words(), by=staff(Role.MONITOR), at=later(1)
        )


def test_two_people_never_overwrite_each_other() -> None:
    device = registered(SiteFactory.create())
    by = staff(Role.ADMINISTRATOR)
    call = {"device": device.public_id, "by": by, "at": later(1), "seen": 1}

    services.edit_device(**call, words=words(name="Monitor B"))  # type: ignore[arg-type]

    with pytest.raises(StaleRow):
        services.edit_device(**call, words=words(name="Monitor C"))  # type: ignore[arg-type]


def test_a_device_stands_in_the_room_it_was_moved_to_last() -> None:
    site = SiteFactory.create()
    device, by = registered(site), staff(Role.ADMINISTRATOR)
    first, second = RoomFactory.create(site=site), RoomFactory.create(site=site)
    for minute, room in ((1, first), (2, second), (2, second)):
        services.place_device(device=device.public_id, room=room.public_id, by=by, at=later(minute))

    assert queries.room_of(device, at=later(1.5)) == first
    assert queries.room_of(device, at=later(3)) == second
    assert device.placements.count() == 2


def test_a_room_of_another_site_is_refused() -> None:
    device = registered(SiteFactory.create())

    with pytest.raises(InvalidValue, match="is not a room of"):
        services.place_device(
            device=device.public_id,
            room=RoomFactory.create().public_id,
            by=staff(Role.ADMINISTRATOR),
            at=later(1),
        )


def test_the_pages_register_place_and_list_a_device(client: Client) -> None:
    site = SiteFactory.create()
    room = RoomFactory.create(site=site)
    client.force_login(
        staff(Role.ADMINISTRATOR, site=site),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    form = {"kind": "monitor", "name": "Monitor A", "eui64": "bad", "is_active": "on"}
    new = reverse("devices:new-device", args=[site.public_id])

    bad = client.post(new, form)
    good = client.post(new, {**form, "eui64": "0011AAFFFE223344"})
    device = Device.objects.get()
    placed = client.post(
        reverse("devices:place", args=[device.public_id]), {"room": str(room.public_id)}
    )
    shown = client.get(reverse("devices:device", args=[device.public_id]))
    listed = client.get(reverse("devices:devices"))

    assert (bad.status_code, good.status_code, placed.status_code) == (422, 302, 302)
    assert b"is not an EUI-64" in bad.content
    assert shown.status_code == 200
    assert room.name.encode() in listed.content


def test_a_device_without_an_id_is_given_one_and_keeps_it() -> None:
    site, by = SiteFactory.create(), staff(Role.ADMINISTRATOR)
    bare = words(eui64="", bed="INFUSION^CHAIR3^1")
    device = services.register_device(site=site.public_id, words=bare, by=by, at=later(0))

    services.edit_device(
        device=device.public_id,
        words=words(eui64="", bed="INFUSION^CHAIR3^1", name="Old monitor"),
        by=by,
        at=later(1),
    )

    after = Device.objects.get()
    assert services.is_own_id(after.eui64)
    assert (after.eui64, after.name) == (device.eui64, "Old monitor")
    with pytest.raises(InvalidValue, match="belongs to Old monitor already"):
        services.register_device(site=site.public_id, words=bare, by=by, at=later(2))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"addresses": "10.0.0.1, kitchen"}, "'kitchen' is not an address"),
        ({"messages_per_s": 0}, "0 messages a second is too few"),
        (
            {"serviced_on": date(2026, 5, 2), "service_due_on": date(2026, 5, 1)},
            "Service would be due on 01 May 2026, before it was done on 02 May 2026",
        ),
    ],
)
def test_what_a_device_cannot_be_is_said(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidValue, match=sentence):
        words(**changes)


def test_the_page_of_a_device_says_whom_it_served_and_when_it_was_heard(client: Client) -> None:
    here = bed()
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(5), control_id="1"), at=later(4, 30))
    monitoring.release_devices(session=here.session.public_id, by=here.clinician, at=later(6))
    Device.objects.filter(pk=here.monitor.pk).update(
        serial="SN-7", serviced_on=date(2026, 1, 5), service_due_on=date(2026, 2, 5)
    )
    client.force_login(
        staff(Role.ADMINISTRATOR, site=here.session.site),
        backend="django.contrib.auth.backends.ModelBackend",
    )

    page = client.get(reverse("devices:device", args=[here.monitor.public_id])).content.decode()
    listed = client.get(reverse("devices:devices")).content.decode()

    assert here.session.room is not None
    for words_shown in ("SN-7", "5 Feb 2026", "30 s ahead", here.session.room.name, "discharge"):
        assert words_shown in page
    assert "overdue" in listed
    assert here.session.patient.family_name not in page


def test_the_list_is_of_the_chosen_site_and_says_how_long_ago(client: Client) -> None:
    here, elsewhere = bed(), bed()
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(1), control_id="1"), at=later(1))
    engineer = staff(Role.ADMINISTRATOR, site=here.session.site)
    RoleGrant.objects.create(
        account=engineer,
        role=Role.ADMINISTRATOR,
        site=elsewhere.session.site,
        starts_on="2020-01-01",
    )
    client.force_login(engineer, backend="django.contrib.auth.backends.ModelBackend")
    url = reverse("devices:devices")

    with clock.fixed(later(23)):
        chosen = client.post(
            reverse("accounts:choose-site"), {"site": str(here.session.site.public_id)}
        )
        listed = client.get(url).content.decode()
        everywhere = client.get(url, {"sites": "all"}).content.decode()

    assert chosen.status_code == 302
    assert here.monitor.name in listed
    assert elsewhere.monitor.name not in listed
    assert elsewhere.monitor.name in everywhere
    assert "22 min ago" in listed
