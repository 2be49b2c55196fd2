"""What lies under the graph and the grid: raw readings, and the undo of an entry by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from afterglow.apps.accounts.middleware import visible_when_locked
from afterglow.apps.monitoring import lines, services
from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.monitoring.models import VitalSign
from afterglow.apps.monitoring.trends import RawReading, raw_readings
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.forms.infusion import ReasonForm
from afterglow.apps.treatment.outcomes import Done, Refused
from afterglow.apps.treatment.services import mistakes
from afterglow.apps.treatment.shown.grid import VITALS
from afterglow.apps.treatment.shown.trend import trend
from afterglow.apps.treatment.tickets import outlives_sign_in
from afterglow.apps.treatment.views.asking import (
    Ask,
    find_session,
    instant_of,
    is_htmx,
    last_pump_action,
    said,
)
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision
from afterglow.core.monitoring.catalogue import VitalSignCode
from afterglow.core.monitoring.readings import Source
from afterglow.core.roles import Action
from afterglow.db.looks import looking
from afterglow.web import clock
from afterglow.web.requests import StaffRequest

MINUTE = "minute"
"""The name under which every sign of one minute is asked for, as the graph does."""
_LINES = {line.field: (line.label, tuple(map(VitalSignCode, line.codes))) for line in VITALS}


@visible_when_locked
@outlives_sign_in
@require_safe
def trend_json(request: StaffRequest, session: UUID) -> HttpResponse:
    """Give the graph's data anew, after what is believed has changed."""
    row = find_session(request, session, action=Action.VIEW_CHART)
    infusion = queries.infusion_of(row)
    with looking():
        text = trend(row, started=infusion.started_at if infusion else None, at=clock.now())
    return HttpResponse(text, content_type="application/json")


@login_required
@require_safe
def raw(request: StaffRequest, session: UUID, line: str, since: int) -> HttpResponse:
    """Show the raw readings of a column of the grid, or of one minute of the graph."""
    row = find_session(request, session, action=Action.VIEW_CHART)
    begin, end, title, signs = _stretch(row, line, since)
    found = raw_readings(row, signs=signs, since=begin, until=end)
    part = "treatment/infusion/_raw.html"
    context: dict[str, Any] = {
        "session": row,
        "site": row.site,
        "title": title,
        "since": begin,
        "until": end,
        "groups": _beside(found),
        "count": len(found),
        "paper": queries.kept_on_paper(row),
        "last": last_pump_action(row),
        "part": part,
    }
    layout = part if is_htmx(request) else "treatment/infusion/ask_page.html"
    return render(request, layout, context)


def _stretch(
    session: TreatmentSession, line: str, since: int
) -> tuple[datetime, datetime, str, tuple[VitalSignCode, ...]]:
    if line == MINUTE:
        try:
            begin = datetime.fromtimestamp(since, UTC)
        except (OverflowError, ValueError):
            raise Http404(f"{since} is not a time.") from None
        return begin, begin + timedelta(minutes=1), _("Readings of this minute"), tuple(_SIGNS)
    if line not in _LINES:
        raise Http404(f"The grid has no line {line!r}.")
    at = clock.now()
    for slot in monitoring.schedule(session, at=at):
        if int(slot.opens_at.timestamp()) == since:
            label, signs = _LINES[line]
            title = _("%(sign)s: every reading") % {"sign": label}
            also = (VitalSignCode.MEAN,) if line == "pressure" else ()
            end = slot.closes_at or at + timedelta(seconds=1)
            return slot.opens_at, end, title, (*signs, *also)
    raise Http404("The schedule of this session has no such column any more.")


_SIGNS = list(VitalSignCode)


def _beside(found: tuple[RawReading, ...]) -> list[tuple[Source, list[list[RawReading]]]]:
    """Hand and device side by side; what was measured together is one line."""
    groups: list[tuple[Source, list[list[RawReading]]]] = []
    for source in Source:
        lines: dict[tuple[UUID, datetime], list[RawReading]] = {}
        for one in found:
            if one.source is source:
                lines.setdefault((one.batch, one.taken_at), []).append(one)
        if lines:
            groups.append((source, list(lines.values())))
    return groups


PRESSURES = (VitalSignCode.SYSTOLIC, VitalSignCode.DIASTOLIC, VitalSignCode.MEAN)


class Believe(Ask):
    """A reading that was marked as artefact, and is one that counts after all."""

    title = gettext_lazy("Believe this reading again")
    verb = gettext_lazy("Believe it again")
    form_class = ReasonForm

    def readings(self) -> list[VitalSign]:
        """Return the reading, and the other half of a pressure with it."""
        sign = self.kwargs["sign"]
        codes = PRESSURES if sign in PRESSURES else (sign,)
        found = VitalSign.objects.filter(
            lines.stored(self.session.pk),
            session=self.session,
            batch=self.kwargs["batch"],
            code__in=codes,
            flag="",
        )
        at = instant_of(self.request.GET.get("at", ""))
        rows = list((found.filter(taken_at=at) if at is not None else found).order_by("pk"))
        if not any(row.code == sign for row in rows):
            raise Http404("There is no such reading in this session that a person may judge.")
        return rows

    def context(self) -> dict[str, Any]:
        """Find the reading first: an address of none is not found."""
        return {"batch": self.readings()}

    def act(self, form: Any) -> Done[Any] | Refused:
        """Take the mark back; it and its undo both stay on record."""
        marks = [
            services.mark_artefact(
                reading=row.pk,
                is_artefact=False,
                reason=form.cleaned_data["reason"],
                by=self.request.user,
                at=self.at,
            )
            for row in self.readings()
        ]
        return Done(marks[0], Decision())

    def words(self, done: Done[Any], form: Any) -> str:
        """Say that it counts again."""
        return _("It counts again. Both judgements stay on record.")


@login_required
@require_POST
def undo_entry(request: StaffRequest, session: UUID, batch: UUID) -> HttpResponse:
    """Take back a column that was just typed: all of it stays on record and counts no more."""
    find_session(request, session, action=Action.CHART)
    mistakes.take_back_column(session=session, column=batch, by=request.user, at=clock.now())
    return said(
        request,
        session,
        _("Taken back. Readings and scores stay on record as entered in error."),
    )
