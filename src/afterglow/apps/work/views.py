"""The task list of a site."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from afterglow.apps.work import queries, services
from afterglow.apps.work.forms import CloseTaskForm
from afterglow.apps.work.models import Task
from afterglow.core.permission import check
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words


@login_required
@require_safe
def tasks(request: StaffRequest) -> HttpResponse:
    """List the open tasks of the site."""
    check(Action.DO_TASK, by=request.user, site=request.site, on=clock.today(request.site))
    lines = (
        queries.open_tasks(
            site=request.site.public_id,
            at=clock.now(),
            may_close=lambda task: (
                services.may_close(task, by=request.user, on=clock.today(request.site)).allowed
            ),
        )
        if request.site
        else []
    )
    return render(request, "work/tasks.html", {"lines": lines, "site": request.site})


@login_required
@require_POST
def take(request: StaffRequest, task: UUID) -> HttpResponse:
    """Make the signed-in person the owner."""
    services.take_task(task=task, by=request.user, at=clock.now(), on=clock.today(request.site))
    return redirect("work:tasks")


@login_required
@require_http_methods(["GET", "POST"])
def close(request: StaffRequest, task: UUID) -> HttpResponse:
    """Finish or cancel one task, with a sentence of what was done."""
    row = get_object_or_404(Task, public_id=task)
    services.check_can_close(row, by=request.user, on=clock.today(request.site))
    form = CloseTaskForm(request.POST or None, initial={"seen": row.row_version})
    if not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "work/close.html", {"form": form, "task": row}, status=status)
    words, seen = form.cleaned_data["outcome"], form.cleaned_data["seen"]
    who = {"task": task, "by": request.user, "at": clock.now(), "seen": seen}
    on = clock.today(request.site)
    try:
        if form.cleaned_data["cancel"]:
            services.cancel_task(**who, on=on, reason=words)
        else:
            services.complete_task(**who, on=on, outcome=words)
    except services.TaskIsClosed as closed:
        return render(request, "409.html", {"message": error_words(closed)}, status=409)
    return redirect("work:tasks")
