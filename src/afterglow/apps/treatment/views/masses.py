"""Take a weight back that was entered in error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from afterglow.apps.accounts import policies
from afterglow.apps.treatment import pages, queries
from afterglow.apps.treatment.forms.masses import TakeMassBackForm
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.services import weighing
from afterglow.core.roles import Action
from afterglow.web import clock, editing
from afterglow.web.requests import StaffRequest


@login_required
@require_http_methods(["GET", "POST"])
def take_mass_back(request: StaffRequest, session: UUID) -> HttpResponse:
    """Say which weight was wrong; it stays on record and counts for nothing."""
    row = pages.open_session(request, session)
    at = clock.now()
    on = row.site.local_date(at)
    policies.check(Action.CHECK_IN, by=request.user, site=row.site, on=on)
    form = TakeMassBackForm(
        request.POST if request.method == "POST" else None,
        masses=queries.masses_that_count(row),
        site=row.site,
    )
    back = reverse("treatment:check-in", args=[session])

    def act() -> str | Mapping[str, Any]:
        outcome = weighing.take_mass_back(
            session=session,
            mass=UUID(form.cleaned_data["mass"]),
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=at,
        )
        if isinstance(outcome, Refused):
            return {"decision": outcome.decision}
        messages.success(request, _("Taken back. It stays on record and counts for nothing."))
        return back

    page = {
        "title": _("A weight was wrong"),
        "back": back,
        "patient": pages.patient_card(row),
        "site": row.site,
        "save_word": _("Take it back"),
    }
    return editing.save(request, form, act, page=page)
