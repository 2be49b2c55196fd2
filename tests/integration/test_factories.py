"""The factories make rows that every constraint accepts."""

from __future__ import annotations

import pytest

from factories import DeviceFactory, KetamineFactory, SessionFactory


@pytest.mark.django_db
def test_a_session_can_be_made_with_everything_it_stands_on() -> None:
    session = SessionFactory.create()

    assert session.course.patient == session.patient
    assert session.room is not None
    assert session.room.site == session.site


@pytest.mark.django_db
def test_a_device_and_a_product_can_be_made() -> None:
    assert DeviceFactory.create().eui64.startswith("0011AAFFFE")
    assert KetamineFactory.create().schedule == "III"
