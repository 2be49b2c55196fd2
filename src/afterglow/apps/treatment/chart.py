"""What a patient's chart lists of orders."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from afterglow.apps.people.models import Patient
from afterglow.apps.treatment.models import InfusionOrder
from afterglow.apps.visits.slots import OrderLine
from afterglow.web.formats import number


def orders(patient: Patient) -> Sequence[OrderLine]:
    """Return a patient's orders, newest day first."""
    rows = (
        InfusionOrder.objects.filter(course__patient=patient)
        .select_related("signed_by", "replaced_by", "cancellation")
        .order_by("-for_date", "-signed_at")
    )
    return [
        OrderLine(
            for_date=row.for_date,
            words=_("%(dose)s mg/kg over %(minutes)s min")
            % {"dose": number(Decimal(row.dose_mg_per_kg)), "minutes": number(row.minutes)},
            signed_by=row.signed_by.get_short_name(),
            signed_at=row.signed_at,
            in_force=not hasattr(row, "replaced_by") and not hasattr(row, "cancellation"),
        )
        for row in rows
    ]
