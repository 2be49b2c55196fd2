"""Pages of staff: who works here, what they may do where, until when."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from afterglow.apps.accounts import policies, queries, services
from afterglow.apps.accounts.forms import CredentialForm, GrantForm, NewStaffForm, StaffForm
from afterglow.apps.accounts.models import Account
from afterglow.core.errors import InvalidValue
from afterglow.core.roles import Action, CredentialKind
from afterglow.web import clock
from afterglow.web.forms import WebForm
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import error_words


@login_required
@require_safe
def staff(request: StaffRequest) -> HttpResponse:
    """List the staff."""
    policies.check(Action.EDIT_STAFF, by=request.user, site=None, on=clock.today())
    return render(request, "accounts/staff.html", {"people": queries.staff()})


@login_required
@require_http_methods(["GET", "POST"])
def new_member(request: StaffRequest) -> HttpResponse:
    """Create a member of staff."""
    policies.check(Action.EDIT_STAFF, by=request.user, site=None, on=clock.today())
    form = NewStaffForm(request.POST or None)
    if form.is_valid():
        try:
            account = services.create_staff(
                username=form.cleaned_data["username"],
                password=form.cleaned_data["password"],
                words=form.words,
                by=request.user,
                at=clock.now(),
                on=clock.today(),
            )
            return redirect("accounts:member", account=account.public_id)
        except InvalidValue as problem:
            form.add_error(None, error_words(problem))
    status = 422 if form.is_bound else 200
    return render(request, "accounts/new_member.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def member(request: StaffRequest, account: UUID) -> HttpResponse:
    """Show and change a member of staff."""
    row = _member(request, account)
    form = StaffForm(request.POST) if request.method == "POST" else StaffForm.showing(row)
    if form.is_bound and form.is_valid():
        try:
            services.edit_staff(
                account=account,
                words=form.words,
                by=request.user,
                at=clock.now(),
                on=clock.today(),
            )
            return redirect("accounts:member", account=account)
        except InvalidValue as problem:
            form.add_error(None, error_words(problem))
    return _page(request, row, form=form)


@login_required
@require_POST
def grant(request: StaffRequest, account: UUID) -> HttpResponse:
    """Grant a role."""
    row = _member(request, account)
    form = GrantForm(request.POST)
    if form.is_valid():
        site = form.cleaned_data.pop("site")
        try:
            services.grant_role(
                account=account,
                site=None if site is None else site.public_id,
                by=request.user,
                at=clock.now(),
                on=clock.today(),
                **form.cleaned_data,
            )
            return redirect("accounts:member", account=account)
        except InvalidValue as problem:
            form.add_error(None, error_words(problem))
    return _page(request, row, grant_form=form)


@login_required
@require_POST
def end_grant(request: StaffRequest, account: UUID, grant: UUID) -> HttpResponse:
    """End a role today."""
    row = _member(request, account)
    try:
        services.end_grant(grant=grant, by=request.user, at=clock.now(), on=clock.today())
    except InvalidValue as problem:
        return render(request, "409.html", {"message": error_words(problem)}, status=409)
    return redirect("accounts:member", account=row.public_id)


@login_required
@require_POST
def credential(request: StaffRequest, account: UUID) -> HttpResponse:
    """File a credential."""
    row = _member(request, account)
    form = CredentialForm(request.POST)
    if form.is_valid():
        kind = CredentialKind(form.cleaned_data.pop("kind"))
        services.set_credential(
            account=account,
            kind=kind,
            by=request.user,
            at=clock.now(),
            on=clock.today(),
            **form.cleaned_data,
        )
        return redirect("accounts:member", account=account)
    return _page(request, row, credential_form=form)


def _member(request: StaffRequest, account: UUID) -> Account:
    policies.check(Action.EDIT_STAFF, by=request.user, site=None, on=clock.today())
    return get_object_or_404(Account, public_id=account, staff__isnull=False)


def _page(request: StaffRequest, row: Account, **bound: WebForm) -> HttpResponse:
    forms: dict[str, WebForm] = {
        "form": StaffForm.showing(row),
        "grant_form": GrantForm(),
        "credential_form": CredentialForm(),
        **bound,
    }
    status = 422 if any(form.is_bound for form in bound.values()) else 200
    context = {
        "account": row,
        "grants": row.grants.select_related("site").order_by("-starts_on"),
        "credentials": row.credentials.order_by("kind", "-expires_on"),
        "today": clock.today(),
        **forms,
    }
    return render(request, "accounts/member.html", context, status=status)
