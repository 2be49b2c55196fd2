"""The staff's side of what is kept as rows of its own: prices and stories."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from afterglow.apps.frontdoor import queries
from afterglow.apps.frontdoor.forms import PriceHeadForm, PriceLineForms, StoryForm
from afterglow.apps.frontdoor.models import PriceList, Story
from afterglow.apps.frontdoor.pricing import prices_of, prices_shown
from afterglow.apps.frontdoor.services.prices import state_prices
from afterglow.apps.frontdoor.services.stories import consent_forms, keep_story
from afterglow.apps.frontdoor.services.stories import take_back as take_story_back
from afterglow.apps.frontdoor.views.staff import BOTH, allow, edit_blocks, who
from afterglow.apps.places.models import Site
from afterglow.apps.places.queries import organisation_day
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words


@login_required
@require_safe
def prices(request: StaffRequest) -> HttpResponse:
    """List the sites with what each states."""
    allow(request, Action.PUBLISH_PAGE)
    lines = prices_shown(get_language() or "en", at=clock.now())
    return render(request, "frontdoor/staff_prices.html", {"lines": lines})


@login_required
@require_http_methods(BOTH)
def site_prices(request: StaffRequest, site: UUID) -> HttpResponse:
    """State the prices of one site from a day on; an empty list says that none is stated."""
    allow(request, Action.PUBLISH_PAGE)
    row = get_object_or_404(Site, public_id=site, is_active=True)
    now = clock.now()
    newest = row.price_lists.prefetch_related("entries").first()
    head = PriceHeadForm(request.POST or None, initial={"effective_from": row.local_date(now)})
    lines = PriceLineForms(request.POST or None, initial=_typed(newest), prefix="price")
    if request.method == "POST" and head.is_valid() and lines.is_valid():
        drafts = [form.draft() for form in lines if form.cleaned_data.get("name_en")]
        try:
            state_prices(site=row, prices=drafts, **head.cleaned_data, **who(request))
        except InvalidValue as no:
            head.add_error(None, error_words(no))
        else:
            messages.success(request, _("Stated. Visitors see it from that day on."))
            return redirect("frontdoor:site-prices", site=site)
    context = {
        "site": row,
        "head": head,
        "lines": lines,
        "prices": [prices_of(row, get_language() or "en", at=now)],
        "contact": reverse("frontdoor:contact", kwargs={"language": "en"}),
        "history": row.price_lists.select_related("stated_by"),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "frontdoor/staff_site_prices.html", context, status=status)


def _typed(newest: PriceList | None) -> list[dict[str, Any]]:
    names = ("stage", "name_en", "name_es", "includes_en", "includes_es", "amount", "times")
    entries = newest.entries.all() if newest else ()
    return [{name: getattr(each, name) for name in names} for each in entries]


@login_required
@require_safe
def stories(request: StaffRequest) -> HttpResponse:
    """List the stories with their consent and where their words stand."""
    allow(request, Action.WRITE_PAGE)
    today = organisation_day(clock.now())
    lines = [
        (row, queries.newest_of(row.key), row.may_be_told(today)) for row in Story.objects.all()
    ]
    context = {"lines": lines, "form": consent_forms()[0]}
    return render(request, "frontdoor/staff_stories.html", context)


@login_required
@require_http_methods(BOTH)
def new_story(request: StaffRequest) -> HttpResponse:
    """Keep a signed consent; then the words can be written."""
    allow(request, Action.WRITE_PAGE)
    form = StoryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = keep_story(**form.cleaned_data, **who(request))
        except InvalidValue as no:
            form.add_error(None, error_words(no))
        else:
            return redirect("frontdoor:edit-story", story=row.public_id)
    context = {"form": form, "consent": consent_forms()[0]}
    status = 422 if request.method == "POST" else 200
    return render(request, "frontdoor/staff_new_story.html", context, status=status)


@login_required
@require_http_methods(BOTH)
def edit_story(request: StaffRequest, story: UUID) -> HttpResponse:
    """Write a story and what is usual beside it."""
    allow(request, Action.WRITE_PAGE)
    return edit_blocks(request, get_object_or_404(Story, public_id=story))


@login_required
@require_POST
def take_back(request: StaffRequest, story: UUID) -> HttpResponse:
    """Take a story down at once."""
    get_object_or_404(Story, public_id=story)
    take_story_back(story=story, **who(request))
    messages.success(request, _("Taken down. No page shows it any more."))
    return redirect("frontdoor:stories")
