"""The label of a prepared bag: two identifiers, drug, amount, rate, who, until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from afterglow.apps.accounts.models import Account
from afterglow.apps.documents import rendering
from afterglow.apps.documents.models import Document
from afterglow.apps.documents.services import store_document
from afterglow.apps.treatment.models import Preparation
from afterglow.web.formats import date_time, date_words, mg, ml, number, with_unit

TEMPLATE = "treatment/label"


def keep_label(bag: Preparation, *, by: Account, at: datetime) -> Document:
    """Render the label and keep it: what hung on the pole can be shown later."""
    return store_document(
        kind="bag-label",
        title=_("Bag label"),
        content=rendering.render(TEMPLATE, _plain(bag), at=bag.prepared_at),
        subject=bag,
        by=by,
        at=at,
        template=TEMPLATE,
        patient=bag.session.patient,
        site=bag.session.site,
    )


def _plain(bag: Preparation) -> dict[str, Any]:
    session = bag.session
    site, patient = session.site, session.patient
    checked = bag.checked_by.account.get_short_name() if bag.checked_by else "________"
    return {
        "title": _("Bag label"),
        "name": patient.full_name,
        "who": _("Born %(born)s · MRN %(mrn)s")
        % {"born": date_words(patient.date_of_birth), "mrn": patient.mrn},
        "drug": bag.vial.product.medicine.upper(),
        "amount": _("%(mg)s in %(ml)s") % {"mg": mg(bag.drawn_mg), "ml": ml(bag.bag_ml)},
        "strength": with_unit(bag.concentration_mg_per_ml, "mg/mL", 3),
        "rate": _("%(rate)s mL/h over %(minutes)s min, %(volume)s")
        % {
            "rate": number(bag.rate_ml_per_h),
            "minutes": number(bag.minutes),
            "volume": ml(bag.to_be_infused_ml),
        },
        "made": _("Lot %(lot)s · prepared %(at)s by %(by)s · read back by %(second)s")
        % {
            "lot": bag.vial.lot,
            "at": date_time(bag.prepared_at, site),
            "by": bag.prepared_by.get_short_name(),
            "second": checked,
        },
        "until": _("Use before %(until)s") % {"until": date_time(bag.beyond_use_at, site)},
    }
