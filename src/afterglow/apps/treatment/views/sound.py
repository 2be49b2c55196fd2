"""Somebody listened to this screen's alarm sounds: what they heard is on record."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from afterglow.apps.treatment.models.infusion import EventKind
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.services import charting
from afterglow.apps.treatment.views.asking import find_session, refused, said
from afterglow.apps.treatment.views.infusion import key_of
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest

WAKE = frozenset({"held", "refused", "unsupported"})
_SCREEN = re.compile(r"[a-z0-9-]{8,40}")
"""The name that a browser made up for itself: it says which screen was heard, and nobody's."""


@login_required
@require_POST
def sound_test(request: StaffRequest, session: UUID) -> HttpResponse:
    """Record whether the three sounds were heard, and whether the screen stays on."""
    heard = request.POST.get("heard") == "yes"
    wake, screen = request.POST.get("wake", ""), request.POST.get("screen", "")
    outcome = charting.record_event(
        session=session,
        kind=EventKind.SOUND_TEST,
        label="heard" if heard else "not heard",
        data={
            "heard": heard,
            "wake": wake if wake in WAKE else "",
            "screen": screen if _SCREEN.fullmatch(screen) else "",
        },
        by=request.user,
        at=clock.now(),
        key=key_of(request),
    )
    if isinstance(outcome, Refused):
        row = find_session(request, session, action=Action.CHART)
        return refused(request, row, _("Sound test"), outcome.decision)
    words = (
        _("Sound test: heard.")
        if heard
        else _("Not heard: turn the volume up and test again. The monitor is the primary alarm.")
    )
    return said(request, session, words)
