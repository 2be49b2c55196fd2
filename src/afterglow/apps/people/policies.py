"""May this person read or change this patient? At any site where the patient is in care."""

from __future__ import annotations

import datetime as dt

from afterglow.apps.accounts import policies
from afterglow.apps.accounts.models import Account
from afterglow.apps.accounts.policies import Forbidden
from afterglow.apps.people.models import Patient
from afterglow.apps.people.queries import sites_of
from afterglow.core.decisions import Decision
from afterglow.core.roles import Action


def may(action: Action, *, patient: Patient, by: Account, at: dt.datetime) -> Decision:
    """Decide whether ``by`` may do ``action`` to this patient, with every reason if not."""
    answers = [
        policies.may(action, by=by, site=site, on=site.local_date(at)) for site in sites_of(patient)
    ]
    allowed = next((answer for answer in answers if answer.allowed), None)
    return allowed or Decision.from_reasons(*(answer.reasons for answer in answers))


def can(action: Action, *, patient: Patient, by: Account, at: dt.datetime) -> bool:
    """Whether a button for ``action`` is drawn."""
    return may(action, patient=patient, by=by, at=at).allowed


def check(action: Action, *, patient: Patient, by: Account, at: dt.datetime) -> None:
    """Guard a service. Raises Forbidden with every reason."""
    decision = may(action, patient=patient, by=by, at=at)
    if decision.refused:
        raise Forbidden(decision)
