"""What a tablet kept while it was offline: take it in, show what waits, settle it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from afterglow.apps.accounts.middleware import note_acted_when_locked, works_when_locked
from afterglow.apps.treatment import pages, queries
from afterglow.apps.treatment.forms.settling import SettleForm
from afterglow.apps.treatment.models import OfflineEntry
from afterglow.apps.treatment.models.infusion import PumpActionKind
from afterglow.apps.treatment.models.offline import OfflineOutcome
from afterglow.apps.treatment.offline_words import DONE, said
from afterglow.apps.treatment.outcomes import Refused, from_json
from afterglow.apps.treatment.services import offline as services
from afterglow.apps.treatment.services.offline_authors import Claim
from afterglow.apps.treatment.services.offline_lines import PUMP
from afterglow.apps.treatment.services.offline_ways import ChartedNow, Ways, ways_of
from afterglow.apps.treatment.views.asking import find_session, instant_of, last_pump_action
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import sentence_of

MOST = 500
"""Entries in one request; a tablet sends the rest in the next."""


@works_when_locked  # it looks at the lock itself
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def entries(request: StaffRequest, session: UUID) -> HttpResponse:
    """Take in what a tablet sends as JSON, or show what was taken in and what waits.

    A locked screen shows nothing and sends only what needs no unlocking: a stop, and what its
    writer put under a PIN of their own. The rest stays on the tablet, answered by "locked".
    """
    locked = getattr(request, "screen_locked", False)
    if locked and request.method != "POST":
        return redirect(f"{reverse('accounts:unlock')}?next={request.path}")
    row = find_session(request, session, action=Action.CHART)
    if request.method == "POST":
        return _take_in(request, row, locked=locked)
    return _page(request, pages.open_session(request, session))


def _take_in(request: StaffRequest, row: TreatmentSession, *, locked: bool) -> HttpResponse:
    try:
        tablet, typed = _read(request.body)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        return JsonResponse(
            {"error": _("What the tablet sent could not be read: %(why)s") % {"why": problem}},
            status=400,
        )
    if len(typed) > MOST:
        words = _("%(seen)d entries at once; the limit is %(limit)d.")
        return JsonResponse({"error": words % {"seen": len(typed), "limit": MOST}}, status=413)
    held = [each for each in typed if locked and not _needs_no_unlocking(each)]
    taken = [each for each in typed if each not in held]
    at = clock.now()
    kept = services.take_in(
        session=row.public_id, tablet=tablet, entries=taken, by=request.user, at=at
    )
    waits = [{"key": str(each.key), "outcome": "locked", "reasons": []} for each in held]
    for entry in kept.values():
        if locked and not entry.claimed and entry.arrived_at == at:
            note_acted_when_locked(request, session=row.public_id, entry=entry.public_id)
    return JsonResponse({"entries": [*(_answer(*each) for each in kept.items()), *waits]})


def _needs_no_unlocking(typed: services.Typed) -> bool:
    is_stop = typed.kind == PUMP and typed.body.get("kind") == PumpActionKind.STOP
    return is_stop or typed.claim is not None


def _read(body: bytes) -> tuple[UUID, list[services.Typed]]:
    sent: Any = json.loads(body.decode())
    typed = []
    for entry in sent["entries"]:
        happened = instant_of(str(entry["happened_at"]))
        if happened is None:
            raise ValueError(f"{str(entry['happened_at'])[:40]!r} is not a time with its zone")
        typed.append(
            services.Typed(
                key=UUID(str(entry["key"])),
                kind=str(entry["kind"]),
                body=dict(entry["body"]),
                happened_at=happened,
                typed_by=UUID(str(entry["typed_by"])) if entry.get("typed_by") else None,
                claim=_claim(entry.get("claim")),
            )
        )
    return UUID(str(sent["tablet"])), typed


def _claim(sent: Any) -> Claim | None:
    return Claim.of(str(sent["login"]), dict(sent["sealed"])) if sent else None


def _answer(key: UUID, entry: OfflineEntry) -> dict[str, Any]:
    return {
        "key": str(key),
        "outcome": str(entry.outcome),
        "reasons": _sentences(entry),
    }


def _sentences(entry: OfflineEntry) -> list[str]:
    reasons = from_json(entry.reasons, overridden=False).blockers
    return [sentence_of(why, entry.session.site) for why in reasons]


def _page(
    request: StaffRequest, row: TreatmentSession, *, status: int = 200, **more: Any
) -> HttpResponse:
    kept = list(
        OfflineEntry.objects.filter(session=row)
        .select_related("typed_by", "by", "resolution__by", "session__site")
        .order_by("happened_at", "pk")
    )
    infusion = queries.infusion_of(row)
    waiting = [entry for entry in kept if _waits(entry)]
    asked = str(more.get("about") or request.GET.get("entry", ""))
    looked_at = next((each for each in waiting if str(each.public_id) == asked), None)
    looked_at = looked_at or next(iter(waiting), None)
    shown = [_shown(request, row, entry, tried=entry is looked_at) for entry in kept]
    context = {
        "session": row,
        "site": row.site,
        "patient_card": pages.patient_card(row),
        "shown": shown,
        "waiting": len(waiting),
        "actions": [
            (action, DONE[action.kind])
            for action in (queries.actions_of(infusion) if infusion else ())
        ],
        "last": last_pump_action(row),
        **more,
    }
    return render(request, "treatment/offline.html", context, status=status)


def _waits(entry: OfflineEntry) -> bool:
    return entry.outcome != OfflineOutcome.CHARTED and not hasattr(entry, "resolution")


def _shown(
    request: StaffRequest, row: TreatmentSession, entry: OfflineEntry, *, tried: bool
) -> dict[str, Any]:
    """Return one entry in words; of the one that is looked at, what can become of it now."""
    told = _sentences(entry)
    ways: Ways | None = None
    busy = False
    if tried:
        try:
            ways = ways_of(row, entry, by=request.user, at=clock.now())
        except ChartedNow:
            busy = True
    there = reverse("treatment:offline", args=[row.public_id])
    now = [sentence_of(why, row.site) for why in ways.against.blockers] if ways else []
    return {
        "entry": entry,
        "said": said(entry),
        "reasons": told,
        "waits": _waits(entry),
        "ways": ways,
        "busy": busy,
        "look": f"{there}?entry={entry.public_id}#entry-{entry.public_id}",
        "against": now,
        "same": now == told,
        "later_word": DONE[ways.later.kind] if ways and ways.later else "",
    }


@login_required
@require_POST
def settle(request: StaffRequest, session: UUID, entry: UUID) -> HttpResponse:
    """Say what holds of one entry."""
    row = find_session(request, session, action=Action.CHART)
    get_object_or_404(OfflineEntry, public_id=entry, session=row)
    at = clock.now()
    form = SettleForm(request.POST, site=row.site, at=at, since=row.checked_in_at)
    if not form.is_valid():
        chosen = "choice" not in form.errors
        problems = (
            [str(words) for errors in form.errors.values() for words in errors]
            if chosen
            else [_("Say what becomes of the entry.")]
        )
        return _page(request, row, status=422, problems=problems, about=entry, typed=form)
    outcome = services.settle(
        session=session,
        entry=entry,
        choice=form.stored,
        reason=form.cleaned_data["reason"],
        by=request.user,
        at=at,
        happened_at=form.happened_at,
        really_ran=form.really_ran,
    )
    if isinstance(outcome, Refused):
        return _page(request, row, status=409, decision=outcome.decision, about=entry, typed=form)
    messages.success(request, _("Saved."))
    return redirect("treatment:offline", session=session)
