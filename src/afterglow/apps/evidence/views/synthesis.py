"""Pages of syntheses: the questions, and one answered with its plots."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from afterglow.apps.evidence import synthesis
from afterglow.apps.evidence.forms import SynthesisForm
from afterglow.apps.evidence.views.shell import tabs
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.synthesis.effects import Measure, ZeroCells
from afterglow.core.evidence.synthesis.plots import forest, funnel, in_words, range_words
from afterglow.core.evidence.synthesis.pooling import Interval, Model
from afterglow.core.evidence.synthesis.report import Options, Report
from afterglow.core.permission import check
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words


@login_required
@require_safe
def questions(request: StaffRequest) -> HttpResponse:
    """List the questions that the trial records can answer."""
    _check(request)
    context = {
        "questions": synthesis.questions(),
        "networks": synthesis.networks(),
        "tabs": tabs(request, "syntheses"),
    }
    return render(request, "evidence/syntheses.html", context)


@login_required
@require_safe
def question(request: StaffRequest, question: str) -> HttpResponse:
    """Answer one question, with the method asked for."""
    _check(request)
    try:
        asked = synthesis.question_of(question)
    except InvalidValue as unknown:
        raise Http404 from unknown
    form = SynthesisForm(request.GET or None, measure=asked.measure)
    valid = form.is_bound and form.is_valid()
    options = _options(form.cleaned_data if valid else {}, asked.measure)
    context: dict[str, Any] = {
        "form": form if form.is_bound else SynthesisForm(measure=asked.measure),
        "question": asked,
        "tabs": tabs(request, "syntheses"),
    }
    try:
        report = synthesis.pool_records(question, options)
    except InvalidValue as problem:
        return render(
            request,
            "evidence/synthesis.html",
            {**context, "problem": error_words(problem)},
            status=422,
        )
    status = 422 if form.is_bound and not valid else 200
    return render(request, "evidence/synthesis.html", {**context, **_shown(report)}, status=status)


@login_required
@require_safe
def network(request: StaffRequest, network: str) -> HttpResponse:
    """Compare the treatments of one network, its assumptions first."""
    _check(request)
    try:
        report = synthesis.compare_records(network)
    except InvalidValue as unknown:
        raise Http404 from unknown
    found = report.network
    context = {
        "report": report,
        "question": report.question,
        "measure": Measure.OR,
        "pairs": [
            (each, in_words(Measure.OR, each.estimate, each.ci))
            for each in (found.comparisons if found else ())
        ],
        "tabs": tabs(request, "syntheses"),
    }
    return render(request, "evidence/network.html", context)


def _check(request: StaffRequest) -> None:
    today = clock.today(request.site)
    check(Action.VIEW_EVIDENCE, by=request.user, site=request.site, on=today)


def _options(asked: dict[str, str], measure: Measure) -> Options:
    model = Model(asked.get("method") or Model.REML)
    interval = Interval(asked.get("interval") or Interval.NORMAL)
    return Options(
        model=model,
        interval=Interval.NORMAL if model is Model.FIXED else interval,
        measure=Measure(asked.get("measure") or measure),
        zero_cells=ZeroCells(asked.get("zero_cells") or ZeroCells.ADD_HALF_TO_ALL),
    )


def _shown(report: Report) -> dict[str, Any]:
    """Return the report, its plots, and its numbers as words for the tables."""
    pooled = report.pooled
    if pooled is None:
        return {"report": report}
    measure = pooled.measure
    return {
        "report": report,
        "forest": forest(report.effects, pooled),
        "funnel": funnel(report.effects, pooled) if pooled.k >= 3 else None,
        "answer": in_words(measure, pooled.estimate, pooled.ci),
        "prediction": range_words(measure, pooled.prediction) if pooled.prediction else "",
        "without": [
            (each.without, in_words(measure, each.pooled.estimate, each.pooled.ci), each.pooled)
            for each in report.without
        ],
        "groups": [
            (
                each,
                [
                    (name, in_words(measure, group.estimate, group.ci), group)
                    for name, group in each.groups
                ],
            )
            for each in report.groups
        ],
    }
