"""What a tablet keeps so that a session's pages open, and record, without a connection."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.middleware import visible_when_locked
from afterglow.apps.assessments import queries as assessments
from afterglow.apps.events import outbox
from afterglow.apps.treatment import offline_kit, queries
from afterglow.apps.treatment.forms.closing import RecoveryForm, ScoreForm
from afterglow.apps.treatment.forms.starting import VitalsForm
from afterglow.apps.treatment.views.asking import find_session
from afterglow.apps.treatment.views.infusion import whole_page
from afterglow.core.roles import Action
from afterglow.core.treatment.lifecycles import BEFORE_START, SessionState
from afterglow.web import clock
from afterglow.web import kept as design
from afterglow.web.requests import StaffRequest

_WORKER = design.OWN / "afterglow" / "worker.js"


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Give the service worker. It holds no patient, and answers for pages of sessions only."""
    facts = {
        "version": design.version(),
        "prefix": design.PREFIX,
        "keepSeconds": int(offline_kit.KEEP_FOR.total_seconds()),
    }
    script = f"const FACTS = {json.dumps(facts)};\n{_WORKER.read_text(encoding='utf-8')}"
    return HttpResponse(
        script,
        content_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": design.SCOPE},
    )


@visible_when_locked
@login_required
@require_safe
def kit(request: StaffRequest, session: UUID) -> JsonResponse:
    """Give what a tablet needs to record this session without a connection."""
    row = find_session(request, session, action=Action.VIEW_CHART)
    at = clock.now()
    found = offline_kit.kit(row, request.user, at=at)
    if not policies.can(Action.CHART, by=request.user, site=row.site, on=row.site.local_date(at)):
        found["why_not"] = "may_not"
    locked = getattr(request, "screen_locked", False)
    return JsonResponse(found | {"locked": locked, "csrf": get_token(request)})


@visible_when_locked
@login_required
@require_safe
def page(request: StaffRequest, session: UUID) -> HttpResponse:
    """Give the infusion page as it is kept: locked, without who the patient is."""
    place = outbox.position()
    row = find_session(request, session, action=Action.VIEW_CHART)
    at = clock.now()
    if queries.infusion_of(row) is None and row.state in BEFORE_START:
        return HttpResponse(_("Nothing runs yet."), status=409)
    context = whole_page(row, at, locked=True, kept=True) | {
        "live_after": str(place),
        "messages": (),  # they are for whoever is here now, and are not kept on a tablet
    }
    html = render_to_string("treatment/infusion.html", context, request)
    return HttpResponse(design.as_kept(html))


@visible_when_locked
@login_required
@require_safe
def recovery(request: StaffRequest, session: UUID) -> HttpResponse:
    """Give the recovery page as it is kept: what can be typed, blank, without who the patient is.

    A blank changes nothing, so nothing of what was found before has to lie on the tablet.
    """
    row = find_session(request, session, action=Action.VIEW_CHART)
    if row.state != SessionState.RECOVERY:
        return HttpResponse(_("Nobody recovers."), status=409)
    at = clock.now()
    known = assessments.instruments_in_use(offline_kit.RECOVERY_SCALES, at=at)
    context = {
        "session": row,
        "site": row.site,
        "is_in_recovery": True,
        "kept": True,
        "now": at,
        "live_after": str(outbox.position()),
        "set_form": VitalsForm(prefix="set"),
        "scores": [(ScoreForm(instrument=instrument), None) for _row, instrument in known.values()],
        "recovery_form": RecoveryForm(),
    }
    html = render_to_string("treatment/recovery_kept.html", context, request)
    return HttpResponse(design.as_kept(html))
