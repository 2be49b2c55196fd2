"""The drug cabinet: vials on hand, a delivery, a vial's statement."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.queries import current_site
from afterglow.apps.accounts.services import countersign
from afterglow.apps.places.models import Site
from afterglow.apps.stock import queries, services
from afterglow.apps.stock.forms import ReceiveForm, RemoveForm
from afterglow.apps.stock.models import Vial
from afterglow.core.decisions import Decision
from afterglow.core.roles import Action
from afterglow.core.stock import LedgerKind
from afterglow.web import clock, editing
from afterglow.web.cards import Words
from afterglow.web.requests import StaffRequest

both = require_http_methods(["GET", "POST"])

KIND_WORDS: dict[LedgerKind, Words] = {
    LedgerKind.RECEIVED: gettext_lazy("Received"),
    LedgerKind.DRAWN: gettext_lazy("Drawn"),
    LedgerKind.WASTED: gettext_lazy("Wasted"),
    LedgerKind.GIVEN: gettext_lazy("Given"),
    LedgerKind.RETURNED: gettext_lazy("Returned to the vial"),
    LedgerKind.LOST: gettext_lazy("Lost"),
    LedgerKind.CORRECTION_UP: gettext_lazy("Corrected upwards"),
    LedgerKind.CORRECTION_DOWN: gettext_lazy("Corrected downwards"),
}


def _site(request: StaffRequest) -> Site:
    site = current_site(request)
    if site is None:
        raise Http404("Nobody works at no site.")
    return site


@login_required
@require_safe
def stock(request: StaffRequest) -> HttpResponse:
    """Show a site's vials and milligrams, and (when asked) whether the chain is whole."""
    site = _site(request)
    policies.check(Action.DRAW_STOCK, by=request.user, site=site, on=clock.today(site))
    vials = list(queries.open_vials(site))
    held = queries.vial_balances(vials)
    page = {
        "site": site,
        "today": clock.today(site),
        "vials": [(vial, held[vial.pk]) for vial in vials],
        "balance": queries.site_balance(site),
        "may_receive": policies.can(
            Action.RECEIVE_STOCK, by=request.user, site=site, on=clock.today(site)
        ),
    }
    if "check" in request.GET:
        page["checked"] = True
        page["breaks"] = queries.broken_links(site)
    return render(request, "stock/stock.html", page)


@login_required
@both
def receive(request: StaffRequest) -> HttpResponse:
    """Receive one delivery."""
    site = _site(request)
    policies.check(Action.RECEIVE_STOCK, by=request.user, site=site, on=clock.today(site))
    form = ReceiveForm(request.POST or None)

    def act() -> str:
        data = form.cleaned_data
        vials = services.receive_vials(
            site=site,
            product=data["product"],
            numbers=form.numbers,
            lot=data["lot"].strip(),
            expires_on=data["expires_on"],
            contents=form.contents,
            by=request.user,
            at=clock.now(),
            key=data["key"],
        )
        said = ngettext("%(count)d vial received.", "%(count)d vials received.", len(vials))
        messages.success(request, said % {"count": len(vials)})
        return reverse("stock:stock")

    page = {
        "title": _("Receive vials"),
        "site": site,
        "save_word": _("Receive"),
        "back": reverse("stock:stock"),
    }
    return editing.save(request, form, act, page=page)


@login_required
@both
def vial(request: StaffRequest, vial: UUID) -> HttpResponse:
    """Show a vial's statement, and remove what it still holds before a witness."""
    row = get_object_or_404(Vial.objects.select_related("site", "product"), public_id=vial)
    today = clock.today(row.site)
    policies.check(Action.DRAW_STOCK, by=request.user, site=row.site, on=today)
    form = RemoveForm(request.POST or None)

    def act() -> str | dict[str, Any]:
        at = clock.now()
        signed = countersign(
            by=form.second,
            beside=request.user,
            act=services.REST_REMOVED,
            subject=row,
            at=at,
            action=Action.WITNESS,
            site=row.site,
            on=today,
        )
        if isinstance(signed, Decision):
            return {"decision": signed}
        services.write_off_rest(
            vial=vial,
            kind=LedgerKind(form.cleaned_data["kind"]),
            reason=form.cleaned_data["reason"],
            by=request.user,
            witness=signed,
            at=at,
            key=form.cleaned_data["key"],
        )
        messages.success(request, _("Recorded. The vial is closed."))
        return reverse("stock:vial", args=[vial])

    page = {
        "vial": row,
        "site": row.site,
        "today": today,
        "held": queries.vial_balance(row),
        "lines": [
            (line, KIND_WORDS[LedgerKind(line.entry.kind)]) for line in queries.statement(row)
        ],
    }
    return editing.save(request, form, act, page=page, template="stock/vial.html")
