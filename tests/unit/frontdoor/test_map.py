"""The drawn map: where places lie on it, and when it shows a country or only a distance."""

from __future__ import annotations

import pytest

from afterglow.core.errors import InvalidValue
from afterglow.core.frontdoor_map import WIDTH, Spot, draw, span_km

SQUARE = {
    "lands": [[(-100.0, 30.0), (-80.0, 30.0), (-80.0, 45.0), (-100.0, 45.0)]],
    "waters": [[(-90.0, 40.0), (-88.0, 40.0), (-88.0, 42.0)]],
}
EAST, WEST = Spot("East", 40.0, -81.0), Spot("West", 35.0, -99.0)


def test_no_place_gives_no_map() -> None:
    assert draw([], SQUARE) is None


def test_places_far_apart_stand_on_the_outline_where_they_are() -> None:
    found = draw([EAST, WEST], SQUARE)

    assert found is not None
    assert (len(found.lands), len(found.waters), found.bar_km) == (1, 1, 0)
    east, west = found.pins
    assert 0 < west.x < east.x < WIDTH
    assert 0 < east.y < west.y < found.height
    assert (east.left, west.left) == (True, False)
    corner = float(found.lands[0][1:].split()[0])
    assert 0 < corner < WIDTH / 20, "the coast does not touch the frame"


def test_places_near_each_other_stand_beside_a_scale_and_no_outline() -> None:
    near = Spot("Next door", 40.02, -81.03)
    found = draw([EAST, near], SQUARE)

    assert found is not None
    assert found.lands == ()
    first, second = found.pins
    drawn = ((first.x - second.x) ** 2 + (first.y - second.y) ** 2) ** 0.5
    km = drawn * found.bar_km / found.bar
    assert km == pytest.approx(3.4, abs=0.1)
    assert 0 < found.bar <= WIDTH / 4


def test_one_place_stands_in_the_middle() -> None:
    found = draw([EAST], SQUARE)

    assert found is not None
    assert found.pins[0].x == pytest.approx(WIDTH / 2, abs=1)
    assert found.bar_km == 1


def test_a_place_off_the_outline_gets_no_outline() -> None:
    found = draw([EAST, Spot("Far", 10.0, 20.0)], SQUARE)

    assert found is not None
    assert found.lands == ()
    assert all(0 <= pin.x <= WIDTH and 0 <= pin.y <= found.height for pin in found.pins)


def test_a_place_that_is_not_on_the_globe_is_named() -> None:
    with pytest.raises(InvalidValue, match="Nowhere at 91"):
        draw([Spot("Nowhere", 91.0, 0.0)], SQUARE)


def test_the_span_is_measured_at_the_middle_latitude() -> None:
    assert span_km([Spot("a", 60.0, 0.0), Spot("b", 60.0, 10.0)]) == pytest.approx(556, abs=1)
