"""A person's own notices."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from afterglow.apps.notices import queries, services
from afterglow.web import clock
from afterglow.web.requests import StaffRequest


@login_required
@require_safe
def notices(request: StaffRequest) -> HttpResponse:
    """List the person's notices."""
    lines = queries.notices_of(request.user.public_id)
    return render(request, "notices/list.html", {"lines": lines, "site": request.site})


@login_required
@require_POST
def read(request: StaffRequest, notice: UUID) -> HttpResponse:
    """Mark one as read."""
    services.mark_read(notice=notice, by=request.user, at=clock.now())
    return redirect("notices:list")
