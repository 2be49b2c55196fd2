"""The day that other tests stand on: it reaches READY and INFUSING by the real services."""

from __future__ import annotations

import pytest

from afterglow.apps.treatment.services.deciding import readiness_decision
from afterglow.core.treatment.lifecycles import InfusionState, SessionState
from support.infusion_day import infusing, ready

pytestmark = pytest.mark.django_db


def test_a_ready_day_has_nothing_that_blocks_the_start() -> None:
    day = ready()

    decision = readiness_decision(day.session, at=day.started)

    assert decision.blockers == ()
    assert day.session.state == SessionState.READY


def test_an_infusing_day_runs_at_the_prepared_rate() -> None:
    day = infusing()

    assert day.preparation is not None
    assert day.session.state == SessionState.INFUSING
    assert day.infusion.state == InfusionState.RUNNING
    assert [a.rate_ml_per_h for a in day.infusion.actions.all()] == [day.preparation.rate_ml_per_h]
