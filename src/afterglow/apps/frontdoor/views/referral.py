"""A provider refers: one form without a field for the patient, and the page staff work from."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from afterglow.apps.audit import services as audit
from afterglow.apps.frontdoor.forms import ReferralForm
from afterglow.apps.frontdoor.models import Referral
from afterglow.apps.frontdoor.services.contact import refer as keep_referral
from afterglow.apps.frontdoor.services.limits import press
from afterglow.apps.frontdoor.views.frame import (
    frame,
    in_language,
    own_words,
    sender_of,
    wait_words,
)
from afterglow.core.frontdoor import ContactTime, ReferrerKind, TreatedCondition
from afterglow.core.permission import check
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@in_language
def refer(request: HttpRequest, *, language: str) -> HttpResponse:
    """Ask to be called about somebody one treats."""
    form = ReferralForm(request.POST or None)
    too_often = None
    if request.method == "POST" and form.is_valid():
        too_often = press(form="referral", sender=sender_of(request), at=clock.now())
        if too_often is None:
            given = form.cleaned_data
            keep_referral(
                site=given["site"],
                practice=given["practice"],
                name=given["name"],
                kind=ReferrerKind(given["kind"]),
                callback=given["callback"],
                treats=[TreatedCondition(code) for code in given["treats"]],
                times=[ContactTime(code) for code in given["times"]],
                language=language,
                person_agreed=given["person_agreed"],
                at=clock.now(),
            )
            return redirect("frontdoor:refer-sent", language=language)
        form.add_error(None, wait_words(too_often))
    context = {
        **frame(language, slug="refer", path=request.path),
        **own_words("refer", language),
        "form": form,
    }
    status = 200 if request.method != "POST" else 422 if too_often is None else 429
    return render(request, "frontdoor/refer.html", context, status=status)


@never_cache
@require_safe
@in_language
def sent(request: HttpRequest, *, language: str) -> HttpResponse:
    """Say that the request is there and what comes next."""
    return render(request, "frontdoor/refer_sent.html", frame(language, path=request.path))


@login_required
@require_safe
def staff_page(request: StaffRequest, referral: UUID) -> HttpResponse:
    """Show one referral to who works at its site; that it was read is noted."""
    row = get_object_or_404(Referral.objects.select_related("site"), public_id=referral)
    check(Action.DO_TASK, by=request.user, site=row.site, on=clock.today(row.site))
    audit.record("referral-read", subject=row, by=request.user, at=clock.now(), site=row.site)
    return render(request, "frontdoor/staff_referral.html", {"row": row})
