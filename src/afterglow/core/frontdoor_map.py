"""Where places lie on a small drawn map. No tiles, no calls: an outline and some points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Final

from afterglow.core.errors import InvalidValue

Point = tuple[float, float]
WIDTH: Final = 960
"""Width of the drawing in its own units."""
KM_PER_DEGREE: Final = 111.2
COUNTRY_FROM_KM: Final = 400.0
"""Places further apart than this are shown on the outline; nearer ones with a scale bar."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place: its words, degrees north and degrees east."""

    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Pin:
    """A place on the drawing; ``left`` says that its name ends above it, near the right edge."""

    name: str
    x: float
    y: float
    left: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map: its size, its shapes as SVG paths, its pins, and a scale bar where there is one."""

    width: int
    height: int
    lands: tuple[str, ...]
    waters: tuple[str, ...]
    pins: tuple[Pin, ...]
    bar: float = 0.0
    bar_km: int = 0


def draw(spots: Sequence[Spot], outline: Mapping[str, Sequence[Sequence[Point]]]) -> Drawing | None:
    """Return the map of places, or None when there is none.

    Equirectangular, true to scale at the middle latitude. Raises InvalidValue for a place that is
    not on the globe.
    """
    if not spots:
        return None
    for spot in spots:
        if not (-90 <= spot.latitude <= 90 and -180 <= spot.longitude <= 180):
            raise InvalidValue(
                f"{spot.name} at {spot.latitude}, {spot.longitude} is not on the globe: "
                "latitude goes from -90 to 90, longitude from -180 to 180."
            )
    shore = [point for ring in outline["lands"] for point in ring]
    low = (min(x for x, _y in shore), min(y for _x, y in shore))
    high = (max(x for x, _y in shore), max(y for _x, y in shore))
    inside = all(
        low[0] <= spot.longitude <= high[0] and low[1] <= spot.latitude <= high[1] for spot in spots
    )
    country = inside and span_km(spots) >= COUNTRY_FROM_KM
    if country:
        edge = 0.03 * (high[0] - low[0])
        low, high = (low[0] - edge, low[1] - edge), (high[0] + edge, high[1] + edge)
    else:
        low, high = _around(spots)
    frame = _Frame.around(low, high)
    bar_km = 0 if country else _round_km(frame.km_wide / 4)
    return Drawing(
        WIDTH,
        frame.height,
        tuple(frame.path(ring) for ring in outline["lands"]) if country else (),
        tuple(frame.path(ring) for ring in outline["waters"]) if country else (),
        tuple(frame.pin(spot) for spot in spots),
        bar=WIDTH * bar_km / frame.km_wide,
        bar_km=bar_km,
    )


def span_km(spots: Sequence[Spot]) -> float:
    """Return how far apart the outermost places are, as the larger of height and width."""
    south, north = min(s.latitude for s in spots), max(s.latitude for s in spots)
    west, east = min(s.longitude for s in spots), max(s.longitude for s in spots)
    flat = cos(radians((south + north) / 2))
    return KM_PER_DEGREE * max(north - south, (east - west) * flat)


def _around(spots: Sequence[Spot]) -> tuple[Point, Point]:
    """Return a frame about the places, never narrower than some kilometres."""
    margin = max(0.35 * span_km(spots), 3.0) / KM_PER_DEGREE
    south, north = min(s.latitude for s in spots), max(s.latitude for s in spots)
    west, east = min(s.longitude for s in spots), max(s.longitude for s in spots)
    wider = margin / max(0.2, cos(radians((south + north) / 2)))
    return (west - wider, south - margin), (east + wider, north + margin)


def _round_km(most: float) -> int:
    steps = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
    return max((step for step in steps if step <= most), default=1)


@dataclass(frozen=True, slots=True)
class _Frame:
    west: float
    north: float
    per_degree: float
    flat: float
    height: int
    km_wide: float

    @classmethod
    def around(cls, low: Point, high: Point) -> _Frame:
        flat = max(0.2, cos(radians((low[1] + high[1]) / 2)))
        wide = (high[0] - low[0]) * flat
        per_degree = WIDTH / wide
        height = round((high[1] - low[1]) * per_degree)
        return cls(low[0], high[1], per_degree, flat, height, wide * KM_PER_DEGREE)

    def at(self, x: float, y: float) -> Point:
        return (
            round((x - self.west) * self.flat * self.per_degree, 1),
            round((self.north - y) * self.per_degree, 1),
        )

    def path(self, ring: Sequence[Point]) -> str:
        points = [self.at(x, y) for x, y in ring]
        return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z"

    def pin(self, spot: Spot) -> Pin:
        x, y = self.at(spot.longitude, spot.latitude)
        return Pin(spot.name, x, y, left=x > 0.78 * WIDTH)
