"""The label of a prepared bag: two identifiers, drug, amount, diluent, rate, who, until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from afterglow.apps.accounts.models import Account
from afterglow.apps.documents import rendering
from afterglow.apps.documents.models import Document
from afterglow.apps.documents.services import store_document
from afterglow.apps.treatment.models import Preparation
from afterglow.apps.treatment.printed.words import diluent_words, exact
from afterglow.web.formats import date_time, date_words

TEMPLATE = "treatment/label"
NOT_YET = "________"


def keep_label(bag: Preparation, *, by: Account, at: datetime) -> Document:
    """Render the label and keep it: what hung on the pole can be shown later.

    The same bag gives the same label, whoever prints it. Raises CannotRender for one that does not
    fit on its paper.
    """
    with rendering.document_language():
        data = plain(bag)
    return store_document(
        kind="bag-label",
        title="Bag label",
        content=rendering.render(TEMPLATE, data, at=bag.prepared_at),
        subject=bag,
        by=by,
        at=at,
        template=TEMPLATE,
        patient=bag.session.patient,
        site=bag.session.site,
    )


def plain(bag: Preparation) -> dict[str, Any]:
    """Return the label as text: every number with its unit and a decimal point."""
    session, order, vial = bag.session, bag.order, bag.vial
    site, patient, protocol = session.site, session.patient, order.protocol
    checked = bag.checked_by.account.get_short_name() if bag.checked_by else NOT_YET
    until = date_time(bag.beyond_use_at, site)
    return {
        "title": "Bag label",
        "name": f"{patient.family_name}, {patient.given_name}",
        "who": f"Born {date_words(patient.date_of_birth)} · MRN {patient.mrn}",
        "drug": vial.product.medicine.upper(),
        "amount": f"{exact(bag.drawn_mg.value, 'mg')} in {exact(bag.bag_ml.value, 'mL')}",
        "diluent": f"in {diluent_words(bag.diluent)}",
        "strength": exact(bag.concentration_mg_per_ml.value, "mg/mL"),
        "route": "IV infusion by pump",
        "rate": f"{exact(bag.rate_ml_per_h.value, 'mL/h')} over {exact(bag.minutes, 'min')}, "
        f"{exact(bag.to_be_infused_ml.value, 'mL')}",
        "made": [
            f"Ordered {exact(order.dose_mg_per_kg, 'mg/kg')} over {exact(order.minutes, 'min')} "
            f"by {order.signed_by.get_short_name()} · {protocol.key} v{protocol.version}",
            f"Vial {vial.number} · lot {vial.lot} · expires {date_words(vial.expires_on)}",
            f"Prepared {date_time(bag.prepared_at, site)} by {bag.prepared_by.get_short_name()} "
            f"· read back by {checked}",
        ],
        "until": f"Use before {until}",
        "site": site.name,
    }
