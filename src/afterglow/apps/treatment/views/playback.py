"""Play a finished session back, for review and teaching. It shows nobody's name."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from afterglow.apps.people import queries as people
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.pages import open_session
from afterglow.apps.treatment.shown import playback as shown
from afterglow.apps.treatment.shown.trend import script_element
from afterglow.apps.treatment.shown.vitals import empty_cards
from afterglow.db.looks import looking
from afterglow.web import clock
from afterglow.web.cards import AlarmLevel
from afterglow.web.requests import StaffRequest


@login_required
@require_safe
def page(request: StaffRequest, session: UUID) -> HttpResponse:
    """Show the session as it was. One that still runs leads to the room: playback is not live."""
    row = open_session(request, session)
    infusion = queries.infusion_of(row)
    if infusion is None or infusion.ended_at is None:
        return redirect("treatment:session", session=session)
    with looking():
        found = shown.playback(row, infusion, at=clock.now())
        mass = queries.mass_today(row)
        context = {
            "session": row,
            "site": row.site,
            "playback": found,
            "age": people.age(row.patient.date_of_birth, row.local_date),
            "mass": mass.mass_kg.value if mass else None,
            "order": infusion.preparation.order,
            "drawn": infusion.preparation.drawn_mg,
            "vitals": empty_cards(),
            "levels": list(AlarmLevel),
            "trend": script_element("trend-data", found.trend),
            "script": script_element("playback-data", found.script),
        }
        return render(request, "treatment/playback.html", context)
