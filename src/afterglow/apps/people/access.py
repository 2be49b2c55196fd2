"""Every page about a patient asks first, and is written down."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.http import Http404

from afterglow.apps.accounts.models import Account
from afterglow.apps.audit import policies as audit_policies
from afterglow.apps.audit import services as audit
from afterglow.apps.people import queries
from afterglow.apps.people.models import Patient
from afterglow.core.roles import Action


def open_patient(
    public_id: UUID,
    *,
    by: Account,
    at: dt.datetime,
    action: Action = Action.VIEW_DEMOGRAPHICS,
) -> Patient:
    """Return a patient whom ``by`` may look up, and note that the chart was opened.

    What is clinical asks for more: ``may_read`` draws it, VIEW_CHART guards it. Raises Http404
    for an unknown id, Forbidden with every reason for a chart outside their sites.
    """
    try:
        patient = queries.patient_of(public_id)
    except Patient.DoesNotExist:
        raise Http404("No such patient.") from None
    audit_policies.check_can_open_chart(
        by=by,
        patient=patient.public_id,
        sites=queries.sites_of(patient),
        at=at,
        on=patient.home_site.local_date(at),
        action=action,
    )
    audit.record_chart_opened(patient=patient, by=by, at=at, site=patient.home_site)
    return patient


def may_read(patient: Patient, *, by: Account, at: dt.datetime) -> bool:
    """Whether ``by`` may read what is clinical in the chart, by a role or by glass."""
    return audit_policies.can_open_chart(
        by=by,
        patient=patient.public_id,
        sites=queries.sites_of(patient),
        at=at,
        on=patient.home_site.local_date(at),
    )
