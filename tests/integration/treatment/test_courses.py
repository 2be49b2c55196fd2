"""What monitoring is told of an infusion."""

from __future__ import annotations

import pytest

from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.monitoring import services
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.treatment.courses import courses
from afterglow.apps.treatment.models import Infusion
from afterglow.apps.treatment.services.rates import most_of
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.errors import InvalidValue
from factories import definition
from support.day_steps import take_vitals
from support.infusion_day import infusing

pytestmark = pytest.mark.django_db


def test_a_protocol_whose_dosing_cannot_be_read_costs_no_alarm() -> None:
    day = infusing()
    healthy = courses([day.session.pk], day.minute(2))[day.session.pk]
    body = day.session.protocol.body
    broken = definition(
        DefinitionKind.DOSING_PROTOCOL, "iv_ketamine_adult", {**body, "dosing": {}}, version=99
    )
    TreatmentSession.objects.filter(pk=day.session.pk).update(protocol=broken)
    row = day.refreshed()
    with pytest.raises(InvalidValue):
        most_of(row, Infusion.objects.get(session=row).preparation)

    take_vitals(day, at=day.minute(2), spo2=80)
    services.refresh_alarms(session=day.id, at=day.minute(2))

    assert Alarm.objects.filter(session=row, condition="SPO2_LOW", ended_at=None).exists()
    told = courses([row.pk], day.minute(2))[row.pk]
    assert healthy.at_most is not None
    assert (told.at_most, told.rates, told.started) == (None, healthy.rates, healthy.started)
