"""The strings of the pages and their Spanish."""

from __future__ import annotations

import json
import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.utils import translation

from afterglow.core.catalogue import all_reason_codes
from afterglow.core.decisions import Reason, Severity
from afterglow.core.errors import IllegalTransition, InvalidValue
from afterglow.core.guardrails import Guardrail, Range
from afterglow.core.medicines import classes
from afterglow.core.monitoring.catalogue import CATALOGUE
from afterglow.core.quantities import Dose
from afterglow.core.reason_codes import ReasonCode
from afterglow.core.treatment.codes.readiness import CLINICIAN_WATCHES_RECOVERY
from afterglow.web import sentences, translations

WEB = translations.PACKAGE / "web"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def test_strings_of_python_and_of_templates_are_found() -> None:
    found = {str(message.id) for message in translations.extract(WEB)}

    assert "Please fill this in." in found
    assert "Skip to the content" in found
    assert any("reason stops this" in words for words in found)


def test_everything_the_pages_say_has_spanish_words() -> None:
    assert translations.missing("es") == []


def test_no_translation_drops_or_invents_a_value() -> None:
    with translations.po_file("es").open("rb") as text:
        catalog = read_po(text, locale="es")

    wrong = [
        (message.id, message.string)
        for message in catalog
        if message.id and message.string and message.context is None
        for english, spanish in [(str(message.id), str(message.string))]
        if set(PLACEHOLDER.findall(english)) != set(PLACEHOLDER.findall(spanish))
    ]

    assert wrong == []


@pytest.fixture(scope="module")
def spanish() -> Catalog:
    with translations.po_file("es").open("rb") as text:
        return read_po(text, locale="es")


def test_every_reason_has_a_spanish_sentence() -> None:
    assert {"CONSENT_MISSING", "PIN_WRONG", "GLASS_BROKEN"} <= translations.reason_codes()
    assert translations.missing_reasons("es") == []


@pytest.mark.parametrize("declared", all_reason_codes(), ids=lambda each: each.code)
def test_a_spanish_reason_shows_only_values_that_the_rule_gives(
    declared: ReasonCode, spanish: Catalog
) -> None:
    message = spanish.get(declared.code, context=sentences.REASON)

    words = str(message.string if message else "")
    assert words.endswith((".", "?"))
    assert set(PLACEHOLDER.findall(words)) <= set(re.findall(r"{(\w+)}", declared.pattern))


def test_a_dose_below_a_guardrail_is_refused_in_spanish_too() -> None:
    rail = Guardrail(absolute=Range(low=Dose.mg(5)), recommended=Range(low=Dose.mg(10)))

    for value, kind in ((4, "absoluto de 5 mg"), (8, "recomendado de 10 mg")):
        why = rail.check(Dose.mg(value), code="DOSE", what="The dose")
        assert why is not None
        with translation.override("es"):
            assert sentences.sentence_of(why) == (
                f"La dosis, {value} mg, está por debajo del límite {kind}."
            )


def test_who_watches_somebody_recover_is_told_in_spanish_too_whom_they_would_leave() -> None:
    with translation.override("es"):
        said = sentences.sentence_of(CLINICIAN_WATCHES_RECOVERY.reason(seen="2"))

    assert said == (
        "El profesional clínico vigila también a 2 pacientes en recuperación, que se quedarían "
        "solos: entréguelos primero."
    )


def test_a_reason_is_said_in_spanish_with_the_words_that_the_rule_saw() -> None:
    reason = Reason("BASELINE_VALUE_MISSING", Severity.BLOCKER, "No.", seen="oxygen saturation")
    away = Reason("OXYGEN_NEEDED", Severity.BLOCKER, "No.", seen="91 % on air")

    with translation.override("es"):
        assert sentences.sentence_of(reason) == (
            "Falta en los valores basales: saturación de oxígeno."
        )
        assert "(91 % con aire ambiente)" in sentences.sentence_of(away)
        assert sentences.value_words("172/104 mmHg") == "172/104 mmHg"
        assert sentences.value_words("checked_in") == "llegada registrada"


def test_an_alarm_is_said_in_spanish_by_its_condition() -> None:
    with translation.override("es"):
        said = sentences.alarm_sentence(
            "SIGNAL_LOST", sentence="English.", about="spo2", limit="30 s"
        )
        unknown = sentences.alarm_sentence("NEW_CONDITION", sentence="Said in English.")

    assert said == "Saturación de oxígeno: ningún valor utilizable durante más de 30 s."
    assert unknown == "Said in English."


def _names() -> set[str]:
    data = translations.PACKAGE / "data"
    steps = json.loads((data / "emergency/steps/1.json").read_text())["steps"]
    tasks = json.loads((data / "work/task_kinds.json").read_text())
    items = json.loads((data / "checklists/emergency_equipment/1.json").read_text())["items"]
    monitoring = json.loads((data / "protocols/iv_ketamine_adult/4/monitoring.json").read_text())
    room = json.loads((data / "infusion_room/iv_ketamine_adult/1.json").read_text())
    rehearsals = json.loads((data / "rehearsals.json").read_text())
    return {
        *(one["label"] for one in (*room["favourites"], *room["macros"])),
        *(step["say"] for macro in room["macros"] for step in macro["steps"]),
        *(one["label"] for one in (*rehearsals["acts"], *rehearsals["scenarios"])),
        *(one["advice"] for one in rehearsals["scenarios"]),
        *(leaf["value"] for leaf in monitoring["alarms"]["action"].values()),
        *(cue["say"] for one in rehearsals["scenarios"] for cue in one["cues"]),
        *(step["label"] for step in steps),
        *(kind["title"] for kind in tasks.values() if isinstance(kind, dict) and "title" in kind),
        *(item["text"]["value"] for item in items),
        *(symptom["name"] for symptom in monitoring["symptoms"]),
        *(symptom["action"]["value"] for symptom in monitoring["symptoms"]),
        *(each.name for each in classes.shipped().classes.values()),
        *(sign.name for sign in CATALOGUE.values()),
    }


def test_every_name_that_data_gives_to_a_button_or_a_task_has_spanish_words(
    spanish: Catalog,
) -> None:
    known = {str(message.id) for message in spanish if message.context == sentences.NAME}

    assert "Chest pain" in _names()
    assert sorted(_names() - known - {"Drug"}) == []


def test_every_error_that_a_page_shows_keeps_its_values_apart_and_is_said_in_spanish() -> None:
    said = translations.errors_said()

    assert "apps/accounts/services/pins.py" in set().union(*said.values())
    assert said.get("f-string", set()) == set(), "give the values by name, not in the sentence"
    assert translations.missing_errors("es") == []


def test_a_spanish_error_shows_the_values_that_the_english_one_shows(spanish: Catalog) -> None:
    wrong = [
        message.id
        for message in spanish
        if message.context == sentences.ERROR
        and set(PLACEHOLDER.findall(str(message.id)))
        != set(PLACEHOLDER.findall(str(message.string)))
    ]

    assert wrong == []


def test_no_spanish_words_are_kept_for_an_error_that_nothing_raises(spanish: Catalog) -> None:
    kept = {str(message.id) for message in spanish if message.context == sentences.ERROR}

    assert sorted(kept - set(translations.errors_said())) == []


def test_an_error_is_said_in_the_readers_language_and_kept_in_english() -> None:
    problem = InvalidValue("There is already a site with the code '%(code)s'.", code="N%1")
    state = IllegalTransition(
        "The patient is not expected any more: %(state)s.", state="checked_in"
    )
    plain = InvalidValue("100 % of it is wrong.")

    with translation.override("es"):
        assert sentences.error_words(problem) == "Ya hay un centro con el código 'N%1'."
        assert sentences.error_words(state).endswith(": llegada registrada.")
        assert sentences.error_words(plain) == "100 % of it is wrong."
        assert sentences.error_words(ValueError("Not ours.")) == "Not ours."
    assert str(problem) == "There is already a site with the code 'N%1'."
    assert sentences.error_words(problem) == str(problem)
