"""Which allergies of a patient meet a medicine given beside the infusion."""

from __future__ import annotations

from afterglow.apps.medicines.models import LabelClass, Product
from afterglow.apps.treatment.facts.readiness import allergies_of, product_facts
from afterglow.apps.visits.models import TreatmentSession
from afterglow.core.medicines import classes
from afterglow.core.treatment.readiness import allergies_met


def allergies_to(session: TreatmentSession, product: Product) -> tuple[str, ...]:
    """Return the patient's allergies that meet a product: its substances, or its whole class.

    By the rule that judges the ketamine itself: whole words, so "reaction to ondansetron" counts.
    """
    return allergies_met(allergies_of(session), product_facts(product).substances | _class(product))


def _class(product: Product) -> frozenset[str]:
    known = classes.shipped().known(product.medicine)
    named = {known.drug_class.code, known.drug_class.name.lower()} if known else set()
    if product.label_class in (LabelClass.BENZODIAZEPINE, LabelClass.OPIOID):
        named.add(str(product.label_class))
    words = {name.replace("_", " ") for name in named}
    return frozenset(words | {f"{word}s" for word in words})
