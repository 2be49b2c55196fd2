"""A graph draws what was believed, breaks where something is missing, and hides no dip."""

from __future__ import annotations

from decimal import Decimal

import pytest

from afterglow.apps.monitoring import queries
from afterglow.apps.monitoring.models import VitalSign
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.readings import Source
from support.clinic_messages import SPO2, Bed, arrive, bed, later, oru

pytestmark = pytest.mark.django_db


def saturations(here: Bed, values: dict[float, str]) -> None:
    for second, value in values.items():
        at = later(0, second)
        arrive(oru(here.monitor, {SPO2: value}, at=at, control_id=f"t{second}"), at=at)


def test_a_missing_stretch_breaks_the_line() -> None:
    here = bed()
    saturations(here, {10: "97", 20: "96", 400: "95"})

    [line] = queries.trend(here.session, since=later(0), until=later(10))

    assert line.values == (Decimal(97), Decimal(96), None, Decimal(95))
    assert (line.sign, line.source) == (VitalSignCode.SPO2, Source.DEVICE)


def test_what_is_not_believed_is_not_drawn() -> None:
    here = bed()
    saturations(here, {10: "97", 20: "3", 30: "96"})

    [line] = queries.trend(here.session, since=later(0), until=later(10))

    assert line.values == (Decimal(97), Decimal(96))
    assert VitalSign.objects.count() == 3


def test_a_long_line_is_thinned_and_keeps_its_lowest_value() -> None:
    here = bed()
    VitalSign.objects.bulk_create(
        VitalSign(
            session=here.session,
            batch=here.session.public_id,
            code="spo2",
            value=Decimal(71 if second == 1234 else 97),
            unit="%",
            source=Source.HAND,
            taken_at=later(0, second),
            arrived_at=later(0, second),
            by=here.clinician,
        )
        for second in range(3600)
    )

    [line] = queries.trend(here.session, since=later(0), until=later(60), points=200)

    assert len(line.values) <= 210
    assert Decimal(71) in line.values
