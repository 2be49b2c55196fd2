"""Sign the record, lock it, print it, and add what is said afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.forms import UnlockForm
from afterglow.apps.accounts.services import verify_secret
from afterglow.apps.audit import services as audit
from afterglow.apps.audit.queries import names_of
from afterglow.apps.documents.views import give
from afterglow.apps.monitoring import facts as monitoring_facts
from afterglow.apps.monitoring.models import Alarm
from afterglow.apps.treatment import pages, printed, queries
from afterglow.apps.treatment.facts.sign import alarms_to_acknowledge, reds_without_symptom_answer
from afterglow.apps.treatment.forms.closing import ENDING_WORDS, AddendumForm, CallBackForm
from afterglow.apps.treatment.models import Infusion, Override, Signature
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.record import seen_sha256
from afterglow.apps.treatment.services import accounting, signing
from afterglow.apps.treatment.services.deciding import sign_decision
from afterglow.apps.treatment.shown.missing import slot_words
from afterglow.apps.treatment.views.asking import find_session
from afterglow.apps.visits.models import TreatmentSession
from afterglow.apps.work import queries as work
from afterglow.apps.work.kinds import SIGN_RECORD
from afterglow.core.decisions import Decision, Overrider
from afterglow.core.dosing.totals import Reconciliation
from afterglow.core.roles import Action
from afterglow.core.treatment.lifecycles import SessionState
from afterglow.web import clock, editing
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import sentence_of

TEMPLATE = "treatment/sign.html"


@login_required
@require_safe
def page(request: StaffRequest, session: UUID) -> HttpResponse:
    """Show what is still open, or the signed record with its hash and addenda."""
    row = pages.open_session(request, session)
    if row.state not in (SessionState.DISCHARGED, SessionState.ENDED, SessionState.SIGNED):
        return redirect("treatment:session", session=session)
    return render(request, TEMPLATE, sign_page(request, row, clock.now()))


@login_required
@require_POST
def sign(request: StaffRequest, session: UUID) -> HttpResponse:
    """Sign and lock with one's PIN or password, or show every reason why not."""
    row = find_session(request, session, action=Action.SIGN_RECORD)
    if Signature.objects.filter(session=row).exists():  # a second press finds the first signature
        return redirect("treatment:sign", session=session)
    at = clock.now()
    form = _sign_form(request.POST)

    def act() -> str | Mapping[str, Any]:
        proof = verify_secret(account=request.user, secret=form.cleaned_data["secret"], at=at)
        if proof.refused:
            for why in proof.blockers:
                form.add_error("secret", sentence_of(why))
            return {"sign_form": form}
        outcome = signing.sign_record(
            session=session, by=request.user, at=at, seen=request.POST.get("seen", "")
        )
        if isinstance(outcome, Refused):  # the tables are shown as they are now
            now = sign_page(request, row, at)
            stops = {reason.code for reason in outcome.decision.blockers}
            only_changed = stops == {"RECORD_CHANGED_MEANWHILE"}
            said = {"changed": outcome.decision} if only_changed else {"decision": outcome.decision}
            return {**now, "sign_form": form, "refused": True, **said}
        messages.success(request, _("Signed. The record is locked."))
        return reverse("treatment:sign", args=[session])

    context = {**sign_page(request, row, at), "sign_form": form}
    return editing.save(request, form, act, page=context, template=TEMPLATE)


@login_required
@require_safe
def draft_pdf(request: StaffRequest, session: UUID) -> HttpResponse:
    """Give the record as it would be signed now, marked as a draft. Nothing is kept."""
    row = pages.open_session(request, session)
    find_session(request, session, action=Action.SIGN_RECORD)
    if Signature.objects.filter(session=row).exists():
        return redirect("treatment:record-pdf", session=session)
    if row.state not in (SessionState.DISCHARGED, SessionState.ENDED):
        raise Http404("There is nothing to sign yet.")
    at = clock.now()
    response = HttpResponse(
        printed.draft_record(row, by=request.user, at=at), content_type="application/pdf"
    )
    audit.record(
        "draft-read", subject=row, by=request.user, at=at, site=row.site, patient=row.patient
    )
    response["Content-Disposition"] = 'inline; filename="draft.pdf"'
    return response


@login_required
@require_POST
def addendum(request: StaffRequest, session: UUID) -> HttpResponse:
    """Add what is said after signing."""
    row = pages.open_session(request, session)
    at = clock.now()
    form = AddendumForm(request.POST)

    def act() -> str | Mapping[str, Any]:
        outcome = signing.add_addendum(
            session=session,
            text=form.cleaned_data["text"],
            by=request.user,
            at=at,
            key=form.cleaned_data["key"],
        )
        if isinstance(outcome, Refused):
            return {"decision": outcome.decision}
        messages.success(request, _("Addendum added."))
        return reverse("treatment:sign", args=[session])

    context = {**sign_page(request, row, at), "addendum_form": form}
    return editing.save(request, form, act, page=context, template=TEMPLATE)


@login_required
@require_safe
def record_pdf(request: StaffRequest, session: UUID) -> HttpResponse:
    """Give the signed record as a file."""
    row = find_session(request, session, action=Action.VIEW_CHART)
    signature = Signature.objects.filter(session=row).select_related("by").first()
    if signature is None:
        raise Http404("The record is not signed yet.")
    at = clock.now()
    document = printed.kept_record(signature) or printed.keep_record(
        signature, by=request.user, at=at
    )
    return give(request, document, at=at, name="record.pdf")


def sign_page(request: StaffRequest, session: TreatmentSession, at: datetime) -> dict[str, Any]:
    """Return what the page shows of a session that has ended."""
    infusion = queries.infusion_of(session)
    signature = Signature.objects.filter(session=session).select_related("by").first()
    today = session.site.local_date(at)
    may_call_back = session.state == SessionState.DISCHARGED and policies.can(
        Action.DISCHARGE, by=request.user, site=session.site, on=today
    )
    may_sign = policies.can(Action.SIGN_RECORD, by=request.user, site=session.site, on=today)
    decision = None if signature else sign_decision(session, at=at)
    told = queries.given(infusion, at=at) if infusion else None
    return {
        **pages.frame(session, step=pages.SIGN, at=at),
        "infusion": infusion,
        "ending": ENDING_WORDS.get(session.ending, "") if session.ending else "",  # type: ignore[call-overload]  # a code
        "signature": signature,
        "decision": decision,
        "helps": helps(decision, infusion, told),
        "account": accounting.bag_account(infusion, at=at) if infusion else None,
        "told": told,
        "open_alarms": [] if signature else waiting_alarms(session),
        "bag_left": None if signature or infusion else queries.preparation_in_use(session),
        "call_back_form": CallBackForm() if may_call_back else None,
        "unread": []
        if signature
        else [
            (slot, slot_words(slot))
            for slot in monitoring_facts.owed_reasons(monitoring_facts.schedule(session, at))
        ],
        "overrides": Override.objects.filter(session=session).select_related("by").order_by("at"),
        "addenda": session.addenda.select_related("by").order_by("at"),
        "addendum_form": AddendumForm(),
        "signs": None if signature else waiting_signature(session),
        "may_sign": may_sign,
        "seen": seen_sha256(session, by=request.user) if may_sign and signature is None else "",
        "sign_form": _sign_form() if may_sign else None,
        "read_first": printed.read_first(session, by=request.user, at=at)
        if may_sign and signature is None
        else [],
        "may_add": policies.can(Action.ADD_ADDENDUM, by=request.user, site=session.site, on=today),
    }


def _sign_form(data: Any = None) -> UnlockForm:
    form = UnlockForm(data, prefix="sign")
    form.fields["secret"].widget.attrs.pop("autofocus", None)
    return form


@dataclass(frozen=True, slots=True)
class WaitingSignature:
    """Who was asked to sign, when, and until when."""

    name: str
    asked_at: datetime
    due_at: datetime


def waiting_signature(session: TreatmentSession) -> WaitingSignature | None:
    """Return the open task that asks for the signature, or None where none was opened."""
    task = next(
        (t for t in work.open_tasks_about(session.public_id) if t.kind == SIGN_RECORD), None
    )
    if task is None:
        return None
    name = names_of([task.owner]).get(task.owner, "") if task.owner else ""
    return WaitingSignature(name, task.opened_at, task.due_at)


@dataclass(frozen=True, slots=True)
class WaitingAlarm:
    """An alarm that keeps the record from being signed, and whether symptoms are asked for.

    ``also``: what other limits said of the same reading; one answer is one about all of them.
    """

    row: Alarm
    asks_symptoms: bool
    also: tuple[Alarm, ...] = ()


def waiting_alarms(session: TreatmentSession) -> list[WaitingAlarm]:
    """Return the alarms that nobody acknowledged, and the red pressures without an answer."""
    asked = list(reds_without_symptom_answer(session))
    seen = {alarm.pk for alarm in asked}
    others = [alarm for alarm in alarms_to_acknowledge(session) if alarm.pk not in seen]
    sights: dict[tuple[str, datetime], list[Alarm]] = {}
    for row in asked:
        sights.setdefault((row.about, row.raised_at), []).append(row)
    found = [WaitingAlarm(first, True, tuple(also)) for first, *also in sights.values()]
    found += [WaitingAlarm(row, False) for row in others]
    return sorted(found, key=lambda each: (each.row.raised_at, each.row.pk))


def helps(
    decision: Decision | None, infusion: Infusion | None, told: Reconciliation | None
) -> dict[str, bool]:
    """Return which ways of putting right would lift something that stops the signature now."""
    stops = decision.blockers if decision else ()
    differs = infusion is not None and told is not None and told.decision.refused
    return {
        "override": any(each.overridable_by is not Overrider.NOBODY for each in stops),
        "bag": infusion is not None and "AMOUNTS_DO_NOT_BALANCE" in {each.code for each in stops},
        "pump": differs and infusion is not None and not infusion.differences.exists(),
    }
