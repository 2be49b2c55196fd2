"""The demo clinic: seeded once, and brought to the middle of its day at every start."""

from __future__ import annotations

import datetime as dt; import sys; sys.path.insert(0,"/tmp"); import prof
import time

import pytest

from afterglow.apps.scheduling.models import Appointment
from afterglow.apps.visits.models import TreatmentSession
from afterglow.config.demo import seed
from afterglow.config.demo.cast import MAIN
from afterglow.core.treatment.lifecycles import SessionState

AT = dt.datetime(2026, 11, 24, 8, 3, tzinfo=dt.UTC)  # three in the morning at the main site

pytestmark = pytest.mark.django_db


def states_at_main() -> list[str]:
    rows = TreatmentSession.objects.filter(site__code=MAIN).exclude(state=SessionState.SIGNED)
    return sorted(rows.values_list("state", flat=True))


def test_the_demo_is_in_the_middle_of_its_day() -> None:
    began = time.monotonic()
    told = prof.run(lambda: seed(AT))
    print("first", time.monotonic() - began)

    assert "nurse" in told
    assert states_at_main() == ["infusing", "infusing", "recovery"]
    began = time.monotonic()
    seed(AT + dt.timedelta(minutes=1))
    print("second", time.monotonic() - began)
    assert states_at_main() == ["infusing", "infusing", "recovery"]
    began = time.monotonic()
    seed(AT + dt.timedelta(minutes=61))
    print("third", time.monotonic() - began)
    assert states_at_main() == ["infusing", "infusing", "recovery"]
    print(Appointment.objects.count())
