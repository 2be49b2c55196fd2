"""The predicted level under the vital signs: from which rates, recomputed when, hidden where."""

from __future__ import annotations

import uuid
from decimal import Decimal

import numpy as np
import pytest
from django.test import Client

from afterglow.apps.audit.models import AuditEntry
from afterglow.apps.devices.models import MessageOutcome, RawMessage
from afterglow.apps.monitoring.models import PumpReading
from afterglow.apps.places import services as places
from afterglow.apps.places.services import SiteWords
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.predicting import Told, body_of, dose_history
from afterglow.apps.treatment.queries import mass_today
from afterglow.apps.treatment.services import infusions
from afterglow.core.pharmacology import BaseMass, Regimen, simulate
from afterglow.core.quantities import Rate
from afterglow.core.roles import Role
from afterglow.core.treatment.endings import InfusionEnding
from afterglow.web import clock
from factories import staff
from support import pk_definitions
from support.infusion_day import Day, infusing

pytestmark = pytest.mark.django_db


@pytest.fixture
def day() -> Day:
    pk_definitions.seed()
    return infusing()


def act(day: Day, kind: PumpActionKind, minute: float, rate: str = "") -> None:
    last = day.infusion.actions.order_by("-sequence").first()
    assert last is not None
    infusions.act_on_pump(
        session=day.id,
        kind=kind,
        rate=Rate.ml_per_h(rate) if rate else None,
        by=day.clinician,
        at=day.minute(minute),
        key=uuid.uuid4(),
        seen_sequence=last.sequence,
    )


def pump_says(day: Day, minute: float, rate: str) -> None:
    at = day.minute(minute)
    message = RawMessage.objects.create(
        received_at=at,
        peer="127.0.0.1",
        port=2575,
        content=b"MSH|",
        sha256=uuid.uuid4().hex * 2,
        control_id=str(uuid.uuid4()),
        device=day.pump,
        outcome=MessageOutcome.CHARTED,
    )
    PumpReading.objects.create(
        session=day.session,
        device=day.pump,
        message=message,
        taken_at=at,
        arrived_at=at,
        rate_ml_per_h=Rate.ml_per_h(rate),
    )


def slot(day: Day, minute: float) -> str:
    client = Client()
    client.force_login(day.clinician)
    with clock.fixed(day.minute(minute)):
        response = client.get(f"/sessions/{day.id}/infusion/predicted/")
    assert response.status_code == 200
    return response.content.decode().replace("\xa0", " ")


def area(page: str) -> str:
    return page.partition('class="pk-band pk-plasma-first" d="')[2].partition('"')[0]


def test_the_charted_course_is_the_dose_history(day: Day) -> None:
    running = dose_history(day.infusion, at=day.minute(10))
    act(day, PumpActionKind.PAUSE, 20)
    paused = dose_history(day.infusion, at=day.minute(25))
    mass = mass_today(day.session)
    assert mass is not None

    assert running.told_by is Told.CHART
    assert running.stopped_min is None
    assert running.regimen.base_mg == pytest.approx(
        float(day.infusion.preparation.drawn_mg.value), rel=0.01
    )
    assert paused.stopped_min == pytest.approx(20)
    assert paused.regimen.base_mg == pytest.approx(running.regimen.base_mg / 2, rel=0.02)
    level = simulate("otto2021", paused.regimen, [20.0], patient=body_of(day.session, mass))
    same = simulate(
        "otto2021",
        Regimen.constant(BaseMass(paused.regimen.base_mg), over_min=20),
        [20.0],
        patient=body_of(day.session, mass),
    )
    np.testing.assert_allclose(level["ketamine"], same["ketamine"], rtol=1e-9)


def test_the_pump_outranks_the_chart_for_the_time_it_spoke_of(day: Day) -> None:
    pump_says(day, 2, "30")
    pump_says(day, 3, "30")
    pump_says(day, 9, "30")
    told = dose_history(day.infusion, at=day.minute(10))
    charted_rate = day.infusion.actions.get().rate_ml_per_h.value
    act(day, PumpActionKind.PAUSE, 12)
    charted_later = dose_history(day.infusion, at=day.minute(13))
    pump_says(day, 14, "30")
    still_runs = dose_history(day.infusion, at=day.minute(15))

    strength = float(day.infusion.preparation.concentration_mg_per_ml.value)
    assert told.told_by is Told.PUMP
    first, second = told.regimen.events
    assert first.mg_per_min == pytest.approx(float(charted_rate) * strength / 60)  # type: ignore[union-attr]
    assert second.mg_per_min == pytest.approx(30 * strength / 60)  # type: ignore[union-attr]
    assert charted_later.stopped_min == pytest.approx(12)
    assert still_runs.stopped_min is None


def test_the_band_changes_with_a_rate_and_after_the_stop_and_is_kept_between(day: Day) -> None:
    before, again = slot(day, 30), slot(day, 30.4)
    rate = day.infusion.actions.get().rate_ml_per_h.value
    act(day, PumpActionKind.CHANGE_RATE, 31, str(rate - Decimal(10)))
    changed = slot(day, 32)
    infusions.record_pump_stopped(
        session=day.id,
        ending=InfusionEnding.STOPPED_BY_CLINICIAN,
        by=day.clinician,
        at=day.minute(35),
        key=uuid.uuid4(),
    )
    stopped = slot(day, 36)

    assert "Modelled, secondary" in before
    assert "if stopped now, under 100" in before
    assert "proposed, not approved" in before
    assert "Reckoned from the charted rates" in before
    assert area(before) == area(again) != area(changed) != area(stopped)
    assert "Drug stopped at" in stopped
    assert "under 100 after the stop" in stopped
    assert "Bowdle 1998" in stopped


def test_a_site_may_hide_it_and_the_change_is_on_record(day: Day) -> None:
    with clock.fixed(day.minute(5)):
        client = Client()
        client.force_login(day.clinician)
        shown = client.get(f"/sessions/{day.id}/infusion/").content.decode()
        admin = staff(Role.ADMINISTRATOR, site=day.site)
        words = {name: getattr(day.site, name) for name in SiteWords.__dataclass_fields__}
        places.edit_site(
            site=day.site.public_id,
            words=SiteWords(**words | {"shows_predicted_level": False}),
            by=admin,
            at=day.minute(5),
            on=day.site.local_date(day.minute(5)),
        )
        hidden = client.get(f"/sessions/{day.id}/infusion/").content.decode()

    assert shown.count('data-slot="predicted-level"') == 1
    assert "pk-band" not in shown  # the page itself predicts nothing
    assert 'data-slot="predicted-level"' not in hidden
    assert slot(day, 6).strip() == ""
    entry = AuditEntry.objects.get(action="site-changed")
    assert entry.detail["shows_predicted_level"] == [True, False]


def test_a_weight_outside_the_model_draws_nothing_and_says_why() -> None:
    pk_definitions.seed()
    day = infusing(kg="162", mg_per_kg="0.3")
    page = slot(day, 10)

    assert "nothing is drawn" in page
    assert "weight 162 kg; limit 40 to 160 kg" in page
    assert "pk-band" not in page
