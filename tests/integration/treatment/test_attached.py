"""The start page says what the protocol wants attached and no device of the session sends."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from afterglow.apps.treatment.facts.readiness import readiness
from afterglow.apps.treatment.models import CheckIn
from afterglow.core.quantities import Height
from afterglow.core.treatment.attached import AttachedFacts
from afterglow.core.treatment.facts import Cpap
from afterglow.web import clock
from support.clinic_messages import arrive, oru
from support.infusion_day import Day, ready

pytestmark = pytest.mark.django_db


def facts(day: Day, at: dt.datetime) -> AttachedFacts:
    found = readiness(day.refreshed(), at=at).of(AttachedFacts)
    assert found is not None
    return found


def test_capnography_is_asked_for_until_a_device_sends_it(client: Client) -> None:
    day = ready()
    CheckIn.objects.filter(session=day.session).update(cpap=Cpap.BROUGHT)
    client.force_login(day.clinician, backend="django.contrib.auth.backends.ModelBackend")
    at = day.started - dt.timedelta(minutes=1)

    with clock.fixed(at):
        before = client.get(reverse("treatment:ready", args=[day.id])).content.decode()
    arrive(oru(day.monitor, {"MDC_AWAY_CO2_ET": "38"}, at=at, control_id="1"), at=at)
    with clock.fixed(at):
        after = client.get(reverse("treatment:ready", args=[day.id])).content.decode()

    words = "The protocol asks for end-tidal carbon dioxide (sleep apnoea), and no device sends it."
    assert words in before
    assert words not in after


def test_the_grounds_come_from_scale_order_list_and_door() -> None:
    day = ready()
    at = day.started

    plain = facts(day, at)
    CheckIn.objects.filter(session=day.session).update(cpap=Cpap.FORGOTTEN)
    type(day.session.patient).objects.filter(pk=day.session.patient.pk).update(
        height_cm=Height.cm("140")
    )
    heavy = facts(day, at)

    assert (plain.sleep_apnoea, heavy.sleep_apnoea) == (False, True)
    assert plain.dose == day.order.dose_mg_per_kg
    assert heavy.bmi is not None
    assert str(heavy.bmi) == "35.9"
    assert plain.sent == frozenset()
