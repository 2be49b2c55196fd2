"""Forest and funnel plots as places on a page: what a template draws and a table says in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, floor, isfinite, log, log10, sqrt
from typing import Final

from afterglow.core.evidence.synthesis.effects import Effect, Measure
from afterglow.core.evidence.synthesis.pooling import Pooled, Range

ROW: Final = 34.0
LEFT, RIGHT, TOP, BOTTOM = 230.0, 190.0, 24.0, 56.0
PLOT_WIDTH: Final = 360.0
Z95: Final = 1.959963984540054
RATIO_TICKS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One trial: where its square and whiskers are, how large, and what it says."""

    study: str
    y: float
    x: float
    low: float
    high: float
    size: float
    words: str
    weight: float
    data: str
    se: float

    @property
    def half(self) -> float:
        """Half the square, to centre it."""
        return self.size / 2


@dataclass(frozen=True, slots=True)
class Forest:
    """A forest plot. Lengths are in the units of ``view_box``."""

    width: float
    height: float
    rows: tuple[ForestRow, ...]
    ticks: tuple[Tick, ...]
    axis_y: float
    no_effect_x: float
    diamond: str
    pooled_y: float
    pooled_words: str
    prediction: tuple[float, float] | None
    prediction_words: str
    favours_control_x: float
    favours_treated_x: float
    higher_is_treated: bool

    @property
    def prediction_y(self) -> float:
        """Where the line of a new trial is."""
        return self.pooled_y + ROW

    @property
    def tick_y(self) -> float:
        """Where a tick ends."""
        return self.axis_y + 5

    @property
    def tick_words_y(self) -> float:
        """Where a tick's number stands."""
        return self.axis_y + 18

    @property
    def favours_y(self) -> float:
        """Where it says which way is which."""
        return self.axis_y + 42

    @property
    def view_box(self) -> str:
        """The drawing's frame."""
        return f"0 0 {self.width:g} {self.height:g}"


@dataclass(frozen=True, slots=True)
class FunnelPoint:
    """One trial in a funnel."""

    study: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Funnel:
    """A funnel plot: effect across, standard error down, and where 95 % would lie by chance."""

    width: float
    height: float
    points: tuple[FunnelPoint, ...]
    triangle: str
    middle_x: float
    ticks: tuple[Tick, ...]
    errors: tuple[Tick, ...]
    axis_y: float
    left: float

    @property
    def right(self) -> float:
        """Where the axis ends."""
        return self.width - 20

    @property
    def tick_words_y(self) -> float:
        """Where a tick's number stands."""
        return self.axis_y + 16

    @property
    def words_y(self) -> float:
        """Where it says what the axes are."""
        return self.axis_y + 38

    @property
    def error_x(self) -> float:
        """Where the standard errors stand."""
        return self.left - 8

    @property
    def view_box(self) -> str:
        """The drawing's frame."""
        return f"0 0 {self.width:g} {self.height:g}"


def forest(effects: Sequence[Effect], pooled: Pooled) -> Forest:
    """Return the forest plot of a pooled estimate, trials in the order given."""
    measure = pooled.measure
    spans = [(e.estimate - Z95 * e.se, e.estimate + Z95 * e.se) for e in effects]
    spans.append((pooled.ci.low, pooled.ci.high))
    if pooled.prediction is not None:
        spans.append((pooled.prediction.low, pooled.prediction.high))
    place, ticks = _axis(measure, _bounds(spans, pooled), LEFT, PLOT_WIDTH)
    heaviest = max(pooled.weights)
    rows = []
    for at, (effect, weight) in enumerate(zip(effects, pooled.weights, strict=True)):
        low, high = spans[at]
        rows.append(
            ForestRow(
                study=effect.study,
                y=TOP + ROW * (at + 0.5),
                x=place(effect.estimate),
                low=place(low),
                high=place(high),
                size=5 + 11 * sqrt(weight / heaviest),
                words=in_words(measure, effect.estimate, Range(low, high)),
                weight=weight,
                data=effect.words,
                se=effect.se,
            )
        )
    y = TOP + ROW * (len(rows) + 0.5)
    corners = (
        (place(pooled.ci.low), y),
        (place(pooled.estimate), y - 9),
        (place(pooled.ci.high), y),
        (place(pooled.estimate), y + 9),
    )
    bounds = pooled.prediction
    axis_y = TOP + ROW * (len(rows) + (2 if bounds else 1)) + 6
    null = log(measure.no_effect) if measure.is_ratio else measure.no_effect
    return Forest(
        width=LEFT + PLOT_WIDTH + RIGHT,
        height=axis_y + BOTTOM,
        rows=tuple(rows),
        ticks=ticks,
        axis_y=axis_y,
        no_effect_x=place(null),
        diamond=" ".join(f"{x:.1f},{corner:.1f}" for x, corner in corners),
        pooled_y=y,
        pooled_words=in_words(measure, pooled.estimate, pooled.ci),
        prediction=None if bounds is None else (place(bounds.low), place(bounds.high)),
        prediction_words="" if bounds is None else range_words(measure, bounds),
        favours_control_x=LEFT,
        favours_treated_x=LEFT + PLOT_WIDTH,
        higher_is_treated=measure.of_counts,
    )


def funnel(effects: Sequence[Effect], pooled: Pooled) -> Funnel:
    """Return the funnel plot of the effects around the pooled estimate."""
    measure = pooled.measure
    left, top, width, height = 60.0, 16.0, 480.0, 260.0
    deepest = max(effect.se for effect in effects) * 1.1
    reach = Z95 * deepest
    spans = [(e.estimate, e.estimate) for e in effects]
    spans.append((pooled.estimate - reach, pooled.estimate + reach))
    low = min(span[0] for span in spans)
    high = max(span[1] for span in spans)
    place, ticks = _axis(measure, Range(low, high), left, width)

    def depth(se: float) -> float:
        return top + height * se / deepest

    corners = (
        (place(pooled.estimate), depth(0)),
        (place(pooled.estimate - reach), depth(deepest)),
        (place(pooled.estimate + reach), depth(deepest)),
    )
    step = _nice(deepest / 4)
    marks = [step * at for at in range(int(deepest / step) + 1)]
    return Funnel(
        width=left + width + 20,
        height=top + height + 48,
        points=tuple(FunnelPoint(e.study, place(e.estimate), depth(e.se)) for e in effects),
        triangle=" ".join(f"{x:.1f},{y:.1f}" for x, y in corners),
        middle_x=place(pooled.estimate),
        ticks=ticks,
        errors=tuple(Tick(depth(mark), f"{mark:.3g}") for mark in marks),
        axis_y=top + height,
        left=left,
    )


def in_words(measure: Measure, estimate: float, bounds: Range) -> str:
    """Return an estimate with its interval as people read it: ``3.39 (1.90 to 6.05)``."""
    return f"{_shown(measure, estimate)} ({range_words(measure, bounds)})"


def range_words(measure: Measure, bounds: Range) -> str:
    """Return an interval as people read it: ``1.90 to 6.05``."""
    return f"{_shown(measure, bounds.low)} to {_shown(measure, bounds.high)}"


def _shown(measure: Measure, value: float) -> str:
    shown = measure.shown(value) if value < 700 else float("inf")
    return f"{shown:.0f}" if isfinite(shown) and abs(shown) >= 100 else f"{shown:.2f}"


def _bounds(spans: Sequence[tuple[float, float]], pooled: Pooled) -> Range:
    """Return what the axis shows: everything, but at most four times what the pooled one needs."""
    null = 0.0
    low = min(null, *(span[0] for span in spans))
    high = max(null, *(span[1] for span in spans))
    reach = 4 * max(abs(pooled.ci.low), abs(pooled.ci.high), pooled.ci.high - pooled.ci.low, 0.1)
    return Range(max(low, -reach), min(high, reach))


def _axis(
    measure: Measure, bounds: Range, left: float, width: float
) -> tuple[_Place, tuple[Tick, ...]]:
    pad = 0.04 * (bounds.high - bounds.low) or 0.1
    place = _Place(bounds.low - pad, bounds.high + pad, left, width)
    if measure.is_ratio:
        inside = [tick for tick in RATIO_TICKS if place.low <= log(tick) <= place.high]
        if len(inside) < 2:
            inside = [exp(place.low + pad), exp(place.high - pad)]
        return place, tuple(Tick(place(log(tick)), f"{tick:.3g}") for tick in inside)
    step = _nice((place.high - place.low) / 5)
    first = floor(place.low / step) + 1
    marks = [step * at for at in range(first, first + 12) if step * at <= place.high]
    return place, tuple(Tick(place(mark), f"{mark:.3g}") for mark in marks)


@dataclass(frozen=True, slots=True)
class _Place:
    """Turns a value into a place on the axis; what is beyond it stops at its edge."""

    low: float
    high: float
    left: float
    width: float

    def __call__(self, value: float) -> float:
        inside = min(self.high, max(self.low, value))
        return self.left + self.width * (inside - self.low) / (self.high - self.low)


def _nice(step: float) -> float:
    """Return 1, 2 or 5 times a power of ten, near ``step``."""
    power: float = 10.0 ** floor(log10(step))
    for factor in (1.0, 2.0, 5.0):
        if step <= factor * power:
            return factor * power
    return 10 * power
