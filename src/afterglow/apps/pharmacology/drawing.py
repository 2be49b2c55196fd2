"""From arrays to the few numbers an SVG needs. No HTML and no words here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEFT: Final = 44.0
RIGHT: Final = 18.0
TOP: Final = 10.0
BOTTOM: Final = 26.0


@dataclass(frozen=True)
class Layer:
    """One thing to draw, (t,) each: a middle line, and a band when ``low`` and ``high`` are there.

    ``key`` is its CSS class.
    """

    key: str
    middle: Floats
    low: Floats | None = None
    high: Floats | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A layer as SVG paths; ``area`` is empty where there is no band."""

    key: str
    line: str
    area: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis (SVG units, already text) and its words."""

    at: str
    label: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything an SVG of one chart needs, in the units of its view box."""

    width: int
    height: int
    left: str
    right: str
    top: str
    bottom: str
    layers: tuple[Drawn, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    levels: tuple[Tick, ...]
    marks: tuple[Tick, ...]

    @property
    def under(self) -> str:
        """Where the words of the time axis stand."""
        return _text(float(self.bottom) + 18)

    @property
    def beside(self) -> str:
        """Where the numbers of the level axis end."""
        return _text(float(self.left) - 6)


def chart(
    layers: Sequence[Layer],
    times: Floats,
    *,
    x_ticks: Iterable[tuple[float, str]],
    levels: Iterable[tuple[float, str]] = (),
    marks: Iterable[tuple[float, str, str]] = (),
    width: int = 640,
    height: int = 240,
    top_value: float | None = None,
    value_words: Callable[[float], str] = lambda value: f"{value:g}",
) -> Chart:
    """Place layers on one pair of axes; the level axis begins at 0 and ends at a round number."""
    levels = tuple(levels)
    highest = max(
        [float(np.max(each.middle if each.high is None else each.high)) for each in layers]
        + [value * 1.02 for value, _ in levels],
        default=1.0,
    )
    step = round_step(highest / 4 if highest > 0 else 0.25)
    top = top_value or step * max(1, math.ceil(highest / step - 1e-9))
    first, last = float(times[0]), float(times[-1])
    x_scale = (width - LEFT - RIGHT) / (last - first or 1.0)
    y_scale = (height - TOP - BOTTOM) / top

    def x(minute: float) -> float:
        return LEFT + (minute - first) * x_scale

    def y(value: float) -> float:
        return height - BOTTOM - min(value, top) * y_scale

    def points(values: Floats) -> list[str]:
        return [f"{x(t):.1f} {y(v):.1f}" for t, v in zip(times, values, strict=True)]

    drawn = []
    for each in layers:
        area = ""
        if each.low is not None and each.high is not None:
            there, back = points(each.high), points(each.low)
            area = f"M{' L'.join([*there, *reversed(back)])} Z"
        drawn.append(Drawn(each.key, f"M{' L'.join(points(each.middle))}", area))
    ticks = round(top / step)
    return Chart(
        width=width,
        height=height,
        left=_text(LEFT),
        right=_text(width - RIGHT),
        top=_text(TOP),
        bottom=_text(height - BOTTOM),
        layers=tuple(drawn),
        x_ticks=tuple(Tick(_text(x(at)), words) for at, words in x_ticks if first <= at <= last),
        y_ticks=tuple(Tick(_text(y(n * step)), value_words(n * step)) for n in range(ticks + 1)),
        levels=tuple(Tick(_text(y(value)), words) for value, words in levels if value <= top),
        marks=tuple(
            Tick(_text(x(at)), words, key) for at, words, key in marks if first <= at <= last
        ),
    )


def round_step(rough: float) -> float:
    """Return the round number (1, 2, 2.5 or 5 times a power of ten) at or above ``rough``."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next((k * power for k in (1.0, 2.0, 2.5, 5.0) if k * power >= rough), 10 * power)


def spark(part: Floats, hours: Floats, *, width: int = 320, height: int = 44) -> Drawn:
    """Return one strand of a time line, ``part`` 0 to 1, on a time axis that widens: log(1 + h)."""
    scale = width / math.log1p(float(hours[-1]))
    points = [
        f"{math.log1p(float(h)) * scale:.1f} {height - 2 - float(p) * (height - 6):.1f}"
        for h, p in zip(hours, part, strict=True)
    ]
    line = " L".join(points)
    return Drawn("strand", f"M{line}", f"M0 {height - 2} L{line} L{width} {height - 2} Z")


def spark_x(hours: float, last: float, *, width: int = 320) -> str:
    """Return where an hour lies on that axis."""
    return _text(math.log1p(hours) * width / math.log1p(last))


def _text(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
