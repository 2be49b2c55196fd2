"""The engineer's pages: device profiles, tried on a message before they are approved."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from afterglow.apps.accounts import queries as accounts
from afterglow.apps.definitions import queries as definitions
from afterglow.apps.definitions import services as definition_services
from afterglow.apps.definitions.models import Definition
from afterglow.apps.devices.models import Device, MessageOutcome
from afterglow.apps.monitoring.explaining import Explained, Reading
from afterglow.apps.monitoring.profile_forms import ProfileForm
from afterglow.apps.monitoring.services import profiles
from afterglow.apps.places.models import Site
from afterglow.core.errors import InvalidValue
from afterglow.core.monitoring.catalogue import NAMES
from afterglow.core.permission import check
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.cards import Tab
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words

CHIPS = {
    Reading.READ: "good",
    Reading.DOUBTED: "caution",
    Reading.REVIEW: "danger",
    Reading.IGNORED: "neutral",
    Reading.STRUCTURE: "neutral",
}


@login_required
@require_safe
def profile_list(request: StaffRequest) -> HttpResponse:
    """List every profile with where it stands and which devices have it."""
    site = _site(request)
    at = clock.now()
    newest: dict[str, Definition] = {}
    for row in Definition.objects.filter(kind=profiles.KIND).order_by("key", "version"):
        newest[row.key] = row
    used = Device.objects.filter(site__in=accounts.my_sites(request)).exclude(profile="")
    lines = [
        (
            row,
            definitions.standing(row, at),
            definitions.in_force(profiles.KIND, key, at),
            [device for device in used if device.profile == key],
        )
        for key, row in sorted(newest.items())
    ]
    return render(request, "monitoring/profiles.html", {"lines": lines, "site": site})


OUTCOMES = {
    MessageOutcome.NOT_FOR_CHARTS: gettext_lazy("Not for charts"),
    MessageOutcome.NOT_UNDERSTOOD: gettext_lazy("Could not be read"),
    MessageOutcome.PARKED: gettext_lazy("Wait for a person"),
    MessageOutcome.CHARTED: gettext_lazy("Charted"),
}


@login_required
@require_safe
def message_list(request: StaffRequest) -> HttpResponse:
    """List what arrived at a site and what became of it: test and training messages as well.

    What they say is not shown; a message is read where a profile is tried on it, on record.
    """
    site = _site(request)
    only = request.GET.get("only", "")
    outcome = MessageOutcome(only) if only in list(MessageOutcome) else None
    device = None
    if asked := request.GET.get("device", ""):
        device = get_object_or_404(Device, public_id=_uuid(asked), site=site)
    rows = profiles.messages_of(
        site, outcome=outcome, device=device.public_id if device is not None else None
    )
    url, of = reverse("monitoring:device-messages"), f"&device={asked}" if device else ""
    tabs = [
        Tab(_("All"), f"{url}?{of[1:]}", current=outcome is None),
        *(
            Tab(word, f"{url}?only={each}{of}", current=outcome == each)
            for each, word in OUTCOMES.items()
        ),
    ]
    context = {"rows": rows, "tabs": tabs, "device": device, "site": site, "at": clock.now()}
    return render(request, "monitoring/messages.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: StaffRequest, key: str = "") -> HttpResponse:
    """Write a version of a profile and try it on a message; saving it proposes it."""
    site = _site(request)
    row = profiles.latest_profile(key) if key else None
    if key and row is None:
        raise Http404
    arrived = profiles.arrived_at(site, besides=request.GET.get("message", ""))
    if request.method != "POST":
        initial = ProfileForm.initial_of(row.body) if row else {"framing": "mllp"}
        initial["captured"] = request.GET.get("message", "")
        return _page(request, site, row, ProfileForm(initial=initial, arrived=arrived, site=site))
    if "capture" in request.POST:  # what was typed stays, and nothing is judged yet
        typed = ProfileForm(initial=request.POST.dict(), arrived=arrived, site=site)
        return _page(request, site, row, typed, after=arrived[0].pk if arrived else 0)
    is_trial = "save" not in request.POST
    form = ProfileForm(request.POST, arrived=arrived, site=site, is_trial=is_trial)
    if not form.is_valid():
        return _page(request, site, row, form, status=422)
    data = form.cleaned_data
    words = {name: data[name] for name in ("key", "title", "source")}
    try:
        if "save" in request.POST:
            saved = profiles.propose_profile(
                **words, habits=form.habits, by=request.user, at=clock.now()
            )
            messages.success(request, _("Version %(n)s is proposed.") % {"n": saved.version})
            return redirect("monitoring:profile", key=saved.key)
        shown = _try(request, site, form)
    except InvalidValue as problem:
        form.add_error(None, error_words(problem))
        return _page(request, site, row, form, status=422)
    return _page(request, site, row, form, shown=shown)


@login_required
@require_POST
def approve_profile(request: StaffRequest, definition: UUID) -> HttpResponse:
    """Let a version change how messages are read, from now on."""
    row = get_object_or_404(Definition, public_id=definition, kind=profiles.KIND)
    definition_services.approve_definition(
        definition=row.public_id, by=request.user, at=clock.now(), on=clock.today()
    )
    messages.success(request, _("Version %(n)s reads from now on.") % {"n": row.version})
    return redirect("monitoring:profile", key=row.key)


@login_required
@require_safe
def next_message(request: StaffRequest) -> HttpResponse:
    """Return the first message that came after another one, once it is there; asked every second.

    Its content is not shown: it is read, and that put on record, when it is tried.
    """
    site = _site(request)
    after = request.GET.get("after", "")
    if not after.isdecimal():
        raise Http404
    row = profiles.first_after(int(after), site=site)
    context = {"waited": row, "after": after, "site": site}
    return render(request, "monitoring/_captured.html", context)


def _try(request: StaffRequest, site: Site, form: ProfileForm) -> Explained | None:
    """Read the message that was pasted or chosen, in the zone of its device or of the site."""
    content, zone, at = form.cleaned_data["message"].encode(), site.zone, clock.now()
    if chosen := request.POST.get("waited_for") or form.cleaned_data["captured"]:
        try:
            key = UUID(chosen)
            stored = profiles.captured_message(message=key, site=site, by=request.user, at=at)
        except (ValueError, ObjectDoesNotExist):
            raise Http404 from None
        content, at = bytes(stored.content), stored.received_at
        if stored.device and stored.device.time_zone:
            zone = ZoneInfo(stored.device.time_zone)
    if not content.strip():
        return None
    return profiles.preview(content=content, habits=form.habits, zone=zone, at=at)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _site(request: StaffRequest) -> Site:
    site = accounts.current_site(request)
    check(Action.EDIT_DEVICES, by=request.user, site=site, on=clock.today(site))
    if site is None:
        raise Http404
    return site


def _page(
    request: StaffRequest,
    site: Site,
    row: Definition | None,
    form: ProfileForm,
    *,
    shown: Explained | None = None,
    after: int | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "row": row,
        "standing": definitions.standing(row, clock.now()) if row else None,
        "shown": shown,
        "segments": [(each, CHIPS[each.reading]) for each in shown.segments] if shown else [],
        "after": after,
        "waited": profiles.waited_for(request.POST.get("waited_for", ""), site=site),
        "signs": [(metric.value, name) for metric, name in NAMES.items()],
        "site": site,
        "is_author": row is not None and row.created_by == request.user.public_id,
    }
    return render(request, "monitoring/profile.html", context, status=status)
