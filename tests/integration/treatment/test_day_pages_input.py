"""Bad input at the pages of the day: each wrong field gets a sentence, and nothing is written."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest

from afterglow.apps.treatment.models import (
    CheckIn,
    Recovery,
)
from support.infusion_day import (
    Day,
    checked_in,
    discharged,
    ready,
    recovering,
)
from support.tablet import Fields, Tablet, draw_fields, rows, second

pytestmark = pytest.mark.django_db
ERROR = re.compile(r'class="(?:error-summary|field-error)"(.*?)</div>', re.DOTALL)
"""What a page says about what was typed."""


BAD: dict[str, list[tuple[str, tuple[str, ...], Fields, str, str]]] = {
    "checked_in": [
        ("check-in", (), {"weight_kg": "seventy"}, "seventy", "is not a number"),
        ("check-in", (), {"weight_kg": "704"}, "704", "400"),
        ("check-in", (), {"weight_kg": "0.4"}, "0.4", "1"),
        ("check-in", (), {"last_solid_at": "at noon"}, "at noon", "is not a day and time"),
        ("check-in", (), {"last_solid_at": "2099-01-01T10:00"}, "2099", "in the future"),
        ("check-in", (), {"last_clear_fluid_at": "2020-01-01T10:00"}, "2020", "a year ago"),
        ("check-in", (), {"alcohol": "taken"}, "", "Give the day and time."),
        ("check-in", (), {"cannabis": "some"}, "some", "is not one of"),
        ("check-in", (), {"escort_name": "x" * 121}, "121", "120"),
        ("check-in", (), {"suicide_level": "bad"}, "bad", "is not one of"),
        ("check-in", (), {"phq9_item9": "4"}, "4", "is not one of"),
        ("check-in", (), {"identifiers": "smile"}, "smile", "is not one of"),
        ("plan", (), {"dose": "half"}, "half", "is not a number"),
        ("plan", (), {"minutes": "long"}, "long", "is not a number"),
        ("plan", (), {"basis": "guess"}, "guess", "is not one of"),
        ("prepare", (), {"label_strength": "5O"}, "5O", "is not a number"),
        ("prepare", (), {"label_lot": "L24-119"}, "L24-119", "L24-118"),
        ("prepare", (), {"label_expiry": "2026-01-01"}, "1 Jan 2026", "expires"),
        ("prepare", (), {"drawn_ml": "101"}, "101", "100"),
        ("prepare", (), {"diluent_name": "milk"}, "milk", "is not one of"),
        ("prepare", (), {"username": ""}, "", "Please fill this in"),
    ],
    "ready": [
        ("baseline", (), {"pressure": "120"}, "120", ""),
        ("baseline", (), {"heart_rate": "fast"}, "fast", ""),
        ("baseline", (), {"spo2": "980"}, "980", ""),
        ("baseline", (), {"respiratory_rate": "-3"}, "-3", ""),
        ("baseline", (), {"moaas": "6"}, "6", "5"),
        ("place", (), {"room": "attic"}, "attic", "is not one of"),
        ("place", (), {"clinician": "me"}, "me", "is not one of"),
    ],
    "recovering": [
        ("recovery-score", ("dissociation",), {"dissociation-dissociation": "11"}, "11", "10"),
        ("recovery-score", ("aldrete",), {"aldrete-activity": "3"}, "3", "is not one of"),
        ("recovery-save", (), {"oriented": "4"}, "4", "is not one of"),
        ("recovery-save", (), {"steady_gait": "well"}, "well", "is not one of"),
        ("recovery-save", (), {"iv_site_note": "x" * 201}, "201", "200"),
        ("recovery-save", (), {"escort_phone": "5" * 41}, "41", "40"),
        ("account", (), {"waste-username": ""}, "", "Please fill this in"),
    ],
    "discharged": [
        ("call-back", (), {"reason": "x" * 201}, "201", "200"),
        ("call-back", (), {"reason": ""}, "", "Please fill this in"),
    ],
}
"""What is typed wrongly by itself: where, the field, the value seen, the limit or the words."""
MINUTE = {"checked_in": -18, "ready": -2, "recovering": 42, "discharged": 84}
WALKS: dict[str, Callable[[], Day]] = {
    "checked_in": checked_in,
    "ready": ready,
    "recovering": recovering,
    "discharged": discharged,
}


def right(day: Day) -> dict[str, Fields]:
    """What is typed right at each address."""
    return {
        "check-in": {"seen": CheckIn.objects.get(session=day.session).row_version},
        "plan": {
            "seen_order": day.order.public_id,
            "for_date": day.session.local_date.isoformat(),
            "dose": "0.5",
            "minutes": "40",
            "basis": "actual",
        },
        "prepare": draw_fields(day),
        "place": {
            "seen": day.session.row_version,
            "room": day.session.room.public_id if day.session.room else "",
            "clinician": day.clinician.public_id,
        },
        "recovery-save": {"seen": Recovery.objects.get(session=day.session).row_version},
        "account": {f"waste-{key}": value for key, value in second(day).items()},
    }


@pytest.mark.parametrize("walk", sorted(BAD))
def test_a_field_that_is_wrong_gets_a_sentence_and_nothing_is_written(walk: str) -> None:
    day = WALKS[walk]()
    fields = right(day)
    keys = {f"{prefix}key": uuid.uuid4() for prefix in ("", "dissociation-", "aldrete-", "waste-")}
    before = rows()
    wrong = []

    for name, rest, field, seen, limit in BAD[walk]:
        tablet = Tablet(day, day.prescriber if name == "plan" else None, minute=MINUTE[walk])
        answer = tablet.post(name, *rest, **keys | fields.get(name, {}) | field)
        errors = " ".join(ERROR.findall(answer.content.decode()))
        said = bool(errors) and seen in errors and limit in errors
        if answer.status_code != 422 or not said or rows() != before:
            wrong.append((name, field, answer.status_code, errors))

    assert wrong == []
