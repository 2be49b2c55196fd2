"""A refusal on record is said in the reader's language with all that it named when it was made."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from afterglow.apps.treatment.models import Refusal
from afterglow.apps.treatment.outcomes import from_json
from afterglow.apps.treatment.services.acting import refuse
from afterglow.core.dosing import Body, MassMeasured, check_weight
from afterglow.core.quantities import BodyMass
from afterglow.web.sentences import sentence_of
from support.dosing import RULES
from support.infusion_day import infusing

pytestmark = pytest.mark.django_db


def test_a_kept_change_of_weight_names_both_weights_and_the_days_in_spanish() -> None:
    day = infusing()
    at = day.minute(5)
    judged = check_weight(
        Body(BodyMass.kg("75.7")),
        at=at,
        history=[MassMeasured(BodyMass.kg("70"), at - timedelta(days=7))],
        rules=RULES,
    )
    refuse("check-in", session=day.session, decision=judged, by=day.clinician, at=at)

    kept = Refusal.objects.get(session=day.session, attempted="check-in")
    (reason,) = from_json(kept.reasons, overridden=False)
    with translation.override("es"):
        fresh, said = sentence_of(judged.blockers[0]), sentence_of(reason)

    assert said == fresh
    assert said == (
        "El peso, 75.7 kg frente a 70 kg antes, cambió 8.1 % en "
        "14 días, por encima del límite de 8 %: pese de nuevo."
    )
