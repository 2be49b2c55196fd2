"""Preparation: vial, draw before a witness, bag, label, the second person's read-back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from afterglow.apps.accounts import policies
from afterglow.apps.accounts import queries as people
from afterglow.apps.accounts.models import Countersignature
from afterglow.apps.accounts.services import SecondPerson, countersign
from afterglow.apps.documents.views import give
from afterglow.apps.stock import queries as stock
from afterglow.apps.stock.models import Vial
from afterglow.apps.treatment import labels, pages, planning, queries
from afterglow.apps.treatment.forms.preparing import (
    DILUENTS,
    BagForm,
    DiscardForm,
    PrepareForm,
    ReadBackForm,
)
from afterglow.apps.treatment.models import Infusion, Preparation
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.protocol import rules_of
from afterglow.apps.treatment.services import preparation as services
from afterglow.apps.treatment.services.accounting import WASTE
from afterglow.apps.treatment.shown.once import may_be_overridden, said_once
from afterglow.apps.treatment.views.asking import find_session
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision, Reason
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Action
from afterglow.core.treatment.codes.draw import VIAL_OPENED_EARLIER
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.core.treatment.saying import span
from afterglow.web import clock, editing
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words

both = require_http_methods(["GET", "POST"])
TEMPLATE = "treatment/prepare.html"


def second_signs(
    request: StaffRequest,
    session: TreatmentSession,
    second: SecondPerson,
    *,
    act: str,
    subject: Any,
    action: Action,
    at: datetime,
    first: Action = Action.CHART,
) -> Countersignature | Decision:
    """Let a second person sign one act of this session, or say why not.

    Raises Forbidden for who may not do ``first`` here: nobody tries other people's PINs beside an
    act that is not theirs.
    """
    on = session.site.local_date(at)
    policies.check(first, by=request.user, site=session.site, on=on)
    return countersign(
        by=second,
        beside=request.user,
        act=act,
        subject=subject,
        at=at,
        action=action,
        site=session.site,
        on=on,
    )


def beside(request: StaffRequest, at: datetime) -> dict[str, str]:
    """Offer who signed in beside this person last; their PIN is asked for every act."""
    return {"username": people.last_beside(request.user, at=at)}


@login_required
@both
def prepare(request: StaffRequest, session: UUID) -> HttpResponse:
    """Choose the vial and the bag, see what to draw, and chart what was drawn."""
    row = pages.open_session(request, session)
    at = clock.now()
    page = _page(row, at)
    standing = queries.preparation_in_use(row)
    if standing is not None:
        if request.method == "POST":  # a late second press finds the bag that the first one made
            return redirect("treatment:prepare", session=session)
        page |= {**_of_bag(standing), "read_form": ReadBackForm(initial=beside(request, at))}
        return render(request, TEMPLATE, page)
    vials = list(
        stock.open_vials(row.site).filter(
            product__medicine="ketamine", expires_on__gte=row.local_date
        )
    )
    vials.sort(key=lambda each: _opened_earlier(each, row))  # and, within, the first to expire
    vial = _vial(request, vials)
    rules = rules_of(row.protocol_id).dosing
    bag = _bag(request, rules)
    try:
        planned = planning.dose_plan(
            row,
            at=at,
            strength=vial.strength_mg_per_ml if vial else None,
            diluent=bag.diluent if bag.is_valid() else None,
        )
    except InvalidValue as impossible:
        bag.add_error(None, error_words(impossible))
        planned = planning.dose_plan(row, at=at)
    form = PrepareForm(
        request.POST if request.method == "POST" else None,
        vial=vial,
        diluents=rules.preparation.diluents,
        initial={"diluent_name": rules.preparation.diluents[0], **beside(request, at)},
    )
    page |= {
        "vials": vials,
        "vial": vial,
        "bag": bag,
        "planned": planned,
        "shelf": _shelf(vials, row),
        "opened_earlier": _caution(vial, row, at) if vial else None,
    }

    def act() -> str | Mapping[str, Any]:
        if vial is None or not bag.is_valid():
            raise InvalidValue("Choose a vial and a bag first.")
        witness = second_signs(
            request,
            row,
            form.second,
            act=services.DRAWN,
            subject=row,
            action=Action.WITNESS,
            at=at,
            first=Action.PREPARE,
        )
        if isinstance(witness, Decision):
            return {"decision": witness}
        outcome = services.prepare(
            session=session,
            vial=vial.public_id,
            label_strength=form.strength,
            drawn=form.drawn,
            diluent_name=form.cleaned_data["diluent_name"],
            diluent=bag.diluent,
            by=request.user,
            at=at,
            key=form.cleaned_data["key"],
            witness=witness,
        )
        if isinstance(outcome, Refused):
            gate = "draw" if may_be_overridden(outcome.decision) else ""
            return {"decision": said_once(outcome.decision), "override_gate": gate}
        messages.success(request, _("Charted as drawn. Now the second person reads it back."))
        return reverse("treatment:prepare", args=[session])

    return editing.save(request, form, act, page=page, template=TEMPLATE)


@login_required
@require_POST
def read_back(request: StaffRequest, session: UUID) -> HttpResponse:
    """Take what the second person reads, and sign them in for it."""
    row = pages.open_session(request, session)
    at = clock.now()
    bag = queries.preparation_in_use(row)
    if bag is None:
        return redirect("treatment:prepare", session=session)
    form = ReadBackForm(request.POST)

    def act() -> str | Mapping[str, Any]:
        second = second_signs(
            request,
            row,
            form.second,
            act=services.READ,
            subject=bag,
            action=Action.CHECK_PREPARATION,
            at=at,
            first=Action.PREPARE,
        )
        if isinstance(second, Decision):
            return {"read_form": form, "decision": second}
        outcome = services.check_preparation_read_back(
            session=session, read_back=form.read_back, second=second, by=request.user, at=at
        )
        if isinstance(outcome, Refused):
            return {"read_form": form, "decision": outcome.decision}
        messages.success(request, _("Read back. The bag is ready."))
        return reverse("treatment:ready", args=[session])

    page = {**_page(row, at), **_of_bag(bag), "read_form": form}
    return editing.save(request, form, act, page=page, template=TEMPLATE)


@login_required
@require_POST
def discard(request: StaffRequest, session: UUID) -> HttpResponse:
    """Throw the bag away before it was started, before a witness."""
    row = pages.open_session(request, session)
    at = clock.now()
    bag = queries.preparation_in_use(row)
    if bag is None:
        return redirect("treatment:prepare", session=session)
    form = DiscardForm(request.POST, prefix="discard")

    def act() -> str | Mapping[str, Any]:
        witness = second_signs(
            request,
            row,
            form.second,
            act=WASTE,
            subject=bag,
            action=Action.WITNESS,
            at=at,
            first=Action.PREPARE,
        )
        if isinstance(witness, Decision):
            return {"decision": witness}
        outcome = services.discard_preparation(
            session=session,
            reason=form.cleaned_data["reason"],
            witness=witness,
            by=request.user,
            at=at,
            key=form.cleaned_data["key"],
        )
        if isinstance(outcome, Refused):
            return {"decision": outcome.decision}
        messages.success(request, _("Discarded, and written into the ledger as wasted."))
        there = "treatment:sign" if row.state == SessionState.ENDED else "treatment:prepare"
        return reverse(there, args=[session])

    page = {
        **_page(row, at),
        **_of_bag(bag),
        "discard_form": form,
        "read_form": ReadBackForm(initial=beside(request, at)),
    }
    return editing.save(request, form, act, page=page, template=TEMPLATE)


@login_required
@require_safe
def label(request: StaffRequest, session: UUID) -> HttpResponse:
    """Give the bag's label as a file to print."""
    row = find_session(request, session, action=Action.PREPARE)
    bag = queries.preparation_in_use(row)
    if bag is None:
        raise Http404("Nothing has been prepared.")
    at = clock.now()
    return give(request, labels.keep_label(bag, by=request.user, at=at), at=at, name="label.pdf")


def _page(session: TreatmentSession, at: datetime) -> dict[str, Any]:
    return {
        **pages.frame(session, step=pages.PREPARE, at=at),
        "protocol": rules_of(session.protocol_id),
    }


def _of_bag(bag: Preparation) -> dict[str, Any]:
    return {
        "in_use": bag,
        "diluent_words": DILUENTS.get(bag.diluent, bag.diluent),
        "may_discard": bag.session.state
        in (SessionState.PREPARING, SessionState.READY, SessionState.ENDED)
        and not Infusion.objects.filter(preparation=bag).exists(),
        "discard_form": DiscardForm(prefix="discard"),
    }


def _opened_earlier(vial: Vial, session: TreatmentSession) -> bool:
    opened = vial.opened_at
    return opened is not None and session.site.local_date(opened) != session.local_date


def _shelf(vials: list[Vial], session: TreatmentSession) -> list[tuple[Vial, Decimal, bool]]:
    """Return each vial with the milligrams left in it, and whether it is of an earlier day."""
    held = stock.vial_balances(vials)
    return [(each, held[each.pk].on_hand, _opened_earlier(each, session)) for each in vials]


def _caution(vial: Vial, session: TreatmentSession, at: datetime) -> Reason | None:
    """Return what the draw will remark of a vial that was opened on an earlier day."""
    if vial.opened_at is None or not _opened_earlier(vial, session):
        return None
    limit = rules_of(session.protocol_id).session.draw.vial_open
    return VIAL_OPENED_EARLIER.reason(seen=span(at - vial.opened_at), limit=span(limit))


def _vial(request: StaffRequest, vials: list[Vial]) -> Vial | None:
    wanted = request.POST.get("vial") or request.GET.get("vial", "")
    found = next((each for each in vials if str(each.public_id) == wanted), None)
    return found or (vials[0] if len(vials) == 1 else None)


def _bag(request: StaffRequest, rules: Any) -> BagForm:
    usual = rules.preparation.bag_usual.value
    asked = request.POST if request.method == "POST" else request.GET
    return BagForm(
        {
            "bag_ml": asked.get("bag_ml") or str(usual),
            "line_ml": asked.get("line_ml") or "0",
            "residual_ml": asked.get("residual_ml") or "0",
        }
    )
