"""Acknowledge and silence alarms."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from afterglow.apps.monitoring import services
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.monitoring.protocol import rules_of
from afterglow.apps.treatment.views.asking import find_session, refused, said
from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest

_ANSWERS = {"yes": True, "no": False}


@login_required
@require_POST
def acknowledge(request: StaffRequest, session: UUID, alarm: UUID) -> HttpResponse:
    """Record that somebody has seen it, and the answer to "symptomatic?" where it was asked."""
    _of(session, alarm)
    services.acknowledge_alarm(
        alarm=alarm,
        by=request.user,
        at=clock.now(),
        symptomatic=_ANSWERS.get(request.POST.get("symptomatic", "")),
    )
    return said(request, session, "")


@login_required
@require_POST
def probe_off(request: StaffRequest, session: UUID, alarm: UUID) -> HttpResponse:
    """Record that somebody looked and that a zero of the device is a probe that is off."""
    _of(session, alarm)
    services.say_probe_is_off(alarm=alarm, by=request.user, at=clock.now())
    return said(request, session, "")


@login_required
@require_POST
def silence(request: StaffRequest, session: UUID, alarm: UUID) -> HttpResponse:
    """Take the sound away for as long as the protocol allows."""
    row = find_session(request, session, action=Action.ACKNOWLEDGE_ALARM)
    found = _of(session, alarm)
    span: timedelta = rules_of(row).alarms.silence_at_most[AlarmPriority(found.priority)]
    outcome = services.silence_alarm(alarm=alarm, span=span, by=request.user, at=clock.now())
    if isinstance(outcome, services.Refused):
        return refused(request, row, _("Silence"), outcome.decision)
    return said(request, session, "")


def _of(session: UUID, alarm: UUID) -> Alarm:
    found = Alarm.objects.filter(public_id=alarm, session__public_id=session).first()
    if found is None:
        raise Http404("There is no such alarm in this session.")
    return found
