"""Pages of consent: read the text with the patient, sign, look, withdraw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from afterglow.apps.accounts import policies as accounts
from afterglow.apps.consent import queries, services
from afterglow.apps.consent.forms import ConsentForm, WithdrawForm
from afterglow.apps.consent.models import Consent
from afterglow.apps.consent.services import NameDiffers
from afterglow.apps.courses import queries as courses
from afterglow.apps.courses.models import Course
from afterglow.apps.definitions.models import DefinitionKind
from afterglow.apps.people import access
from afterglow.apps.people.cards import patient_card
from afterglow.core.roles import Action
from afterglow.db.models import new_public_id
from afterglow.web import clock, editing
from afterglow.web.requests import StaffRequest

both = require_http_methods(["GET", "POST"])


@login_required
@both
def record(request: StaffRequest, course: UUID) -> HttpResponse:
    """Show the text and take the signature."""
    try:
        row = courses.course_of(course)
    except Course.DoesNotExist:
        raise Http404("No such course.") from None
    access.open_patient(row.patient.public_id, by=request.user, at=clock.now())
    today = row.site.local_date(clock.now())
    accounts.check(Action.RECORD_CONSENT, by=request.user, site=row.site, on=today)
    texts = courses.choices(DefinitionKind.CONSENT_TEXT, at=clock.now())
    initial = {"key": new_public_id(), "text": str(texts[0].definition.public_id) if texts else ""}
    form = ConsentForm(request.POST or None, initial=initial, at=clock.now(), today=today)

    def act() -> str | Mapping[str, Any]:
        data = form.cleaned_data
        day = data["signed_on"]
        outcome = services.record_consent(
            key=data["key"] or new_public_id(),
            course=course,
            text=UUID(data["text"]),
            signed_name=data["signed_name"],
            method=data["method"],
            signed_at=clock.now() if day in (None, today) else _noon(day, row),
            name_confirmed=data["name_confirmed"],
            by=request.user,
            at=clock.now(),
        )
        if isinstance(outcome, NameDiffers):
            form.ask_about_the_name()
            return {"name_differs": outcome}
        messages.success(request, _("Consent recorded."))
        return reverse("consent:consent", args=[outcome.public_id])

    page = {
        "title": _("Record consent"),
        "back": reverse("courses:course", args=[course]),
        "patient": patient_card(row.patient, on=today),
        "site": row.site,
        "texts": texts,
        "save_word": _("Sign"),
    }
    return editing.save(request, form, act, page=page, template="consent/record.html")


def _noon(day: dt.date, course: Course) -> dt.datetime:
    """Return noon of a day at the course's site: a paper carries a day, not an hour."""
    noon = dt.datetime.combine(day, dt.time(12), tzinfo=course.site.zone)
    return noon.astimezone(dt.UTC)


def _consent(request: StaffRequest, public_id: UUID) -> Consent:
    try:
        row = queries.consent_of(public_id)
    except Consent.DoesNotExist:
        raise Http404("No such consent.") from None
    access.open_patient(row.patient.public_id, by=request.user, at=clock.now())
    return row


@login_required
@require_safe
def consent(request: StaffRequest, consent: UUID) -> HttpResponse:
    """Show a signed consent with the very text that was signed."""
    row = _consent(request, consent)
    site = row.course.site
    today = site.local_date(clock.now())
    context = {
        "consent": row,
        "state": queries.state_of(row, on=today),
        "patient": patient_card(row.patient, on=today),
        "site": site,
        "approved": courses.is_approved(row.text, at=row.signed_at),
        "may_withdraw": accounts.can(Action.RECORD_CONSENT, by=request.user, site=site, on=today),
    }
    return render(request, "consent/consent.html", context)


@login_required
@both
def withdraw(request: StaffRequest, consent: UUID) -> HttpResponse:
    """Record that the patient took the consent back."""
    row = _consent(request, consent)
    here = reverse("consent:consent", args=[consent])
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    site = row.course.site

    def act() -> str:
        services.withdraw_consent(
            consent=consent, by=request.user, at=clock.now(), **form.cleaned_data
        )
        messages.warning(request, _("Consent withdrawn. No infusion can start on it."))
        return here

    page = {
        "title": _("Withdraw consent"),
        "back": here,
        "patient": patient_card(row.patient, on=site.local_date(clock.now())),
        "site": site,
        "intro": _("It counts from now. The signed consent stays in the record."),
        "save_word": _("Withdraw"),
        "danger": True,
    }
    return editing.save(request, form, act, page=page)
