"""Pages of the definitions: the list, every cited leaf of one, approve and retire."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from afterglow.apps.definitions import queries, services
from afterglow.apps.definitions.models import Definition
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest


@login_required
@require_safe
def definitions(request: StaffRequest) -> HttpResponse:
    """List every version with where it stands."""
    lines = queries.all_definitions(clock.now())
    return render(request, "definitions/list.html", {"lines": lines})


@login_required
@require_safe
def definition(request: StaffRequest, definition: UUID) -> HttpResponse:
    """Show one version: its leaves with source and status, its approvals."""
    row = get_object_or_404(Definition, public_id=definition)
    return render(
        request,
        "definitions/definition.html",
        {
            "definition": row,
            "standing": queries.standing(row, clock.now()),
            "leaves": queries.cited_leaves(row),
            "approvals": row.approvals.order_by("-at"),
            "may_approve": request.user.may(
                Action.APPROVE_DEFINITION, site=None, on=clock.today(request.site)
            ).allowed,
        },
    )


@login_required
@require_POST
def approve(request: StaffRequest, definition: UUID) -> HttpResponse:
    """Approve a version from now on."""
    services.approve_definition(
        definition=definition, by=request.user, at=clock.now(), on=clock.today(request.site)
    )
    messages.success(request, _("Approved. New sessions use this version from now on."))
    return redirect("definitions:definition", definition=definition)


@login_required
@require_POST
def retire(request: StaffRequest, definition: UUID) -> HttpResponse:
    """Retire a version from now on."""
    services.retire_definition(
        definition=definition, by=request.user, at=clock.now(), on=clock.today(request.site)
    )
    messages.success(request, _("Retired. Nothing new starts under this version."))
    return redirect("definitions:definition", definition=definition)
