"""Pages of translations: how the records stand in a language, one record side by side."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from afterglow.apps.evidence import facts, queries, services
from afterglow.apps.evidence.forms import NoteForm, StandingForm, TranslationForm
from afterglow.apps.evidence.models import Record, RecordTranslation, Release
from afterglow.apps.evidence.services import Refused
from afterglow.apps.evidence.views.shell import tabs
from afterglow.core.decisions import Decision
from afterglow.core.errors import InvalidValue
from afterglow.core.evidence.translating import may_check
from afterglow.core.permission import check
from afterglow.core.roles import Action
from afterglow.web import clock
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words


@login_required
@require_safe
def translations(request: StaffRequest, language: str) -> HttpResponse:
    """List how every record that visitors may read stands in a language."""
    _known(language)
    today = clock.today(request.site)
    check(Action.VIEW_EVIDENCE, by=request.user, site=request.site, on=today)
    lines = queries.translation_lines(language)
    form = StandingForm(request.GET or None)
    asked = form.cleaned_data["standing"] if form.is_bound and form.is_valid() else ""
    context = {
        "form": form,
        "language": language,
        "name": _name_of(language),
        "lines": [line for line in lines if not asked or line.standing == asked],
        "total": len(lines),
        "checked": sum(line.standing == "checked" for line in lines),
        "missing": sum(line.standing == "missing" for line in lines),
        "tabs": tabs(request, "translations"),
    }
    return render(request, "evidence/translations.html", context)


@login_required
@require_safe
def translate(request: StaffRequest, record: UUID) -> HttpResponse:
    """Lead from a task to the first language in which a record is missing."""
    today = clock.today(request.site)
    check(Action.VIEW_EVIDENCE, by=request.user, site=request.site, on=today)
    row = get_object_or_404(Record.objects.select_related("current__record"), public_id=record)
    shown = row.current or facts.newest_of(row)
    languages = services.other_languages()
    missing = (each for each in languages if queries.spoken([shown], each)[shown.pk].missing)
    return redirect(
        "evidence:translation", record=record, language=next(missing, None) or languages[0]
    )


@login_required
@require_safe
def of_release(request: StaffRequest, release: UUID) -> HttpResponse:
    """Lead from a task to what a machine translated and nobody checked, in the first language."""
    today = clock.today(request.site)
    check(Action.VIEW_EVIDENCE, by=request.user, site=request.site, on=today)
    row = get_object_or_404(Release, public_id=release)
    languages = services.other_languages()
    waiting = (each for each in languages if row in services.unchecked_in(each))
    address = reverse("evidence:translations", args=[next(waiting, None) or languages[0]])
    return redirect(f"{address}?standing=drafted")


@login_required
@require_http_methods(["GET", "POST"])
def translation(request: StaffRequest, record: UUID, language: str) -> HttpResponse:
    """Show a record's words beside their translation, and take a new one."""
    _known(language)
    today = clock.today(request.site)
    check(Action.VIEW_EVIDENCE, by=request.user, site=request.site, on=today)
    row = get_object_or_404(Record.objects.select_related("current__record"), public_id=record)
    if request.method != "POST":
        return _page(request, row, language)
    words = queries.words_to_translate(row)
    form = TranslationForm(request.POST, words=words, texts={}, seen=0)
    if not form.is_valid():
        return _page(request, row, language, form=form, status=422)
    try:
        outcome = services.write_translation(
            record=record,
            language=language,
            texts=form.texts(),
            by=request.user,
            at=clock.now(),
            on=today,
            note=form.cleaned_data["change_note"],
            seen=form.cleaned_data["seen"],
        )
    except InvalidValue as problem:
        form.add_error(None, error_words(problem))
        return _page(request, row, language, form=form, status=422)
    if isinstance(outcome, Refused):
        return _page(request, row, language, form=form, refused=outcome.decision, status=409)
    messages.success(request, _("Saved. Visitors see it once another person has checked it."))
    return redirect("evidence:translation", record=record, language=language)


@login_required
@require_POST
def check_words(request: StaffRequest, translation: UUID) -> HttpResponse:
    """Sign that a translation says what the record says."""
    row = get_object_or_404(
        RecordTranslation.objects.select_related("record__current__record"), public_id=translation
    )
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, row.record, row.language, status=422)
    outcome = services.check_translation(
        translation=translation,
        by=request.user,
        at=clock.now(),
        on=clock.today(request.site),
        note=form.cleaned_data["note"],
    )
    if isinstance(outcome, Refused):
        page = {"refused": outcome.decision, "status": 409}
        return _page(request, row.record, row.language, **page)  # type: ignore[arg-type]  # by name
    messages.success(request, _("Signed. The page says that you checked it."))
    return redirect("evidence:translation", record=row.record.public_id, language=row.language)


def _page(
    request: StaffRequest,
    row: Record,
    language: str,
    *,
    form: TranslationForm | None = None,
    refused: Decision | None = None,
    status: int = 200,
) -> HttpResponse:
    today = clock.today(request.site)
    words = queries.words_to_translate(row)
    made = list(
        row.translations.filter(language=language)
        .select_related("record__current__record", "created_by")
        .prefetch_related("checks")
    )
    newest = made[0] if made else None
    texts = {} if newest is None else newest.texts
    if form is None:
        number = 0 if newest is None else newest.number
        form = TranslationForm(words=words, texts=texts, seen=number)

    def may(action: Action) -> bool:
        return bool(request.user.may(action, site=None, on=today).allowed)

    mine = str(request.user.public_id)
    shown = row.current or facts.newest_of(row)
    said = queries.spoken([shown], language)[shown.pk]
    signed = newest is not None and any(
        each.by_id == request.user.pk for each in newest.checks.all()
    )
    context = {
        "record": row,
        "language": language,
        "name": _name_of(language),
        "form": form,
        "said": said,
        "made": made,
        "newest": newest,
        "may_write": may(Action.WRITE_PAGE) and not row.is_withdrawn,
        "may_check": may(Action.REVIEW_PAGE) and newest is not None and not signed,
        "judged": None
        if newest is None
        else may_check(facts.translation_facts(newest), checker=mine),
        "refused": refused,
        "note_form": NoteForm(),
        "back": reverse("evidence:translations", args=[language]),
        "tabs": tabs(request, "translations"),
    }
    return render(request, "evidence/translation.html", context, status=status)


def _known(language: str) -> None:
    if language not in services.other_languages():
        raise Http404


def _name_of(language: str) -> str:
    return str(dict(settings.LANGUAGES)[language])
