"""What a site can prove over a month: pages and files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from afterglow.apps.accounts import policies
from afterglow.apps.places.models import Site
from afterglow.apps.treatment.reports import alarms, coverage
from afterglow.apps.treatment.reports.files import csv_text
from afterglow.apps.treatment.reports.months import Month, month_of
from afterglow.apps.treatment.shown.alarms import MILDER, WORDS
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest


@login_required
@require_safe
def coverage_month(request: StaffRequest) -> HttpResponse:
    """Show whether one clinician was with one patient, or give it as a file."""
    site, month, at = _asked(request)
    report = coverage.month(site, month, at=at)
    if "csv" in request.GET:
        return _file(f"coverage-{site.code}-{month.text}.csv", coverage.lines(report))
    return render(
        request,
        "treatment/reports/coverage.html",
        {"report": report, "site": site, "month": month},
    )


@login_required
@require_safe
def alarm_month(request: StaffRequest) -> HttpResponse:
    """Show how often it alarmed and what followed, or give it as a file."""
    site, month, at = _asked(request)
    report = alarms.month(site, month, at=at)
    if "csv" in request.GET:
        return _file(f"alarms-{site.code}-{month.text}.csv", alarms.lines(report))
    rows = [(row, condition_words(row)) for row in report.rows]
    return render(
        request,
        "treatment/reports/alarms.html",
        {"report": report, "rows": rows, "site": site, "month": month, "rules": alarms.rules()},
    )


def condition_words(row: alarms.ConditionRow) -> object:
    """Return the word the room had for it; both where it was red and milder in the month."""
    known = WORDS.get(row.condition)
    if known is None:
        return row.condition.removeprefix("SYMPTOM_").replace("_", " ").capitalize()
    if row.condition not in MILDER or row.high == row.alarms:
        return known
    milder = MILDER[row.condition]
    return milder if not row.high else f"{known} / {milder}"


def _asked(request: StaffRequest) -> tuple[Site, Month, datetime]:
    """Return the site one works at, the month asked for, and now. Raises Forbidden or 404."""
    site = request.site
    at = clock.now()
    on = site.local_date(at) if site else at.date()
    policies.check(Action.VIEW_REPORTS, by=request.user, site=site, on=on)
    if site is None:
        raise Http404("No site.")
    try:
        return site, month_of(site, request.GET.get("month", ""), at=at), at
    except InvalidValue as problem:
        raise Http404(str(problem)) from None


def _file(name: str, lines: Iterable[Iterable[object]]) -> HttpResponse:
    response = HttpResponse(csv_text(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
