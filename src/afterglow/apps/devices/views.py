"""Pages of devices: the list, one device, and where it stands."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from afterglow.apps.accounts import queries as accounts
from afterglow.apps.devices import extension, queries, services
from afterglow.apps.devices.forms import DeviceForm, PlacementForm
from afterglow.apps.devices.models import Device
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.permission import check
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words


@login_required
@require_safe
def devices(request: StaffRequest) -> HttpResponse:
    """List the devices of the chosen site; with ``?sites=all`` those of all of the person's."""
    mine = accounts.my_sites(request)
    site = accounts.current_site(request)
    check(Action.EDIT_DEVICES, by=request.user, site=site, on=clock.today(site))
    everywhere = request.GET.get("sites") == "all"
    found = queries.devices_of(mine if everywhere or site is None else [site], at=clock.now())
    context = {
        "devices": found,
        "site": site,
        "everywhere": everywhere,
        "has_others": len(mine) > 1,
    }
    return render(request, "devices/devices.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new_device(request: StaffRequest, site: UUID) -> HttpResponse:
    """Register a device; ``?eui64=`` fills in what the review queue saw."""
    row = get_object_or_404(Site, public_id=site)
    check(Action.EDIT_DEVICES, by=request.user, site=row, on=clock.today(row))
    form = DeviceForm(
        request.POST or None, initial={"eui64": request.GET.get("eui64", ""), "is_active": True}
    )
    if form.is_valid():
        try:
            made = services.register_device(
                site=site, words=form.words, by=request.user, at=clock.now()
            )
            return redirect("devices:device", device=made.public_id)
        except InvalidValue as problem:
            form.add_error("bed" if "bed" in str(problem) else "eui64", error_words(problem))
    context = {"form": form, "title": _("New device")}
    return render(request, "devices/form.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def device(request: StaffRequest, device: UUID) -> HttpResponse:
    """Show and change one device."""
    row = get_object_or_404(Device.objects.select_related("site"), public_id=device)
    check(Action.EDIT_DEVICES, by=request.user, site=row.site, on=clock.today(row.site))
    form = DeviceForm(request.POST) if request.method == "POST" else DeviceForm.showing(row)
    if form.is_bound and form.is_valid():
        try:
            services.edit_device(
                device=device,
                words=form.words,
                by=request.user,
                at=clock.now(),
                seen=form.cleaned_data["seen"],
            )
            return redirect("devices:device", device=device)
        except InvalidValue as problem:
            form.add_error("bed" if "bed" in str(problem) else "eui64", error_words(problem))
    room = queries.room_of(row, at=clock.now())
    placement = PlacementForm(site=row.site, initial={"room": str(room.public_id) if room else ""})
    context = {
        "form": form,
        "device": row,
        "placement": placement,
        "site": row.site,
        "view": queries.device_of(row, at=clock.now()),
        "history": extension.history_of(row),
        "heard": queries.lately_heard(row),
        "is_own_id": services.is_own_id(row.eui64),
    }
    return render(request, "devices/device.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def place(request: StaffRequest, device: UUID) -> HttpResponse:
    """Say where a device stands."""
    row = get_object_or_404(Device.objects.select_related("site"), public_id=device)
    form = PlacementForm(request.POST, site=row.site)
    if not form.is_valid():
        context = {"form": form, "title": row.name}
        return render(request, "devices/form.html", context, status=422)
    room = form.cleaned_data["room"]
    try:
        services.place_device(device=device, room=room, by=request.user, at=clock.now())
    except InvalidValue as problem:
        form.add_error("room", error_words(problem))
        context = {"form": form, "title": row.name}
        return render(request, "devices/form.html", context, status=422)
    return redirect("devices:device", device=device)
