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


def open_patient(public_id: UUID, *, by: Account, at: dt.datetime) -> Patient:
    """Return a patient whose chart ``by`` may read, and note that it was opened.

    Raises Http404 for an unknown id, Forbidden with every reason for a chart outside their sites.
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
    )
    audit.record_chart_opened(patient=patient, by=by, at=at, site=patient.home_site)
    return patient
