"""Totals over rate changes, pauses and a stop, and the pump against the chart."""

from datetime import UTC, datetime, timedelta

import pytest

from afterglow.core.decisions import Overrider
from afterglow.core.dosing import (
    Bag,
    Diluent,
    Draw,
    RateFrom,
    Segment,
    Source,
    completes_at,
    delivered,
    given_by_pump,
    given_so_far,
    reconcile,
    segments,
)
from afterglow.core.errors import InvalidValue
from afterglow.core.quantities import (
    BodyMass,
    Concentration,
    Dose,
    DosePerMass,
    Duration,
    Rate,
    Volume,
)
from support.dosing import RULES

START = datetime(2026, 11, 23, 18, 35, tzinfo=UTC)
BAG = Bag(Draw(Volume.ml("0.7"), Concentration.mg_per_ml(50)), Diluent(Volume.ml(100)))
SHORT = Bag(
    Draw(Volume.ml("0.7"), Concentration.mg_per_ml(50)),
    Diluent(Volume.ml(100), residual=Volume.ml(5), line=Volume.ml(15)),
)


def minute(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def course(*changes: tuple[float, str]) -> list[RateFrom]:
    return [RateFrom(minute(at), Rate.ml_per_h(rate)) for at, rate in changes]


EVENTFUL = course((0, "150"), (10, "90"), (15, "0"), (20, "90"), (30, "0"))


@pytest.mark.parametrize(
    ("at", "ml", "mg"),
    [
        (-5, "0", "0"),
        (0, "0", "0"),
        (4, "10", "3.5"),
        (10, "25", "8.75"),
        (15, "32.5", "11.375"),
        (18, "32.5", "11.375"),
        (30, "47.5", "16.625"),
        (90, "47.5", "16.625"),
    ],
)
def test_given_so_far_follows_every_change_pause_and_stop(at: float, ml: str, mg: str) -> None:
    given = given_so_far(BAG, EVENTFUL, at=minute(at))

    assert given.volume == Volume.ml(ml)
    assert given.dose == Dose.mg(mg)
    assert given.dose + given.remaining + given.left_behind == BAG.drawn
    assert given.source is Source.CHARTED


def test_given_per_kilogram() -> None:
    given = given_so_far(BAG, EVENTFUL, at=minute(90))

    assert given.per(BodyMass.kg(70)) == DosePerMass.mg_per_kg("0.2375")


def test_given_never_passes_what_the_bag_can_deliver() -> None:
    given = given_so_far(SHORT, course((0, "150")), at=minute(60))

    assert given.volume == Volume.ml(80)
    assert given.dose == Dose.mg(28)
    assert given.remaining == Dose.mg(0)
    assert given.left_behind == Dose.mg(7)
    assert given.beyond_bag == Volume.ml(70)


def test_the_stretches_of_a_course() -> None:
    parts = segments(EVENTFUL, until=minute(12))

    assert parts == (
        Segment(Rate.ml_per_h(150), Duration.minutes(10)),
        Segment(Rate.ml_per_h(90), Duration.minutes(2)),
    )
    assert delivered(parts) == Volume.ml(28)
    assert segments([], until=START) == ()


def test_changes_out_of_order_or_at_one_moment_are_refused() -> None:
    with pytest.raises(InvalidValue, match="each must be later"):
        segments(course((0, "150"), (0, "90")), until=minute(5))
    with pytest.raises(InvalidValue, match="no time zone"):
        RateFrom(START.replace(tzinfo=None), Rate.ml_per_h(1))


def test_when_the_bag_will_be_empty() -> None:
    assert completes_at(BAG, course((0, "150")), at=minute(5)) == minute(40)
    assert completes_at(BAG, course((0, "150"), (20, "75")), at=minute(21)) == minute(60)
    assert completes_at(BAG, EVENTFUL, at=minute(16)) is None
    assert completes_at(BAG, EVENTFUL, at=minute(-1)) is None


def test_the_pump_outranks_the_chart() -> None:
    result = reconcile(BAG, EVENTFUL, Volume.ml(47), at=minute(60), rules=RULES)

    assert result.decision.allowed
    assert result.difference == Volume.ml("0.5")
    assert result.settled == given_by_pump(BAG, Volume.ml(47))
    assert result.settled.dose == Dose.mg("16.45")
    assert result.charted.dose == Dose.mg("16.625")


def test_without_a_pump_report_the_chart_counts() -> None:
    result = reconcile(BAG, EVENTFUL, None, at=minute(60), rules=RULES)

    assert result.pump is None
    assert result.settled is result.charted
    assert result.decision.reasons == ()


@pytest.mark.parametrize(
    ("pump", "codes"),
    [
        ("46.5", ()),
        ("48.5", ()),
        ("46.4", ("PUMP_DIFFERS_FROM_CHART",)),
        ("48.6", ("PUMP_DIFFERS_FROM_CHART",)),
        ("101", ("PUMP_DIFFERS_FROM_CHART",)),
        ("103", ("PUMP_BEYOND_BAG", "PUMP_DIFFERS_FROM_CHART")),
    ],
)
def test_a_difference_above_the_tolerance_must_be_resolved(
    pump: str, codes: tuple[str, ...]
) -> None:
    result = reconcile(BAG, EVENTFUL, Volume.ml(pump), at=minute(60), rules=RULES)

    assert result.decision.codes == codes
    assert {r.overridable_by for r in result.decision} <= {Overrider.PRESCRIBER}


def test_a_stop_charted_too_late_is_seen_against_the_bag() -> None:
    result = reconcile(BAG, course((0, "150")), None, at=minute(60), rules=RULES)

    assert result.decision.codes == ("CHART_BEYOND_BAG",)
    assert "150 mL" in result.decision.reasons[0].sentence
