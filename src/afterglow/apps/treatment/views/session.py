"""Lead to the page where the session is now."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from afterglow.apps.treatment import pages
from afterglow.web import clock
from afterglow.web.requests import StaffRequest


@login_required
@require_safe
def session(request: StaffRequest, session: UUID) -> HttpResponse:
    """Redirect to the page of the session's state."""
    row = pages.open_session(request, session)
    return redirect(pages.current_url(row, at=clock.now()))
