"""The rehearsal's pages: a room that is not a patient. They read no chart and write nothing."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.conditions import AlarmPriority
from afterglow.simulator import rehearsal
from afterglow.web.cards import AlarmLevel
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import alarm_sentence, name_words, value_words


@login_required
@require_safe
def page(request: StaffRequest) -> HttpResponse:
    """Offer what can be rehearsed."""
    return render(request, "rehearsal/choose.html", {"scripts": rehearsal.plan().scripts})


@login_required
@require_safe
def room(request: StaffRequest, scenario: str) -> HttpResponse:
    """Show the room of one rehearsal."""
    script = _script(scenario)
    context = {
        "script": script,
        "acts": rehearsal.plan().acts,
        "signs": SIGNS,
        "levels": list(AlarmLevel),
        "minutes": int(rehearsal.plan().lasts.total_seconds() // 60),
        "trend": {
            "zone": "UTC",
            "origin": 0,
            "whole": [0, int(rehearsal.plan().lasts.total_seconds())],
            "limits": _limits(),
            "lines": [],
            "events": [],
            "gap_s": {"pressure": 3 * rehearsal.plan().pressure_every.total_seconds()},
        },
    }
    return render(request, "rehearsal/room.html", context)


SIGNS = (
    ("heart", "HR", "/min"),
    ("pressure", "BP", "mmHg"),
    ("oxygen", "SpO2", "%"),
    ("breath", "RR", "/min"),
    ("co2", "EtCO2", "mmHg"),
)


@login_required
@require_safe
def story(request: StaffRequest, scenario: str) -> JsonResponse:
    """Tell what happens, with what was done so far: ``?did=120:stop,180:call``.

    It answers a question and changes nothing, so it is a GET: the acts are part of the question.
    """
    _script(scenario)
    try:
        found = rehearsal.rehearse(scenario, _acts(request.GET.get("did", "")))
    except InvalidValue as wrong:
        return JsonResponse({"problem": str(wrong)}, status=422)
    return JsonResponse(
        {
            "frames": found.frames,
            "pressures": found.pressures,
            "alarms": [_said(alarm) for alarm in found.alarms],
            "seen": [{"t": cue["t"], "say": name_words(cue["say"])} for cue in found.seen],
            "answered_s": found.answered_s,
            "begins_s": int(rehearsal.plan().begins.total_seconds()),
            "silence_s": {
                level: rehearsal.rules().alarms.silence_at_most[priority].total_seconds()
                for level, priority in _SILENCED.items()
            },
            "silences_in_a_row": rehearsal.rules().alarms.silences_in_a_row,
        }
    )


_SILENCED = {
    "red": AlarmPriority.HIGH,
    "amber": AlarmPriority.MEDIUM,
    "technical": AlarmPriority.LOW,
}


def _script(scenario: str) -> rehearsal.Script:
    try:
        return rehearsal.plan().script(scenario)
    except InvalidValue as wrong:
        raise Http404(str(wrong)) from None


def _acts(text: str) -> list[rehearsal.Done]:
    found = []
    for part in filter(None, text.split(",")):
        at, _, act = part.partition(":")
        if not (at.isascii() and at.isdigit() and act in set(rehearsal.Act)):
            raise InvalidValue(f"{part[:40]!r} is no act of a rehearsal, such as 120:stop.")
        found.append(rehearsal.Done(int(at), rehearsal.Act(act)))
    return found


def _said(alarm: dict[str, Any]) -> dict[str, Any]:
    level = "red" if alarm["priority"] == "high" else "amber"
    if alarm["kind"] == "technical" and level != "red":
        level = "technical"
    sentence = alarm_sentence(
        alarm["code"],
        sentence=alarm["sentence"],
        about=alarm["about"],
        seen=alarm["seen"],
        limit=alarm["limit"],
    )
    return {
        "t": alarm["t"],
        "alarm": alarm["alarm"],
        "act": alarm["act"],
        "level": level,
        "word": sentence,
        "seen": value_words(alarm["seen"]),
        "limit": value_words(alarm["limit"]),
    }


def _limits() -> list[dict[str, Any]]:
    drawn = {"systolic": "pressure", "spo2": "oxygen"}
    return [
        {
            "sign": drawn[limit.sign],
            "value": float(limit.number),
            "level": "red" if limit.priority == "high" else "amber",
        }
        for limit in rehearsal.rules().limits
        if limit.sign in drawn and limit.number is not None
    ]
