"""The predicted level under the vital signs: its band, what it says now, and after a stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from afterglow.apps.pharmacology import drawing
from afterglow.apps.pharmacology import queries as pharmacology
from afterglow.apps.pharmacology.drawing import Chart, Layer
from afterglow.apps.pharmacology.queries import Parameters
from afterglow.apps.pharmacology.shown import About, Span, about, level_words, span
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.predicting import DoseHistory, body_of, dose_history
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision
from afterglow.core.pharmacology import Patient
from afterglow.core.pharmacology.planning import Fall, PredictedBand
from afterglow.core.pharmacology.validity import OUTSIDE_FITTED
from afterglow.web import formats

_TICKS_MIN = 30
_WHAT_IF_EVERY_MIN = 1.0
TABLE_EVERY_MIN = 15
NOTHING_TO_SAY = Decision()


@dataclass(frozen=True, slots=True)
class FallsBelow:
    """When a level falls under one threshold after a stop: earliest, middle, latest, as words."""

    threshold: str
    source: str
    words: str
    is_below: bool

    @property
    def level(self) -> str:
        """The threshold with its unit."""
        return f"{self.threshold} ng/mL"


@dataclass(frozen=True, slots=True)
class Predicted:
    """What the slot shows. ``chart`` is None where nothing may be drawn; ``decision`` says why.

    ``missing`` is a sentence when there is no prediction at all: no kilograms, no model in force.
    """

    missing: str = ""
    decision: Decision = NOTHING_TO_SAY
    chart: Chart | None = None
    now: Span | None = None
    site_now: Span | None = None
    at: datetime | None = None
    stopped_at: datetime | None = None
    falls: tuple[FallsBelow, ...] = ()
    why_no_falls: Decision = NOTHING_TO_SAY
    rows: tuple[tuple[str, Span, Span], ...] = ()
    pump_spoke: tuple[datetime, datetime] | None = None
    about: About | None = None

    @property
    def outside(self) -> bool:
        """Whether patient or dose lies outside what the model was fitted to."""
        return OUTSIDE_FITTED.code in self.decision.codes

    @property
    def next_fall(self) -> FallsBelow | None:
        """The highest level that the prediction still has to fall under; None below all."""
        return next((one for one in self.falls if not one.is_below), None)


def predicted(session: TreatmentSession, *, at: datetime) -> Predicted | None:
    """Return the predicted level of a session's infusion.

    None before one was started and once the session is over: then there is no "now" to predict.
    """
    infusion = queries.infusion_of(session)
    if infusion is None or (session.ended_at is not None and at > session.ended_at):
        return None
    mass = queries.mass_today(session)
    if mass is None:
        return Predicted(missing=_("A prediction needs the kilograms of today."))
    stands_on = pharmacology.parameters(at=at)
    if stands_on is None:
        return Predicted(missing=_("No pharmacological model is in force; nothing is predicted."))
    history = dose_history(infusion, at=at)
    if history.is_past:
        return Predicted(missing=_("The drug stopped too long ago; nothing is predicted any more."))
    patient = body_of(session, mass)
    band = pharmacology.band(stands_on, history.regimen, (0, history.until_min + 1, 1), patient)
    told = about(stands_on, band)
    if not band.drawn:
        return Predicted(decision=band.decision, about=told)
    now = round(history.now_min)
    falls, refused, stopped = _falls(stands_on, history, patient, session)
    return Predicted(
        decision=band.decision,
        chart=_chart(band, history, stands_on, session),
        now=span(band.lines["ketamine"], now),
        site_now=span(band.lines["effect_site"], now),
        at=at,
        stopped_at=stopped,
        falls=falls,
        why_no_falls=refused,
        rows=_rows(band, history, session),
        pump_spoke=history.pump_spoke,
        about=told,
    )


def _clock(history: DoseHistory, minute: float, session: TreatmentSession) -> str:
    return formats.clock_time(history.started_at + timedelta(minutes=minute), session.site)


def _chart(
    band: PredictedBand, history: DoseHistory, stands_on: Parameters, session: TreatmentSession
) -> Chart:
    plasma, site = band.lines["ketamine"], band.lines["effect_site"]
    marks = [(history.now_min, "", "now")]
    if history.stopped_min is not None:
        marks.append((history.stopped_min, "", "end"))
    return drawing.chart(
        [
            Layer("plasma-first", plasma.p50, plasma.p5, plasma.p95),
            Layer("effect-site", site.p50, site.p5, site.p95),
        ],
        band.times_min,
        x_ticks=[
            (minute, _clock(history, minute, session))
            for minute in range(0, history.until_min + 1, _TICKS_MIN)
        ],
        levels=[(one.value, "") for one in stands_on.watch],
        marks=marks,
        width=960,
        height=132,
    )


def _rows(
    band: PredictedBand, history: DoseHistory, session: TreatmentSession
) -> tuple[tuple[str, Span, Span], ...]:
    return tuple(
        (
            _clock(history, minute, session),
            span(band.lines["ketamine"], minute),
            span(band.lines["effect_site"], minute),
        )
        for minute in range(0, history.until_min + 1, TABLE_EVERY_MIN)
    )


def _falls(
    stands_on: Parameters, history: DoseHistory, patient: Patient, session: TreatmentSession
) -> tuple[tuple[FallsBelow, ...], Decision, datetime | None]:
    """Return when plasma falls under each level: after the stop, or if everything stopped now."""
    stopped = history.stopped_min
    whole = history.now_min // _WHAT_IF_EVERY_MIN * _WHAT_IF_EVERY_MIN
    moment = stopped if stopped is not None else whole
    if moment <= 0:
        return (), Decision(), None
    result = pharmacology.stopped(stands_on, history.regimen, moment, patient)
    if not result.band.drawn:
        return (), result.band.decision, None
    falls = tuple(
        FallsBelow(
            threshold=level_words(level.value),
            source=level.source,
            words=_when(fall, history, moment, session),
            is_below=fall.after_p95_min == 0.0,
        )
        for level, fall in zip(stands_on.watch, result.falls["ketamine"], strict=True)
    )
    since = None if stopped is None else history.started_at + timedelta(minutes=stopped)
    return falls, Decision(), since


def _when(fall: Fall, history: DoseHistory, moment: float, session: TreatmentSession) -> str:
    """Say when a level is passed, with its band: clock times, or that it is below already."""
    if fall.after_p95_min == 0.0:
        return _("the whole band is below already")

    def at(after: float | None) -> str:
        return _("later than 12 h") if after is None else _clock(history, moment + after, session)

    if fall.after_p50_min == 0.0:
        return _("the middle is below already, the whole band by %(late)s") % {
            "late": at(fall.after_p95_min)
        }
    if fall.after_p50_min is None:
        return _("not within 12 h")
    return _("%(after)s min, about %(middle)s (%(early)s to %(late)s)") % {
        "after": f"{fall.after_p50_min:.0f}",
        "middle": at(fall.after_p50_min),
        "early": at(fall.after_p5_min),
        "late": at(fall.after_p95_min),
    }
