"""Pages of the audit: a patient's access log, and breaking the glass."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from afterglow.apps.audit import extension, policies, queries, services
from afterglow.apps.audit.forms import BreakGlassForm
from afterglow.core.errors import InvalidValue
from afterglow.core.permission import check
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words


@login_required
@require_safe
def access_log(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Show who read and changed a patient's chart, to who may open that chart."""
    policies.check_can_open_chart(
        by=request.user,
        patient=patient,
        sites=extension.sites_of(patient),
        at=clock.now(),
        on=clock.today(request.site),
    )
    return render(request, "audit/access_log.html", {"entries": queries.access_log(patient)})


@login_required
@require_http_methods(["GET", "POST"])
def break_glass(request: StaffRequest, patient: UUID) -> HttpResponse:
    """Ask for a reason and open the chart for a while."""
    check(Action.BREAK_GLASS, by=request.user, site=None, on=clock.today(request.site))
    form = BreakGlassForm(request.POST or None)
    if form.is_valid():
        try:
            services.break_glass(
                patient=patient,
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=clock.now(),
                on=clock.today(request.site),
            )
            return redirect(_back(request))
        except InvalidValue as problem:
            form.add_error("reason", error_words(problem))
    status = 422 if request.method == "POST" else 200
    return render(request, "audit/break_glass.html", {"form": form}, status=status)


def _back(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "/")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if ours else "/"
