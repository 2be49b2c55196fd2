"""What the charter keeps in mind gives the same alarms as reading everything again."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from afterglow.apps.monitoring import extension, facts, services
from afterglow.apps.monitoring.extension import InfusionCourse
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.monitoring.windows import SLACK, Windows
from afterglow.core.monitoring.alarms import AlarmFacts, evaluate
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.readings import lines_of
from afterglow.db import months
from afterglow.web import clock
from support.clinic_messages import PULSE, SPO2, SYSTOLIC, Bed, arrive, bed, later, oru
from support.months import store_in

pytestmark = pytest.mark.django_db

SIGNS = {SPO2: (84, 99), PULSE: (45, 140), SYSTOLIC: (85, 190)}


class Day:
    """Things that happen to a session, drawn by a seed; time mostly goes on."""

    def __init__(self, seed: int, here: Bed) -> None:
        self.draw = random.Random(seed)  # noqa: S311 (a test's choices)
        self.here = here
        self.at = later(1)
        self.count = 0

    def step(self) -> None:
        """Let one thing happen."""
        self.at += timedelta(seconds=self.draw.choice([0, 1, 1, 2, 5, 40, 170]))
        what = self.draw.choices(
            [self.message, self.late, self.early, self.hand, self.mark, self.rest],
            weights=[10, 3, 1, 2, 3, 1],
        )[0]
        what()

    def message(self, measured_at: datetime | None = None) -> None:
        self.count += 1
        values: dict[str, str | None] = {
            name: str(self.draw.randint(*SIGNS[name]))
            for name in self.draw.sample(sorted(SIGNS), self.draw.randint(1, 3))
        }
        if self.draw.random() < 0.15:
            values[SPO2] = self.draw.choice(["5", "-100"])  # kept and flagged, or no value at all
        raw = oru(
            self.here.monitor,
            values,
            at=self.at,
            control_id=f"{self.count}",
            measured_at=measured_at,
        )
        arrive(raw, at=self.at)

    def late(self) -> None:
        self.message(self.at - timedelta(seconds=self.draw.choice([3, 30, 55])))

    def early(self) -> None:
        self.message(self.at + timedelta(seconds=60))

    def hand(self) -> None:
        services.record_vital_signs_by_hand(
            session=self.here.session.public_id,
            readings={VitalSignCode.SYSTOLIC: Decimal(self.draw.randint(90, 190))},
            taken_at=self.at - timedelta(seconds=self.draw.choice([0, 20])),
            by=self.here.clinician,
            at=self.at,
            key=uuid4(),
        )

    def mark(self) -> None:
        signs = list(VitalSign.objects.order_by("-pk").values_list("pk", flat=True)[:6])
        if signs:
            services.mark_artefact(
                reading=self.draw.choice(signs),
                is_artefact=self.draw.random() < 0.7,
                reason="moved",
                by=self.here.clinician,
                at=self.at,
            )

    def rest(self) -> None:
        self.at += timedelta(minutes=6)


def judged(found: AlarmFacts, here: Bed, at: datetime) -> object:
    """Return what the rules make of some facts, and the facts that are compared as they are."""
    return (
        evaluate(found, rules_of(here.session), at),
        found.baseline,
        found.devices,
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_window_kept_in_mind_is_the_window_that_is_read(seed: int) -> None:
    here = bed()
    day, windows = Day(seed, here), Windows()
    told: dict[int, InfusionCourse] = {}
    before = extension.tell_course(lambda keys, at: told)
    try:
        for number in range(40):
            day.step()
            if number == 15:
                told[here.session.pk] = InfusionCourse(started=day.at)
            full = facts.alarms([here.session], day.at, with_schedule=False)[here.session.pk]
            windows.refresh([here.session.pk], at=day.at)
            kept = facts.alarms([here.session], day.at, with_schedule=False, windows=windows)[
                here.session.pk
            ]

            assert kept.lines is not None
            assert {k: list(v) for k, v in kept.lines.items()} == lines_of(full.readings, at=day.at)
            assert judged(kept, here, day.at) == judged(full, here, day.at)
    finally:
        extension.tell_course(before)


def test_a_clock_that_was_set_back_is_answered_from_the_rows() -> None:
    here = bed()
    day, windows = Day(1, here), Windows()
    for _ in range(3):
        day.message()
        day.at += timedelta(seconds=1)
    windows.refresh([here.session.pk], at=later(120))
    facts.alarms([here.session], later(120), with_schedule=False, windows=windows)

    windows.refresh([here.session.pk], at=day.at)
    kept = facts.alarms([here.session], day.at, with_schedule=False, windows=windows)
    full = facts.alarms([here.session], day.at, with_schedule=False)

    pk = here.session.pk
    assert judged(kept[pk], here, day.at) == judged(full[pk], here, day.at)
    assert full[pk].readings


def test_what_is_new_is_read_and_nothing_twice() -> None:
    here = bed()
    windows = Windows()
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(1), control_id="1"), at=later(1))
    windows.refresh([here.session.pk], at=later(1))
    arrive(oru(here.monitor, {SPO2: "96"}, at=later(2), control_id="2"), at=later(2))

    with CaptureQueriesContext(connection) as asked:
        windows.refresh([here.session.pk], at=later(2))

    assert len(asked) == 2  # what is new, and whether anything was marked
    (line,) = windows.lines(here.session.pk, at=later(2)).values()
    assert [reading.value for reading in line] == [97, 96]


def test_what_has_left_every_window_is_let_go_but_for_the_last_of_each_sign() -> None:
    here = bed()
    windows = Windows()
    arrive(oru(here.monitor, {SPO2: "97"}, at=later(1), control_id="1"), at=later(1))
    first = VitalSign.objects.get()
    windows.refresh([here.session.pk], at=later(1))
    VitalSign.objects.bulk_create(
        VitalSign(
            session=here.session,
            batch=first.batch,
            code=first.code,
            value=first.value,
            unit=first.unit,
            source=first.source,
            taken_at=later(1, seconds=n),
            arrived_at=first.arrived_at,
            device=first.device,
            message=first.message,
        )
        for n in range(1, SLACK + 20)
    )

    windows.refresh([here.session.pk], at=later(60))

    assert windows.lines(here.session.pk, at=later(60)) == {}
    assert [each[:2] for each in windows.signals(here.session.pk, at=later(60))] == [
        ("spo2", later(1, seconds=SLACK + 19))
    ]
    assert windows.kept < 5


def test_a_clock_set_back_over_the_end_of_a_month_hides_no_reading() -> None:
    here = bed()
    windows = Windows()
    now = clock.now()
    to_come = months.first_day_of(months.number_of(now.date()) + 1)
    ahead = store_in(to_come, here).reading
    windows.refresh([here.session.pk], at=later(1))
    for number, value in enumerate(("88", "87"), 2):
        at = later(number)
        arrive(oru(here.monitor, {SPO2: value}, at=at, control_id=f"{number}"), at=at)
        windows.refresh([here.session.pk], at=at)

        (line,) = windows.lines(here.session.pk, at=at).values()
        assert str(line[-1].value.normalize()) == value
    assert VitalSign.objects.latest("pk") == ahead, "the highest number is of the month to come"
