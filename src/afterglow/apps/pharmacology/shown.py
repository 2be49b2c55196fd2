"""Predicted plans as pages show them: a chart, a table beside it, and every sentence to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from afterglow.apps.pharmacology import drawing, queries
from afterglow.apps.pharmacology.drawing import Chart, Layer
from afterglow.apps.pharmacology.queries import Parameters
from afterglow.core.decisions import Decision, Reason
from afterglow.core.pharmacology import BaseMass, Patient, Regimen, simulate
from afterglow.core.pharmacology.planning import Line, PredictedBand
from afterglow.core.pharmacology.standing import Standing
from afterglow.core.pharmacology.validity import UNCONFIRMED

ALWAYS_SHOWN = (10, 20, 30, 40, 60, 90, 120, 180, 240)
"""Minutes with a row in the table, beside the ends of the plans."""
AFTER_MIN = 180
TO_THE_END_MIN = 14 * 24 * 60.0
KEYS = ("first", "second")


@dataclass(frozen=True, slots=True)
class Asked:
    """One plan to predict. ``mg`` of base over ``minutes``."""

    words: str
    mg: float
    minutes: float


@dataclass(frozen=True, slots=True)
class Span:
    """A level in ng/mL as words: the 5, 50 and 95 % of people like this one."""

    low: str
    middle: str
    high: str
    at_min: int = 0

    @property
    def words(self) -> str:
        """The middle with its band; never one number alone."""
        return f"{self.middle} ({self.low}\N{EN DASH}{self.high})"


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """One plan: what it is, whether anything may be drawn, and its highest level."""

    key: str
    words: str
    decision: Decision
    peak: Span | None
    end: Span | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One or two plans of one body. ``chart`` is None where nothing may be drawn."""

    plans: tuple[ShownPlan, ...]
    chart: Chart | None
    rows: tuple[tuple[str, tuple[Span, ...]], ...]
    ratios: tuple[str, str] | None
    cautions: tuple[Reason, ...]
    about: About


@dataclass(frozen=True, slots=True)
class About:
    """What a prediction stands on, said beside every curve."""

    title: str
    sample: str
    population: str
    citations: tuple[str, ...]
    statuses: tuple[str, ...]
    weaknesses: tuple[str, ...]
    unconfirmed: tuple[str, ...]
    versions: tuple[str, ...]
    approved: bool


def about(stands_on: Parameters, band: PredictedBand) -> About:
    """Return model, population, sources, status and weaknesses of a prediction."""
    model = stands_on.model
    standings = {one.number.standing for one in model.parameters.values()}
    return About(
        title=model.title,
        sample=model.sample,
        population=model.population,
        citations=model.citations,
        statuses=tuple(
            each.words for each in Standing if each in standings and not each.unconfirmed
        ),
        weaknesses=band.weaknesses,
        unconfirmed=tuple(str(one) for one in band.unconfirmed),
        versions=stands_on.versions,
        approved=stands_on.approved,
    )


def sheet(stands_on: Parameters, patient: Patient, plans: Sequence[Asked]) -> Sheet:
    """Predict one or two plans on the same twins and return what a page shows of them."""
    last = int(np.ceil(max(plan.minutes for plan in plans) / 30) * 30) + AFTER_MIN
    minutes = (0, last + 1, 1)
    bands = [
        queries.band(
            stands_on, Regimen.constant(BaseMass(one.mg), over_min=one.minutes), minutes, patient
        )
        for one in plans
    ]
    shown = tuple(
        _plan(key, asked, band) for key, asked, band in zip(KEYS, plans, bands, strict=False)
    )
    drawn = [(key, band) for key, band in zip(KEYS, bands, strict=False) if band.drawn]
    picture = None
    if drawn:
        picture = drawing.chart(
            [layer for key, band in drawn for layer in _layers(key, band, alone=len(bands) == 1)],
            bands[0].times_min,
            x_ticks=[(at, str(at)) for at in range(0, last + 1, 30)],
            marks=[(one.minutes, "", "end") for one in plans],
        )
    ends = {round(one.minutes) for one in plans}
    wanted = sorted(ends | {at for at in ALWAYS_SHOWN if at <= last})
    rows = tuple(
        (str(at), tuple(span(band.lines["ketamine"], at) for _key, band in drawn)) for at in wanted
    )
    both = len(bands) == 2 and len(drawn) == 2
    return Sheet(
        plans=shown,
        chart=picture,
        rows=rows if drawn else (),
        ratios=_ratios(stands_on, patient, plans, bands) if both else None,
        cautions=tuple(
            dict.fromkeys(
                reason
                for _key, band in drawn
                for reason in band.decision.cautions
                if reason.code != UNCONFIRMED.code
            )
        ),
        about=about(stands_on, bands[0]),
    )


def _plan(key: str, asked: Asked, band: PredictedBand) -> ShownPlan:
    if not band.drawn:
        return ShownPlan(key, asked.words, band.decision, None, None)
    line = band.lines["ketamine"]
    return ShownPlan(
        key,
        asked.words,
        band.decision,
        span(line, int(np.argmax(line.p50))),
        span(line, round(asked.minutes)),
    )


def _layers(key: str, band: PredictedBand, *, alone: bool) -> list[Layer]:
    plasma = band.lines["ketamine"]
    found = [Layer(f"plasma-{key}", plasma.p50, plasma.p5, plasma.p95)]
    if alone:
        found.append(Layer("effect-site", band.lines["effect_site"].p50))
    return found


def _ratios(
    stands_on: Parameters, patient: Patient, plans: Sequence[Asked], bands: Sequence[PredictedBand]
) -> tuple[str, str]:
    """Return how peak and whole area change, second plan over first.

    The peak is the middle's of the same twins; the area is the typical patient's to the end, which
    the drawn window would cut.
    """
    peaks = [float(one.lines["ketamine"].p50.max()) for one in bands]
    areas = [
        simulate(
            stands_on.model,
            Regimen.constant(BaseMass(one.mg), over_min=one.minutes),
            [TO_THE_END_MIN],
            patient=patient,
        ).auc_ng_h_per_ml["ketamine"][-1]
        for one in plans
    ]
    return f"{peaks[1] / peaks[0]:.2f}", f"{areas[1] / areas[0]:.2f}"


def span(line: Line, index: int) -> Span:
    """Return one moment of a band in words."""
    index = min(max(index, 0), len(line.p50) - 1)
    low, middle, high = (
        level_words(float(curve[index])) for curve in (line.p5, line.p50, line.p95)
    )
    return Span(low, middle, high, index)


def level_words(ng_per_ml: float) -> str:
    """Return a level without more digits than a model has."""
    return f"{ng_per_ml:.0f}" if ng_per_ml >= 10 else f"{ng_per_ml:.1f}"
