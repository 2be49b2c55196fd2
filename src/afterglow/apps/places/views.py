"""Pages of sites, rooms and the equipment check."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.definitions.services import definition_of
from afterglow.apps.places import queries, services
from afterglow.apps.places.forms import EquipmentForm, HoursForm, NewSiteForm, RoomForm, SiteForm
from afterglow.apps.places.models import Room, Site
from afterglow.core.errors import InvalidValue
from afterglow.core.permission import check
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words

both = require_http_methods(["GET", "POST"])


@login_required
@require_safe
def sites(request: StaffRequest) -> HttpResponse:
    """List the sites."""
    check(Action.VIEW_BOARD, by=request.user, site=None, on=clock.today())
    found = Site.objects.prefetch_related("rooms", "hours")
    return render(request, "places/sites.html", {"sites": found})


@login_required
@both
def new_site(request: StaffRequest) -> HttpResponse:
    """Create a site."""
    check(Action.EDIT_SITES, by=request.user, site=None, on=clock.today())
    form = NewSiteForm(request.POST or None)
    if form.is_valid():
        try:
            site = services.create_site(
                code=form.cleaned_data["code"],
                words=form.words,
                by=request.user,
                at=clock.now(),
                on=clock.today(),
            )
            return redirect("places:site", site=site.public_id)
        except InvalidValue as problem:
            form.add_error("code", error_words(problem))
    return _form(request, form, _("New site"))


@login_required
@both
def site(request: StaffRequest, site: UUID) -> HttpResponse:
    """Show and change one site."""
    row = get_object_or_404(Site, public_id=site)
    check(Action.EDIT_SITES, by=request.user, site=row, on=clock.today(row))
    form = SiteForm(request.POST) if request.method == "POST" else SiteForm.showing(row)
    if form.is_bound and form.is_valid():
        services.edit_site(
            site=site,
            words=form.words,
            by=request.user,
            at=clock.now(),
            on=clock.today(row),
            seen=form.cleaned_data["seen"],
        )
        return redirect("places:site", site=site)
    status = 422 if form.is_bound else 200
    return render(request, "places/site.html", {"form": form, "site": row}, status=status)


@login_required
@both
def hours(request: StaffRequest, site: UUID) -> HttpResponse:
    """Show and change a site's week."""
    row = get_object_or_404(Site, public_id=site)
    check(Action.EDIT_SITES, by=request.user, site=row, on=clock.today(row))
    form = HoursForm(request.POST or None, site=row)
    if form.is_valid():
        services.set_hours(
            site=site, hours=form.hours, by=request.user, at=clock.now(), on=clock.today(row)
        )
        return redirect("places:site", site=site)
    return _form(request, form, _("Opening hours"))


@login_required
@both
def new_room(request: StaffRequest, site: UUID) -> HttpResponse:
    """Create a room."""
    row = get_object_or_404(Site, public_id=site)
    check(Action.EDIT_SITES, by=request.user, site=row, on=clock.today(row))
    form = RoomForm(request.POST or None)
    if form.is_valid():
        try:
            services.create_room(
                site=site,
                name=form.cleaned_data["name"],
                point_of_care=form.cleaned_data["point_of_care"],
                by=request.user,
                at=clock.now(),
                on=clock.today(row),
            )
            return redirect("places:site", site=site)
        except InvalidValue as problem:
            form.add_error("name", error_words(problem))
    return _form(request, form, _("New room"))


@login_required
@both
def room(request: StaffRequest, room: UUID) -> HttpResponse:
    """Change a room."""
    row = get_object_or_404(Room.objects.select_related("site"), public_id=room)
    check(Action.EDIT_SITES, by=request.user, site=row.site, on=clock.today(row.site))
    form = RoomForm(request.POST) if request.method == "POST" else RoomForm.showing(row)
    if form.is_bound and form.is_valid():
        try:
            services.edit_room(
                room=room,
                name=form.cleaned_data["name"],
                point_of_care=form.cleaned_data["point_of_care"],
                is_active=form.cleaned_data["is_active"],
                seen=form.cleaned_data["seen"],
                by=request.user,
                at=clock.now(),
                on=clock.today(row.site),
            )
            return redirect("places:site", site=row.site.public_id)
        except InvalidValue as problem:
            form.add_error("name", error_words(problem))
    return _form(request, form, row.name)


@login_required
@both
def equipment(request: StaffRequest, site: UUID) -> HttpResponse:
    """Check the emergency equipment of the day."""
    row = get_object_or_404(Site, public_id=site)
    now = clock.now()
    check(Action.CHECK_EQUIPMENT, by=request.user, site=row, on=clock.today(row))
    checklist = definition_of(DefinitionKind.CHECKLIST, services.CHECKLIST, now)
    form = EquipmentForm(request.POST or None, items=checklist.body["items"])
    if form.is_valid():
        done = services.record_equipment_check(
            site=site,
            items=form.answers,
            note=form.cleaned_data["note"],
            by=request.user,
            at=now,
        )
        if done.passed:
            messages.success(request, _("Checked. Everything is in order."))
        else:
            messages.error(
                request, _("Recorded. No infusion can start here until it is in order again.")
            )
        return redirect("places:equipment", site=site)
    today = queries.equipment_check_today(row, now)
    context = {"form": form, "site": row, "checklist": checklist, "today": today}
    status = 422 if form.is_bound else 200
    return render(request, "places/equipment.html", context, status=status)


def _form(request: StaffRequest, form: object, title: str) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    return render(request, "places/form.html", {"form": form, "title": title}, status=status)
