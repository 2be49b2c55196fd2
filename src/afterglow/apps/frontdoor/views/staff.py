"""The staff's side: write and preview pages, pictures, old addresses, requests, letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from procrastinate.contrib.django import app as jobs

from afterglow.apps.audit import services as audit
from afterglow.apps.evidence import facts
from afterglow.apps.evidence.models import Publication
from afterglow.apps.frontdoor import queries, services
from afterglow.apps.frontdoor.forms import (
    BlockForms,
    LetterForm,
    PageHeadForm,
    PictureForm,
    RedirectForm,
    SiteMarkForm,
    TitleForm,
)
from afterglow.apps.frontdoor.illustrations import ILLUSTRATIONS
from afterglow.apps.frontdoor.models import (
    ContactRequest,
    Letter,
    Page,
    Picture,
    Redirect,
    SiteMark,
    Story,
)
from afterglow.apps.frontdoor.services import newsletter
from afterglow.apps.frontdoor.shown import show
from afterglow.apps.frontdoor.views.frame import CONTENT_SECURITY_POLICY, draw
from afterglow.core.decisions import Decision
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.publishing import judge_text
from afterglow.core.frontdoor import kind_of_anchor
from afterglow.core.permission import check
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words

BOTH = ["GET", "HEAD", "POST"]


@login_required
@require_safe
def pages(request: StaffRequest) -> HttpResponse:
    """List the pages with what is in work and what visitors see."""
    allow(request, Action.WRITE_PAGE)
    return render(request, "frontdoor/staff_pages.html", {"lines": queries.page_lines()})


@login_required
@require_http_methods(BOTH)
def new_page(request: StaffRequest) -> HttpResponse:
    """Make a page; nothing is visible by this."""
    allow(request, Action.WRITE_PAGE)
    form = PageHeadForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            page = services.make_page(**form.cleaned_data, **who(request))
        except InvalidValue as no:
            form.add_error("slug", error_words(no))
        else:
            return redirect("frontdoor:edit", page=page.public_id)
    return staff_form(request, form, _("A new page"), _("Make the page"))


@login_required
@require_http_methods(BOTH)
def edit(request: StaffRequest, page: UUID) -> HttpResponse:
    """Write a page block by block."""
    allow(request, Action.WRITE_PAGE)
    row = get_object_or_404(Page.objects.select_related("site"), public_id=page)
    return edit_blocks(request, row)


@login_required
@require_http_methods(BOTH)
def letter(request: StaffRequest, letter: UUID) -> HttpResponse:
    """Write a letter block by block."""
    allow(request, Action.WRITE_PAGE)
    return edit_blocks(request, get_object_or_404(Letter, public_id=letter))


def edit_blocks(request: StaffRequest, row: Page | Letter | Story) -> HttpResponse:
    """Write a page, a letter or a story block by block; what is saved is a draft."""
    newest = queries.newest_of(row.key)
    first = ("text", "typical") if isinstance(row, Story) else ("description", "lead")
    title = TitleForm(request.POST or None, initial=_head(newest))
    blocks = BlockForms(request.POST or None, initial=_blocks(newest, first), prefix="block")
    if request.method == "POST" and title.is_valid() and blocks.is_valid():
        try:
            text = services.write_page(
                page=row,
                title=title.cleaned_data["title"],
                blocks=_drafts(blocks),
                seen=title.cleaned_data["seen"],
                **who(request),
            )
        except InvalidValue as no:
            title.add_error(None, error_words(no))
        else:
            messages.success(request, _("Saved as a draft. Visitors see nothing of it yet."))
            return redirect("frontdoor:preview", text=text.public_id)
    context = {
        "row": row,
        "title_form": title,
        "blocks": blocks,
        "newest": newest,
        "versions": queries.versions_of(row.key),
        "mailing": getattr(row, "mailing", None),
        "progress": queries.progress(row.mailing) if hasattr(row, "mailing") else {},
        "is_letter": isinstance(row, Letter),
        "story": row if isinstance(row, Story) else None,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "frontdoor/staff_edit.html", context, status=status)


def _head(newest: Publication | None) -> dict[str, Any]:
    if newest is None:
        return {}
    # The row's version is what a draft is checked by; a published text starts a new row.
    return {"title": newest.title, "seen": newest.row_version}


def _blocks(newest: Publication | None, first: Sequence[str]) -> list[dict[str, Any]]:
    found = newest.blocks if newest else [{"anchor": f"{kind}-1"} for kind in first]
    return [
        {
            "place": (at + 1) * 2,
            "kind": kind_of_anchor(block["anchor"]),
            "text": block.get("text", ""),
            "cites": " ".join(block.get("cites", ())),
        }
        for at, block in enumerate(found)
    ]


def _drafts(blocks: Any) -> list[services.BlockDraft]:
    given = [form for form in blocks if form.has_changed() or form.initial]
    given.sort(key=lambda form: form.cleaned_data.get("place") or 999)
    drafts = [form.draft() for form in given if form.cleaned_data]
    return [draft for draft in drafts if draft is not None]


@login_required
@require_safe
def preview(request: StaffRequest, text: UUID) -> HttpResponse:
    """Show a version as visitors would see it, with what speaks against it above."""
    allow(request, Action.WRITE_PAGE)
    row = get_object_or_404(Publication, public_id=text)
    _kind, slug, language = [*row.key.split(":"), "", "en"][:3]
    known = facts.publication_facts(row, reviewing=True)
    judged = Decision.from_reasons(judge_text(known.blocks, on=clock.today(request.site)))
    page = next((line for line in Page.objects.all() if line.key == row.key), None)
    own = next((line for line in Letter.objects.all() if line.key == row.key), None)
    story = next((line for line in Story.objects.all() if line.key == row.key), None)
    if page is not None:
        back = reverse("frontdoor:edit", args=[page.public_id])
    elif story is not None:
        back = reverse("frontdoor:edit-story", args=[story.public_id])
    else:
        back = reverse("frontdoor:edit-letter", args=[own.public_id]) if own else ""
    with translation.override(language):
        response = draw(
            request,
            show(row, language=language),
            slug=slug,
            path=request.path,
            preview=True,
            judged=judged,
            back=back,
        )
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


@login_required
@require_http_methods(BOTH)
def pictures(request: StaffRequest) -> HttpResponse:
    """List the pictures, and add one."""
    allow(request, Action.WRITE_PAGE)
    form = PictureForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_picture(
                name=form.cleaned_data["name"],
                content=form.cleaned_data["file"].read(),
                **who(request),
            )
        except InvalidValue as no:
            form.add_error("file", error_words(no))
        else:
            messages.success(request, _("The picture can be used now."))
            return redirect("frontdoor:pictures")
    context = {
        "form": form,
        "pictures": Picture.objects.defer("content"),
        "drawings": sorted(ILLUSTRATIONS),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "frontdoor/staff_pictures.html", context, status=status)


@login_required
@require_http_methods(BOTH)
def marks(request: StaffRequest) -> HttpResponse:
    """Show the map, and say where a site stands on it."""
    allow(request, Action.PUBLISH_PAGE)
    form = SiteMarkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.mark_site(**form.cleaned_data, **who(request))
        except InvalidValue as no:
            form.add_error("latitude", error_words(no))
        else:
            return redirect("frontdoor:marks")
    status = 422 if request.method == "POST" else 200
    context = {
        "form": form,
        "map": queries.map_of_sites(),
        "marks": SiteMark.objects.select_related("site").order_by("site__name"),
    }
    return render(request, "frontdoor/staff_marks.html", context, status=status)


@login_required
@require_http_methods(BOTH)
def redirects(request: StaffRequest) -> HttpResponse:
    """List the old addresses, and add one."""
    allow(request, Action.PUBLISH_PAGE)
    form = RedirectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_redirect(**form.cleaned_data, **who(request))
        except InvalidValue as no:
            form.add_error("new_path", error_words(no))
        else:
            return redirect("frontdoor:redirects")
    context = {"form": form, "redirects": Redirect.objects.all()}
    status = 422 if request.method == "POST" else 200
    return render(request, "frontdoor/staff_redirects.html", context, status=status)


@login_required
@require_POST
def remove_redirect(request: StaffRequest, redirect: UUID) -> HttpResponse:
    """Take one away."""
    services.remove_redirect(redirect=redirect, **who(request))
    return _to("frontdoor:redirects")


@login_required
@require_safe
def contact_request(request: StaffRequest, contact: UUID) -> HttpResponse:
    """Show one request to who works at its site; that it was read is noted."""
    row = get_object_or_404(ContactRequest.objects.select_related("site"), public_id=contact)
    today = clock.today(row.site)
    check(Action.DO_TASK, by=request.user, site=row.site, on=today)
    audit.record("contact-read", subject=row, by=request.user, at=clock.now(), site=row.site)
    return render(request, "frontdoor/staff_request.html", {"row": row})


@login_required
@require_safe
def letters(request: StaffRequest) -> HttpResponse:
    """List the letters and how far each was sent."""
    allow(request, Action.WRITE_PAGE)
    lines = [
        (row, queries.newest_of(row.key), getattr(row, "mailing", None))
        for row in Letter.objects.select_related("mailing")
    ]
    context = {
        "lines": lines,
        "counts": [(code, queries.subscribers(code).count()) for code in ("en", "es")],
    }
    return render(request, "frontdoor/staff_letters.html", context)


@login_required
@require_http_methods(BOTH)
def new_letter(request: StaffRequest) -> HttpResponse:
    """Begin a letter."""
    allow(request, Action.WRITE_PAGE)
    form = LetterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row, _made = Letter.objects.get_or_create(
            **form.cleaned_data, defaults={"created_at": clock.now()}
        )
        return redirect("frontdoor:edit-letter", letter=row.public_id)
    return staff_form(request, form, _("A new letter"), _("Begin the letter"))


@login_required
@require_POST
def send_letter(request: StaffRequest, letter: UUID) -> HttpResponse:
    """Begin to send a published letter, or go on where it stopped."""
    row = get_object_or_404(Letter, public_id=letter)
    try:
        mailing = newsletter.start_mailing(letter=row, **who(request))
    except InvalidValue as no:
        messages.error(request, error_words(no))
    else:
        task = jobs.configure_task("afterglow.apps.frontdoor.jobs.send_letters")
        task.defer(mailing=str(mailing.public_id))
        messages.success(request, _("The letters go out in batches; this page says how far."))
    return redirect("frontdoor:edit-letter", letter=letter)


def allow(request: StaffRequest, action: Action) -> None:
    """Refuse who may not do this anywhere."""
    check(action, by=request.user, site=None, on=clock.today(request.site))


def who(request: StaffRequest) -> dict[str, Any]:
    """Return who acts, when, and on which day."""
    return {"by": request.user, "at": clock.now(), "on": clock.today(request.site)}


def staff_form(request: StaffRequest, form: Any, title: str, button: str) -> HttpResponse:
    """Show one form of the staff's side."""
    context = {"form": form, "title": title, "button_words": button}
    status = 422 if request.method == "POST" else 200
    return render(request, "frontdoor/staff_form.html", context, status=status)


def _to(name: str) -> HttpResponse:
    return redirect(name)
