"""What every page of a session shows: who it is, where in the day we are, what is missing.

A page calls ``open_session`` (may this person, and note that the chart was opened) and passes
``frame(session, step=…, at=…)`` to its template, which includes ``treatment/_session_header.html``
and ``treatment/_steps.html``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from afterglow.apps.audit import services as audit
from afterglow.apps.audit.policies import check_can_open_chart
from afterglow.apps.consent import queries as consents
from afterglow.apps.people import queries as people
from afterglow.apps.treatment import queries
from afterglow.apps.treatment.services.deciding import readiness_decision
from afterglow.apps.treatment.steps import step_of_reason
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.decisions import Decision
from afterglow.core.treatment.lifecycles import BEFORE_START, SessionState
from afterglow.web.cards import PatientCard
from afterglow.web.sentences import sentence_of

CHECK_IN, PLAN, PREPARE, READY = "check-in", "plan", "prepare", "ready"
INFUSION, RECOVERY, SIGN = "infusion", "recovery", "sign"

STEPS: Final[tuple[tuple[str, str | Promise, str], ...]] = (
    (CHECK_IN, _("Check-in"), "clipboard-list"),
    (PLAN, _("Order and dose"), "calculator"),
    (PREPARE, _("Preparation"), "syringe"),
    (READY, _("Baseline and start"), "heart-pulse"),
    (INFUSION, _("Infusion"), "activity"),
    (RECOVERY, _("Recovery"), "armchair"),
    (SIGN, _("Sign"), "pen-line"),
)
"""Key (also the URL's name and last part), words and icon, in the order of the day."""

_PAGE_OF_STATE: Final = {
    SessionState.PREPARING: PREPARE,
    SessionState.READY: READY,
    SessionState.INFUSING: INFUSION,
    SessionState.RECOVERY: RECOVERY,
    SessionState.DISCHARGED: SIGN,
    SessionState.ENDED: SIGN,
    SessionState.SIGNED: SIGN,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the day as the bar shows it."""

    key: str
    label: str | Promise
    icon: str
    url: str
    number: int
    state: str
    """done, now (where the session stands), or later."""
    current: bool
    """Whether this is the page that is open."""
    missing: tuple[str, ...] = ()
    """What still stops the start here, one sentence each."""


def open_session(request: HttpRequest, session: UUID) -> TreatmentSession:
    """Return the session for reading, and note that its chart was opened. Raises Forbidden."""
    from afterglow.web import clock

    row: TreatmentSession = get_object_or_404(
        TreatmentSession.objects.select_related(
            "site", "patient", "course__prescriber", "protocol", "room", "clinician", "appointment"
        ),
        public_id=session,
    )
    user: Any = request.user
    at = clock.now()
    check_can_open_chart(
        by=user,
        patient=row.patient.public_id,
        sites=[row.site],
        at=at,
        on=row.site.local_date(at),
    )
    audit.record_chart_opened(patient=row.patient, by=user, at=at, site=row.site)
    return row


def frame(session: TreatmentSession, *, step: str, at: datetime) -> dict[str, Any]:
    """Return the context that every page of a session needs, readiness included before start."""
    decision = readiness(session, at=at)
    return {
        "session": session,
        "site": session.site,
        "patient_card": patient_card(session),
        "same_names": people.same_names(session.patient),
        "order": queries.order_in_force(session),
        "consent": consents.in_force(session.course, on=session.local_date),
        "steps": steps(session, current=step, decision=decision),
        "readiness": decision,
        "now": at,
        "is_open": SessionState(session.state) in BEFORE_START,
    }


def readiness(session: TreatmentSession, *, at: datetime) -> Decision | None:
    """Return what the rules say about a start now; None once it was started or called off."""
    if SessionState(session.state) not in BEFORE_START:
        return None
    return readiness_decision(session, at=at)


def patient_card(session: TreatmentSession) -> PatientCard:
    """Return the banner of the session's patient, with the kilograms of today."""
    patient, mass = session.patient, queries.mass_today(session)
    return PatientCard(
        name=patient.full_name,
        born=patient.date_of_birth,
        age=people.age(patient.date_of_birth, session.local_date),
        mrn=patient.mrn,
        weight_kg=mass.mass_kg.value if mass else None,
        weighed_at=mass.at if mass else None,
        allergies=people.allergy_words(patient),
        allergies_asked=people.allergies_asked(patient),
        known_as=patient.preferred_name,
        same_name=bool(people.same_names(patient)),
        url=url_of("people:patient", patient=patient.public_id),
    )


def steps(
    session: TreatmentSession, *, current: str, decision: Decision | None = None
) -> tuple[Step, ...]:
    """Return the steps of the day, each with what is still missing there."""
    missing = missing_by_step(decision)
    now = _now(session, missing)
    stands = [key for key, _label, _icon in STEPS].index(now) + 1
    shown = []
    for number, (key, label, icon) in enumerate(STEPS, start=1):
        url = url_of(f"treatment:{key}", session=session.public_id)
        put_right = key in missing and not missing[key]
        if session.state == SessionState.SIGNED or number < stands:
            state = "done"
        elif number == stands:
            state = "now"
        else:
            state = "done" if put_right and number < 4 else "later"
        shown.append(
            Step(
                key=key,
                label=label,
                icon=icon,
                url=url if number <= max(stands, 4) else "",
                number=number,
                state=state,
                current=key == current,
                missing=missing.get(key, ()),
            )
        )
    return tuple(shown)


def missing_by_step(decision: Decision | None) -> dict[str, tuple[str, ...]]:
    """Return the sentences that still stop the start, by the step where they are put right."""
    if decision is None:
        return {}
    found: dict[str, list[str]] = {CHECK_IN: [], PLAN: [], PREPARE: [], READY: []}
    for reason in decision.blockers:
        found[step_of_reason(reason.code)].append(sentence_of(reason))
    return {key: tuple(words) for key, words in found.items()}


def _now(session: TreatmentSession, missing: Mapping[str, Sequence[str]]) -> str:
    page = _PAGE_OF_STATE.get(SessionState(session.state))
    if page is not None:
        return page
    return next((key for key in (CHECK_IN, PLAN) if missing.get(key)), PREPARE)


def current_url(session: TreatmentSession, *, at: datetime) -> str:
    """Return the address of the page where the session stands."""
    page = _now(session, missing_by_step(readiness(session, at=at)))
    wanted = url_of(f"treatment:{page}", session=session.public_id)
    return wanted or url_of("treatment:check-in", session=session.public_id)


def url_of(name: str, **keys: Any) -> str:
    """Return an address, or nothing where no page has that name."""
    try:
        return reverse(name, kwargs=keys)
    except NoReverseMatch:
        return ""
