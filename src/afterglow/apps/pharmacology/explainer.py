"""The public explainer: three phases on one time line, and one simulated dose of a typical adult.

Every curve comes from a model or an effect whose definition is in force and unchanged; every
strand says how sure anyone is of it. Nothing here is an outcome, and nothing is a measurement.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from afterglow.apps.pharmacology import drawing, queries
from afterglow.apps.pharmacology.drawing import Chart, Drawn, Layer, Tick
from afterglow.apps.pharmacology.queries import Effect, Parameters
from afterglow.apps.pharmacology.shown import About, Span, about, span
from afterglow.core.pharmacology import BaseMass, Patient, Regimen, effects, library
from afterglow.core.pharmacology.mechanism import Phase, Strand, mechanism_timeline
from afterglow.core.pharmacology.planning import Line
from afterglow.core.pharmacology.standing import Number

EXPLAINER: Final = "explainer"
DRAWN_FROM: Final = {
    "occupancy": "nmda",
    "burst": "plasticity",
    "mtor": "plasticity",
    "dissociation": "dissociation",
    "protein": "plasticity",
    "spines": "plasticity",
    "antidepressant": "antidepressant",
}
"""Strand to the effect that the core draws it from."""
HOURS: Final = np.unique(
    np.concatenate([np.arange(0, 6, 0.1), np.arange(6, 48, 1.0), np.arange(48, 337, 6.0)])
)
TICKS: Final = (
    (1.0, gettext_lazy("1 h")),
    (6.0, gettext_lazy("6 h")),
    (24.0, gettext_lazy("1 day")),
    (72.0, gettext_lazy("3 days")),
    (336.0, gettext_lazy("2 weeks")),
)
PHASES: Final[dict[Phase, tuple[str | Promise, str | Promise]]] = {
    Phase.BIOLOGIC: (
        gettext_lazy("In the cells"),
        gettext_lazy("Minutes to hours. The drug is there."),
    ),
    Phase.EXPERIENTIAL: (
        gettext_lazy("In the experience"),
        gettext_lazy("While the drip runs, and a little after."),
    ),
    Phase.NEUROPLASTIC: (
        gettext_lazy("In the days after"),
        gettext_lazy("Hours to days. The drug has gone."),
    ),
}
PEOPLE, ANIMALS, MIXED, ASSUMED = (
    gettext_lazy("Seen in people"),
    gettext_lazy("Seen in animals only"),
    gettext_lazy("Reckoned: level from people, receptor from rats"),
    gettext_lazy("Assumed by the model"),
)
WORDS: Final[dict[str, tuple[str | Promise, str | Promise, str | Promise]]] = {
    "occupancy": (
        gettext_lazy("The drug sits on NMDA receptors"),
        MIXED,
        gettext_lazy(
            "A modelled index. Published values for the receptor differ tenfold, and no scan of "
            "people gave a usable curve."
        ),
    ),
    "burst": (
        gettext_lazy("A burst of signals between cells"),
        ASSUMED,
        gettext_lazy("How long it lasts is a guess of this display."),
    ),
    "mtor": (
        gettext_lazy("A growth signal inside cells (mTOR)"),
        ANIMALS,
        gettext_lazy("Seen in the front of rats' brains. The clock is the rats'."),
    ),
    "dissociation": (
        gettext_lazy("Feeling far away"),
        PEOPLE,
        gettext_lazy(
            "In ten volunteers it rose in a straight line with the level in the blood. Nothing is "
            "known above the highest level that they had."
        ),
    ),
    "protein": (
        gettext_lazy("More building blocks of contacts"),
        ANIMALS,
        gettext_lazy("Seen in the front of rats' brains. The clock is the rats'."),
    ),
    "spines": (
        gettext_lazy("New contacts between cells"),
        ANIMALS,
        gettext_lazy(
            "Counted in mice after one dose. Nobody has shown in people that this is why they "
            "feel better."
        ),
    ),
    "antidepressant": (
        gettext_lazy("Mood, as the average of a group"),
        PEOPLE,
        gettext_lazy(
            "The middle of two readings of the trials. One person's course may be quite another, "
            "and the level in the blood did not tell who got better."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class ShownStrand:
    """One strand: words, how sure, its curve, when it is highest, and its numbers' sources."""

    key: str
    title: str
    sure: str
    words: str
    drawn: Drawn
    peak: str
    half: str
    sources: tuple[str, ...]
    record: str
    """The definition that its numbers lean on, with its version."""


@dataclass(frozen=True, slots=True)
class ShownPhase:
    """One of the three phases with its strands."""

    key: str
    title: str
    words: str
    strands: tuple[ShownStrand, ...]


@dataclass(frozen=True, slots=True)
class Simulated:
    """One dose of the typical adult: three charts and one table, all modelled.

    ``rows``: minute, level, receptor index, dissociation, each with its band.
    """

    dose: Decimal
    minutes: Decimal
    level: Chart
    receptor: Chart
    feeling: Chart
    rows: tuple[tuple[str, str, str, str], ...]
    peak: Span
    outside: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """The whole component. ``limits`` are what its controls accept."""

    phases: tuple[ShownPhase, ...]
    ticks: tuple[Tick, ...]
    simulated: Simulated
    limits: Mapping[str, tuple[Decimal, Decimal]]
    about: About
    record: str
    """The definitions that the simulation leans on, with their versions."""
    approved: bool


@dataclass(frozen=True, slots=True)
class Controls:
    """Whose body is simulated, what the controls accept and where they begin."""

    patient: Patient
    dose: Decimal
    minutes: Decimal
    limits: Mapping[str, tuple[Decimal, Decimal]]


def controls(body: Mapping[str, Any]) -> Controls:
    """Read the explainer's definition."""
    dose, minutes = body["dose_mg_per_kg"], body["minutes"]
    return Controls(
        Patient(
            weight_kg=float(body["body"]["weight_kg"]["value"]),
            age_years=float(body["body"]["age_years"]["value"]),
        ),
        Decimal(dose["usual"]["value"]),
        Decimal(minutes["usual"]["value"]),
        {
            "dose": (Decimal(dose["lowest"]["value"]), Decimal(dose["highest"]["value"])),
            "minutes": (
                Decimal(minutes["shortest"]["value"]),
                Decimal(minutes["longest"]["value"]),
            ),
        },
    )


def controls_in_force(*, at: datetime) -> Controls | None:
    """Return the explainer's controls; None when its definition is retired."""
    found = queries.effect_in_force(EXPLAINER, at=at)
    return None if found is None else controls(found.body)


def explain(
    *, at: datetime, dose: Decimal | None = None, minutes: Decimal | None = None
) -> Explained | None:
    """Return the component for one dose, the usual one unless told.

    None where a definition that it draws from is retired, or is in force in another version than
    this program draws: then nothing is drawn rather than something old.
    """
    stands_on = queries.parameters(at=at)
    settings = queries.effect_in_force(EXPLAINER, at=at)
    drawn_from = _effects(at)
    if stands_on is None or settings is None or drawn_from is None:
        return None
    said = controls(settings.body)
    mg_per_kg, over = dose or said.dose, minutes or said.minutes
    strands = _strands(stands_on, float(mg_per_kg), float(over), said.patient)
    regimen = _regimen(float(mg_per_kg), float(over), said.patient)
    band = queries.band(stands_on, regimen, _minutes(float(over)), said.patient)
    if not band.drawn:
        return None
    leans_on = [stands_on.versions[0], drawn_from["nmda"].version]
    return Explained(
        phases=_phases(strands, drawn_from),
        ticks=tuple(
            Tick(drawing.spark_x(hours, float(HOURS[-1])), str(words)) for hours, words in TICKS
        ),
        simulated=_simulated(band.lines, band.times_min, mg_per_kg, over, band.decision.codes),
        limits=said.limits,
        about=about(stands_on, band),
        record=", ".join([*leans_on, drawn_from["dissociation"].version]),
        approved=stands_on.approved
        and settings.approved
        and all(one.approved for one in drawn_from.values()),
    )


def _effects(at: datetime) -> Mapping[str, Effect] | None:
    """Return every effect drawn; None when one is not in force, or not as this program draws it."""
    found: dict[str, Effect] = {}
    for key in set(DRAWN_FROM.values()):
        effect = queries.effect_in_force(key, at=at)
        if effect is None or effect.body != library.body("effects", key):
            return None
        found[key] = effect
    return found


def _regimen(mg_per_kg: float, minutes: float, patient: Patient) -> Regimen:
    return Regimen.constant(BaseMass(mg_per_kg * patient.weight_kg), over_min=minutes)


def _minutes(over: float) -> tuple[int, int, int]:
    return 0, math.ceil(over / 30) * 30 + 121, 1


@lru_cache(maxsize=256)
def _strands(
    stands_on: Parameters, mg_per_kg: float, minutes: float, patient: Patient
) -> tuple[Strand, ...]:
    return mechanism_timeline(
        _regimen(mg_per_kg, minutes, patient),
        hours=HOURS,
        model=stands_on.model,
        accept_unconfirmed=True,
    )


def _phases(
    strands: tuple[Strand, ...], drawn_from: Mapping[str, Effect]
) -> tuple[ShownPhase, ...]:
    return tuple(
        ShownPhase(
            str(phase),
            str(title),
            str(words),
            tuple(_shown(one, drawn_from) for one in strands if one.phase is phase),
        )
        for phase, (title, words) in PHASES.items()
    )


def _shown(one: Strand, drawn_from: Mapping[str, Effect]) -> ShownStrand:
    title, sure, words = WORDS[one.key]
    top = int(np.argmax(one.part))
    after = np.flatnonzero(one.part[top:] < 0.5)
    return ShownStrand(
        key=one.key,
        title=str(title),
        sure=str(sure),
        words=str(words),
        drawn=drawing.spark(one.part, one.hours),
        peak=_time_words(float(one.hours[top])) if top else "",
        half=_time_words(float(one.hours[top + int(after[0])])) if after.size else "",
        sources=tuple(dict.fromkeys(_source(each) for each in one.numbers)),
        record=drawn_from[DRAWN_FROM[one.key]].version,
    )


def _source(number: Number) -> str:
    mark = "" if not number.standing.unconfirmed else f" [{number.standing}]"
    return f"{number.source}{mark}"


def _time_words(hours: float) -> str:
    if hours < 1.5:
        return _("%(n)s min") % {"n": f"{hours * 60:.0f}"}
    if hours < 36:
        return _("%(n)s h") % {"n": f"{hours:.0f}"}
    return _("%(n)s days") % {"n": f"{hours / 24:.0f}"}


def _simulated(
    lines: Mapping[str, Line],
    times: drawing.Floats,
    dose: Decimal,
    minutes: Decimal,
    codes: tuple[str, ...],
) -> Simulated:
    plasma, nk = lines["ketamine"], lines["norketamine"]
    receptor = effects.nmda_occupancy(
        {"ketamine": plasma.typical, "norketamine": nk.typical}, accept_unconfirmed=True
    )
    feeling = effects.dissociation(plasma.typical)
    last = int(times[-1])
    wanted = sorted({0, 10, 20, 30, round(float(minutes)), 60, 90, 120, last})

    def small(layer: Layer, top: float | None = None) -> Chart:
        return drawing.chart(
            [layer],
            times,
            x_ticks=[(at, str(at)) for at in range(0, last + 1, 30)],
            marks=[(float(minutes), "", "end")],
            width=320,
            height=180,
            top_value=top,
        )

    def share(low: float, high: float) -> str:
        return f"{low:.2f}\N{EN DASH}{high:.2f}"

    return Simulated(
        dose=dose,
        minutes=minutes,
        level=small(Layer("plasma-first", plasma.p50, plasma.p5, plasma.p95)),
        receptor=small(Layer("receptor", receptor.middle, receptor.low, receptor.high), 1.0),
        feeling=small(Layer("feeling", feeling.middle, feeling.low, feeling.high), 1.0),
        rows=tuple(
            (
                str(at),
                span(plasma, at).words,
                share(float(receptor.low[at]), float(receptor.high[at])),
                share(float(feeling.low[at]), float(feeling.high[at])),
            )
            for at in wanted
            if at <= last
        ),
        peak=span(plasma, int(np.argmax(plasma.p50))),
        outside="PK_OUTSIDE_FITTED_RANGE" in codes,
    )
