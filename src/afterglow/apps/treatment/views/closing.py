"""Recovery: scores, criteria, the bag's milligrams, and every way a session ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID, uuid5

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Countersignature
from afterglow.apps.assessments import queries as assessments
from afterglow.apps.assessments import services as scales
from afterglow.apps.assessments.outcomes import Recorded
from afterglow.apps.events import outbox
from afterglow.apps.monitoring import queries as monitoring
from afterglow.apps.stock import queries as stock
from afterglow.apps.treatment import pages, queries
from afterglow.apps.treatment.facts.day import suicide_awaits_assessment
from afterglow.apps.treatment.forms.closing import (
    ENDING_WORDS,
    AccountForm,
    CallBackForm,
    EndingForm,
    RecoveryForm,
    ScoreForm,
    endings_from,
    recovery_initial,
)
from afterglow.apps.treatment.forms.starting import VitalsForm
from afterglow.apps.treatment.models import CheckIn, Infusion, Recovery
from afterglow.apps.treatment.offline_kit import RECOVERY_SCALES
from afterglow.apps.treatment.outcomes import Refused
from afterglow.apps.treatment.services import accounting, charting, closing
from afterglow.apps.treatment.services.deciding import discharge_decision
from afterglow.apps.treatment.shown import alarms, grid, vitals
from afterglow.apps.treatment.shown.going import going
from afterglow.apps.treatment.views.preparing import beside, second_signs
from afterglow.apps.treatment.views.signing import sign_page
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision
from afterglow.core.quantities import Dose
from afterglow.core.roles import Action
from afterglow.core.treatment.endings import ENDINGS, SessionEnding
from afterglow.core.treatment.lifecycles import BEFORE_START, SessionState
from afterglow.web import clock, editing
from afterglow.web.requests import StaffRequest
from afterglow.web.sentences import sentence_of

TEMPLATE = "treatment/recovery.html"
TENTH = Decimal("0.1")


@login_required
@require_safe
def recovery(request: StaffRequest, session: UUID) -> HttpResponse:
    """Show what stands between the patient and the door, and where each is put right."""
    row = pages.open_session(request, session)
    if row.state in BEFORE_START or row.state == SessionState.INFUSING:
        return redirect("treatment:session", session=session)
    at = clock.now()
    return render(request, TEMPLATE, _page(request, row, at))


@login_required
@require_POST
def save(request: StaffRequest, session: UUID) -> HttpResponse:
    """Save the criteria that were looked at."""
    row = pages.open_session(request, session)
    at = clock.now()

    def values() -> Mapping[str, Any]:
        return _recovery_values(row)

    form = RecoveryForm(request.POST, initial=values())

    def act() -> str | Mapping[str, Any]:
        saved = closing.save_recovery(
            session=session,
            answers=form.answers,
            seen_version=form.cleaned_data["seen"] or 0,
            by=request.user,
            at=at,
        )
        if isinstance(saved, Refused):
            return {"decision": saved.decision}
        messages.success(request, _("Saved."))
        for caution in saved.decision.cautions:
            messages.warning(request, sentence_of(caution))
        return reverse("treatment:recovery", args=[session])

    page = {**_page(request, row, at), "recovery_form": form}
    return editing.save(request, form, act, page=page, current=values, template=TEMPLATE)


@login_required
@require_POST
def score(request: StaffRequest, session: UUID, instrument: str) -> HttpResponse:
    """Record one scale of the recovery."""
    row = pages.open_session(request, session)
    at = clock.now()
    known = assessments.instruments_in_use(RECOVERY_SCALES, at=at)
    if instrument not in known:
        raise Http404(f"There is no scale {instrument!r} here.")
    form = ScoreForm(request.POST, instrument=known[instrument][1])

    def act() -> str | Mapping[str, Any]:
        outcome = scales.record_assessment(
            session=session,
            instrument=instrument,
            answers=form.answers,
            by=request.user,
            at=at,
            key=uuid5(form.cleaned_data["key"], instrument),  # as a tablet's column charts it
        )
        if not isinstance(outcome, Recorded):
            return {"decision": outcome.decision}
        messages.success(request, _("Score charted."))
        return reverse("treatment:recovery", args=[session])

    page = _page(request, row, at)
    page["scores"] = [
        (form if each.instrument.key == instrument else each, last) for each, last in page["scores"]
    ]
    return editing.save(request, form, act, page=page, template=TEMPLATE)


@login_required
@require_POST
def observe(request: StaffRequest, session: UUID) -> HttpResponse:
    """Chart one set of vital signs by hand."""
    row = pages.open_session(request, session)
    at = clock.now()
    form = VitalsForm(request.POST, prefix="set")

    def act() -> str | Mapping[str, Any]:
        outcome = charting.chart_observations(
            session=session,
            readings=form.readings,
            scales={},
            taken_at=at,
            by=request.user,
            at=at,
            key=form.cleaned_data["key"],
        )
        if isinstance(outcome, Refused):
            return {"decision": outcome.decision}
        messages.success(request, _("Readings charted."))
        return reverse("treatment:recovery", args=[session])

    page = {**_page(request, row, at), "set_form": form}
    return editing.save(request, form, act, page=page, template=TEMPLATE)


@login_required
@require_POST
def account(request: StaffRequest, session: UUID) -> HttpResponse:
    """Write given and wasted into the ledger, before a witness."""
    row = pages.open_session(request, session)
    at = clock.now()
    infusion = queries.infusion_of(row)
    form = AccountForm(request.POST, prefix="waste")

    def act() -> str | Mapping[str, Any]:
        if infusion is None:
            return reverse("treatment:recovery", args=[session])
        witness = second_signs(
            request,
            row,
            form.second,
            act=accounting.WASTE,
            subject=infusion,
            action=Action.WITNESS,
            at=at,
            first=Action.PREPARE,
        )
        if isinstance(witness, Decision):
            return {"account_decision": witness}
        outcome = accounting.account_for_bag(
            session=session,
            witness=witness,
            by=request.user,
            at=at,
            key=form.cleaned_data["key"],
        )
        if isinstance(outcome, Refused):
            return {"account_decision": outcome.decision}
        messages.success(request, _("Accounted for: the bag balances to nothing."))
        return reverse("treatment:recovery", args=[session])

    page = {**_page(request, row, at), "account_form": form}
    return editing.save(request, form, act, page=page, template=TEMPLATE)


@login_required
def end(request: StaffRequest, session: UUID) -> HttpResponse:
    """Choose how the session ends and fill in what that ending needs."""
    row = pages.open_session(request, session)
    at = clock.now()
    ending = _ending(request, row)
    if ending is None:
        return redirect("treatment:session", session=session)
    form = EndingForm(
        request.POST if request.method == "POST" else None,
        ending=ending,
        site=row.site,
        at=at,
        asks_prescriber=ENDINGS[ending].prescriber
        and queries.infusion_of(row) is not None
        and not policies.can(
            Action.OVERRIDE_AS_PRESCRIBER,
            by=request.user,
            site=row.site,
            on=row.site.local_date(at),
        ),
    )

    def act() -> str | Mapping[str, Any]:
        prescriber: Countersignature | None = None
        if "username" in form.fields:
            signed = second_signs(
                request, row, form.second, act="discharge", subject=row, action=Action.CHART, at=at
            )
            if isinstance(signed, Decision):
                return {"decision": signed}
            prescriber = signed
        outcome = closing.discharge(
            session=session,
            ending=ending,
            fields=form.on_record,
            by=request.user,
            at=at,
            key=form.cleaned_data["key"],
            prescriber=prescriber,
        )
        if isinstance(outcome, Refused):
            return {"decision": outcome.decision}
        messages.success(request, _("The session has ended."))
        return reverse("treatment:sign", args=[session])

    before = row.state in BEFORE_START
    page = {
        **pages.frame(row, step=pages.CHECK_IN if before else pages.RECOVERY, at=at),
        "ending": ending,
        "title": ENDING_WORDS[ending],
        "decision": _without_fields(discharge_decision(row, ending=ending, at=at)),
        "choices": [(each, ENDING_WORDS[each]) for each in endings_from(row.state)],
        "back": reverse("treatment:session", args=[session]),
    }
    return editing.save(request, form, act, page=page, template="treatment/ending.html")


@login_required
@require_POST
def call_back(request: StaffRequest, session: UUID) -> HttpResponse:
    """A discharged patient is a patient again."""
    row = pages.open_session(request, session)
    at = clock.now()
    form = CallBackForm(request.POST)

    def act() -> str | Mapping[str, Any]:
        outcome = closing.call_back(
            session=session,
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=at,
            key=form.cleaned_data["key"],
        )
        if isinstance(outcome, Refused):
            return {"call_back_decision": outcome.decision}
        messages.success(request, _("Called back: in recovery again, on the monitor."))
        return reverse("treatment:session", args=[session])

    page = {**sign_page(request, row, at), "call_back_form": form}
    return editing.save(request, form, act, page=page, template="treatment/sign.html")


def _ending(request: StaffRequest, session: TreatmentSession) -> SessionEnding | None:
    """Return the ending that was chosen, else the one that follows from how the drip ended.

    What was pressed is what is asked of the service, possible or not: it is never another one.
    """
    pressed = request.POST.get("ending", "")
    if pressed in list(SessionEnding):
        return SessionEnding(pressed)
    possible = endings_from(session.state)
    wanted = request.GET.get("as", "")
    if wanted in possible:
        return SessionEnding(wanted)
    usual = queries.way_home(session)
    if usual in possible:
        return usual
    return possible[0] if possible else None


def _without_fields(decision: Decision) -> Decision:
    """Return the decision before the form was sent: what it asks for is not missing yet."""
    return Decision(tuple(r for r in decision if r.code != "ENDING_FIELD_MISSING"))


def _page(request: StaffRequest, session: TreatmentSession, at: datetime) -> dict[str, Any]:
    infusion = queries.infusion_of(session)
    known = assessments.instruments_in_use(RECOVERY_SCALES, at=at)
    latest = assessments.latest(session, at=at, keys=RECOVERY_SCALES)
    due = monitoring.next_reading_due(session, at=at)
    since = queries.recovering_since(session)
    return {
        **pages.frame(session, step=pages.RECOVERY, at=at),
        "infusion": infusion,
        "pump": queries.pump_now(session, at=at),
        "vitals": vitals.vital_cards(session, at=at),
        "strip": alarms.alarm_strip(session, at=at),
        "due": due,
        "reminders": grid.reminder_words(due),
        "is_in_recovery": session.state == SessionState.RECOVERY,
        "called_back": queries.called_back(session),
        "scores": [
            (
                ScoreForm(instrument=known[key][1]),
                latest[key]
                if key in latest and (since is None or latest[key].row.at >= since)
                else None,
            )
            for key in RECOVERY_SCALES
            if key in known
        ],
        "recovery_form": RecoveryForm(initial=_recovery_values(session)),
        "set_form": VitalsForm(prefix="set"),
        "account_form": AccountForm(prefix="waste", initial=beside(request, at)),
        "bag": _bag(infusion, session, at) if infusion else None,
        "going": going(
            discharge_decision(session, ending=queries.way_home(session), at=at),
            Recovery.objects.get(session=session),
        ),
        "live_after": str(outbox.position()),
    }


def _recovery_values(session: TreatmentSession) -> Mapping[str, Any]:
    return recovery_initial(
        Recovery.objects.get(session=session),
        CheckIn.objects.get(session=session),
        assessing=suicide_awaits_assessment(session),
    )


def _bag(infusion: Infusion, session: TreatmentSession, at: datetime) -> dict[str, Any]:
    """Return what was drawn, given and is left, and whether it is in the ledger."""
    told = queries.given(infusion, at=at)
    held = stock.session_balance(infusion.preparation.vial, session)
    waiting = held.in_preparation != Dose.mg(0).value
    account = accounting.bag_account(infusion, at=at)
    return {
        "account": account,
        "told": told,
        "differs_by": told.difference.value.quantize(TENTH, ROUND_HALF_UP),
        "is_accounted": not waiting,
        "differs": told.decision.refused and not infusion.differences.exists(),
        "may_account": waiting and session.state != SessionState.SIGNED and infusion.ended_at,
    }
